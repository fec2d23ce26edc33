"""The procedure through the PDB: what becomes of layers and selections."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nst_contract import __version__
from nst_contract.settings import PRESETS, Settings
from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


class Run(NamedTuple):
    """What several tests look at."""

    value: Any
    log: str


@pytest.fixture(scope="module")
def composition(shared_gimp: Bench, pictures: Path) -> Any:
    """A photograph with alpha, off the origin, in a group, painted in a style of each kind."""
    with shared_gimp.visit():
        return shared_gimp.run("painting.in_a_composition", pictures=str(pictures))


@pytest.fixture(scope="module")
def by_preset(shared_gimp: Bench, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A layer painted with a preset, and with 2 evaluations and seed 7; saved and opened."""
    file = tmp_path_factory.mktemp("files") / "painted.xcf"
    with shared_gimp.visit():
        record = shared_gimp.run("painting.by_preset", file=str(file))
        return Run(record, shared_gimp.log())


@each_gimp  # groups, offsets, and how layers go in and out of a procedure
def test_returns_a_new_layer_right_above_the_content_in_its_place(composition: Any) -> None:
    assert composition["layer"] == {
        "name": "Golden Gate (Neural Style: Starry Night)",
        "size": [96, 64],
        "offsets": [30, 20],
        "parent": "group",
        "position": 0,
        "position of the content": 1,
        "alpha is the content's": True,
        "painted": True,
        "content untouched": True,
        "layers": 3,
        "is a layer": True,
    }


@each_gimp  # files are opened by GIMP
def test_takes_the_style_from_another_open_image_or_from_a_file(composition: Any) -> None:
    paintings = composition["paintings"]
    assert paintings["a layer"] == paintings["another image"] == paintings["a file"]
    assert composition["more images"] == 0


@each_gimp  # arguments that a script leaves out are GIMP's to fill
def test_a_script_names_a_preset_and_what_it_wants_otherwise(by_preset: Run) -> None:
    done = re.findall("'evaluations': ([0-9]+),.*'seed': ([0-9]+),", by_preset.log)
    assert done == [(str(PRESETS["draft"].values["evaluations"]), "0"), ("2", "7")]


@each_gimp  # what layers take along into a file
def test_how_a_layer_was_painted_is_kept_with_it_in_the_images_file(by_preset: Run) -> None:
    kept = by_preset.value
    draft = Settings.from_preset("draft").as_dict()
    as_asked = Settings.from_dict({**draft, "evaluations": 2, "size": 16, "seed": 7})
    assert Settings.from_dict(kept["settings"]) == as_asked
    assert (kept["style"], kept["style_layer"], kept["style_file"]) == ("style", "style", None)
    assert kept["weights"].startswith("vgg19")
    assert kept["version"] == __version__


@each_gimp  # selections and layer masks
def test_only_what_is_selected_is_computed_and_it_becomes_the_layer_mask(
    bench: Bench, pictures: Path
) -> None:
    layer = bench.run("painting.a_selected_rectangle", pictures=str(pictures))
    # 64 pixels around the selection, within the layer whose corner is at (30, 20) of the image.
    assert layer == {
        "size": [80 + 2 * 64, 40 + 2 * 64],
        "offsets": [100 - 64, 90 - 64],
        "top left": [64, 64],
        "selected": 80 * 40,
        "least": 255,
    }


@each_gimp  # selections, and how GIMP composes masked layers
@pytest.mark.parametrize(
    ("precision", "pixel_format", "pixel_bytes"),
    [("U8_NON_LINEAR", "R'G'B'A u8", 4), ("FLOAT_LINEAR", "RGBA float", 16)],
)
def test_not_one_bit_changes_outside_a_selection_and_its_soft_edges_are_kept(
    bench: Bench, precision: str, pixel_format: str, pixel_bytes: int
) -> None:
    seen = bench.run(
        "painting.a_soft_selection",
        precision=precision,
        pixel_format=pixel_format,
        pixel_bytes=pixel_bytes,
    )
    assert seen["changed"] > 1000
    assert seen["changed outside"] == 0
    assert seen["shades"] > 100
    assert seen["mask unlike the selection"] == 0
