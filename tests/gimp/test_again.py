"""Painted layers are painted once more, from their photograph."""

from __future__ import annotations

from pathlib import Path

from nst_contract.settings import Settings
from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp

NORMAL = Settings.from_preset("normal")
KIND = "plug-in-neural-style-"
FIRST = "photo (Neural Style: style)"


@each_gimp  # how layers are numbered, and what a plug-in may ask of another procedure
def test_a_draft_is_painted_again_in_normal_as_a_variant_and_further(
    bench: Bench, pictures: Path
) -> None:
    found = bench.run("again.every_way", pictures=str(pictures))
    draft = found["draft"]
    assert draft["from"] == "photo"
    changed = {
        kind: {name: value for name, value in about.items() if value != draft[name]}
        for kind, about in ((kind, found[KIND + kind]) for kind in ("in-normal", "go-on"))
    }
    assert changed["in-normal"] == {
        "setting preset": "normal", "setting evaluations": NORMAL.evaluations,
    }  # fmt: skip
    assert changed["go-on"] == {
        "start": FIRST, "setting start": "picture", "setting coarsest": 0,
    }  # fmt: skip
    variant = found[f"{KIND}variant"]
    assert variant["from"] == "photo"
    assert variant["setting seed"] != draft["setting seed"]
    assert variant["setting strength"] == 0.5
    assert found["order"][-2:] == ["photo", "style"]


def test_repeat_paints_the_photograph_and_not_the_painting(bench: Bench, pictures: Path) -> None:
    found = bench.run("again.by_repeat", pictures=str(pictures))
    assert found == {"error": None, "as from the photograph": True}


@each_gimp  # what goes along when a layer is copied
def test_in_another_image_no_other_layer_is_taken_for_the_photograph(
    bench: Bench, pictures: Path
) -> None:
    found = bench.run("again.in_another_image", pictures=str(pictures))
    assert found["another layer has its number"]
    status, text = found["alone"]
    assert status == "CALLING_ERROR"
    assert f'"{FIRST} copy" was painted from the layer "photo", which is gone.' in text
    assert found["with it"] == "photograph"
    assert found["in a copy of the image"] == "photo"


def test_the_style_is_a_layer_of_the_own_image_where_another_has_one_of_its_name(
    bench: Bench, pictures: Path
) -> None:
    assert bench.run("again.with_a_copy_open", pictures=str(pictures)) == {"used": "own"}


@each_gimp  # what a file keeps of a layer's number
def test_the_photograph_is_known_after_reopening_and_missed_when_it_is_gone(
    bench: Bench, pictures: Path, tmp_path: Path
) -> None:
    file = str(tmp_path / "painted.xcf")
    found = bench.run("again.without_original", pictures=str(pictures), file=file)
    assert found["renamed"] == ["SUCCESS", None, "renamed (Neural Style: style)"]
    status, text = found["gone"]
    assert status == "CALLING_ERROR"
    assert f'"{FIRST}" was painted from the layer "photo", which is gone.' in text
    assert "Edit > Undo" in text
    assert 'The layer "style" was not painted by Neural Style' in found["not painted"][1]
