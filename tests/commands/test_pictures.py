"""The options of ``nst stylize`` that belong to single pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_contract.settings import Settings
from nst_core.cli import build_parser
from nst_core.commands.picture_options import read_inputs
from nst_core.pictures.inputs import Inputs
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import assert_refused

LEFT = np.zeros((48, 64), np.uint8)
LEFT[:, :32] = 255


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, photo in (("photo", COFFEE), ("one", TISSUE), ("other", CAT)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    Image.fromarray(LEFT).save(tmp_path / "left.png")
    Image.fromarray(255 - LEFT).save(tmp_path / "right.png")
    Image.fromarray(0 * LEFT).save(tmp_path / "black.png")
    return tmp_path


def inputs(folder: Path, *arguments: str) -> Inputs:
    """Returns what the options name, with files of the folder for words with a dot."""
    pictures = ["photo.png", "one.png", "other.png"]
    line = ["stylize", *pictures, "-o", "result.png", *arguments]
    options = build_parser().parse_args(
        [str(folder / x) if x.endswith(".png") else x for x in line]
    )
    return read_inputs(options, Settings())


def test_weights_and_scales_are_given_in_the_styles_order(folder: Path) -> None:
    styles = inputs(folder, "--style-weights", "2,0.5", "--style-scales", "1,2").styles
    assert [(style.weight, style.scale) for style in styles] == [(2.0, 1.0), (0.5, 2.0)]


def test_without_any_all_styles_count_alike_everywhere(folder: Path) -> None:
    found = inputs(folder)
    assert [(s.weight, s.scale, s.mask) for s in found.styles] == [(1.0, 1.0, None)] * 2
    assert found.mask is None
    assert found.start is None


def test_masks_are_white_where_a_style_is_wanted(folder: Path) -> None:
    one, other = inputs(folder, "--style-mask", "left.png", "--style-mask", "none").styles
    np.testing.assert_array_equal(one.mask, LEFT / np.float32(255))
    assert other.mask is None


def test_transparent_parts_of_a_mask_are_black(folder: Path) -> None:
    white = np.full((48, 64, 4), 255, np.uint8)
    white[:, 32:, 3] = 0
    Image.fromarray(white).save(folder / "cut.png")
    mask = inputs(folder, "--mask", "cut.png").mask
    np.testing.assert_allclose(mask, LEFT / 255, atol=1e-6)  # type: ignore[arg-type]


def test_a_strength_mask_is_white_where_the_strength_is_full(folder: Path) -> None:
    assert inputs(folder).strength_mask is None
    mask = inputs(folder, "--strength-mask", "left.png").strength_mask
    np.testing.assert_array_equal(mask, LEFT / np.float32(255))


def test_the_photograph_stays_where_the_mask_is_black(folder: Path) -> None:
    run = nst(
        "stylize", folder / "photo.png", folder / "one.png", "-o", folder / "result.png",
        "--mask", folder / "left.png", "--size", "64", "--evaluations", "3",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    before, after = (np.asarray(Image.open(folder / n)) for n in ("photo.png", "result.png"))
    assert np.array_equal(before[:, 32:], after[:, 32:])
    assert np.abs(before[:, :32].astype(int) - after[:, :32]).mean() > 5


def test_a_start_of_ones_own_needs_no_further_option(folder: Path) -> None:
    run = nst(
        "stylize", folder / "photo.png", folder / "one.png", "-o", folder / "result.png",
        "--start-from", folder / "other.png", "--size", "64", "--evaluations", "1",
        "--style-loss", "gram",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    start, after = (np.asarray(Image.open(folder / n), int) for n in ("other.png", "result.png"))
    assert np.abs(start - after).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (["--style-weights", "1,2,3"], "style-weights has 3 values for 2 styles", "one for each"),
        (["--style-weights", "1,much"], "'much'", "1,0.5"),
        (["--style-weights", "1,-1"], "weight -1.0", "0 or more"),
        (["--style-scales", "1,9"], "scale 9.0", "0.1 to 4"),
        (["--style-mask", "left.png"], "style-mask has 1 values for 2 styles", "one for each"),
        (["--style-mask", "black.png", "--style-mask", "none"], "black everywhere", "white"),
        (["--mask", "black.png"], "nothing to paint", "white"),
        (["--mask", "missing.png"], "missing.png", "spelling"),
        (
            ["--protect", "faces", "--style-loss", "gram"],
            "protect is 'faces', but style_loss is 'gram'",
            "style loss neighbors (Place by place), or protect nothing",
        ),
        (
            ["--strength-mask", "left.png", "--style-loss", "gram"],
            "A strength mask is given, but style_loss is 'gram'",
            "style loss neighbors, or leave the strength mask out",
        ),
        (["--start", "picture"], "No picture to start from", "another start"),
        (["--style-layers", "relu9_1"], "relu9_1", "relu1_1"),
    ],
)
def test_what_will_not_do_is_refused(
    arguments: list[str], message: str, advice: str, folder: Path
) -> None:
    run = nst(
        "stylize", folder / "photo.png", folder / "one.png", folder / "other.png",
        "-o", folder / "result.png",
        *(folder / word if word.endswith(".png") else word for word in arguments),
    )  # fmt: skip
    assert_refused(run, message, advice)
    assert not (folder / "result.png").exists()
