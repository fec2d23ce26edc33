"""``nst styles``, and built-in styles wherever a STYLE is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_contract.builtin_style_names import STYLES
from nst_core.builtin_styles.gallery import paint
from nst_core.builtin_styles.palettes import PALETTES
from tests.helpers.in_process import nst
from tests.helpers.photographs import COFFEE, photograph
from tests.helpers.processes import assert_refused


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    samples = np.rint(photograph(COFFEE, 60, 40).rgb * 255).astype(np.uint8)
    Image.fromarray(samples).save(path)
    return path


def samples_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_all_styles_and_palettes_are_listed() -> None:
    run = nst("styles")
    assert run.returncode == 0, run.stderr
    *styles, empty, palettes, own = run.stdout.splitlines()
    assert [line.split()[0] for line in styles] == list(STYLES)
    assert all(f"(palette {style.palette})" in run.stdout for style in STYLES.values())
    assert empty == ""
    assert palettes == f"Palettes: {', '.join(PALETTES)}"
    assert "palette=content" in own


def test_a_style_is_painted_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "glass.png"
    line: list[str | Path] = ["styles", "stained-glass", "-o", file, "--size", "80", "--seed", "5"]
    run = nst(*line, "--palette", "ocean")
    assert (run.returncode, run.stdout) == (0, f"{file}\n"), run.stderr
    expected = paint("stained-glass", 80, seed=5, palette=PALETTES["ocean"]).rgb * 255
    np.testing.assert_array_equal(samples_of(file), np.rint(expected).astype(np.uint8))


def test_a_style_is_painted_in_the_colours_of_a_picture(tmp_path: Path, photo: Path) -> None:
    file = tmp_path / "wash.png"
    run = nst("styles", "ink-wash", "-o", file, "--size", "80", "--palette-from", photo)
    assert run.returncode == 0, run.stderr
    # Coffee on wood: red is the strongest everywhere; the style itself is blue and green.
    red, _, blue = samples_of(file).mean(axis=(0, 1))
    assert red > blue + 20


def test_a_sheet_shows_all_styles_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / "sheet.png"
    run = nst("styles", "--sheet", file, "--size", "100")
    assert (run.returncode, run.stdout) == (0, f"{file}\n"), run.stderr
    sheet = samples_of(file)
    assert sheet.shape == (3 + 2 * (100 + 11 + 3), 3 + 4 * 103, 3)
    # The second of the first row, and the fourth of the second.
    for name, top, left in (("pointillism", 3, 3 + 103), ("stained-glass", 3 + 114, 3 + 3 * 103)):
        expected = np.rint(paint(name, 100).rgb * 255).astype(np.uint8)
        np.testing.assert_array_equal(sheet[top : top + 100, left : left + 100], expected)
    captions = sheet[103:114]
    assert captions.min() < 80
    assert captions.max() == 255


def test_a_photograph_is_painted_in_a_built_in_style(tmp_path: Path, photo: Path) -> None:
    result = tmp_path / "result.png"
    style = "builtin:stained-glass,palette=content,seed=2"
    run = nst("stylize", photo, style, "-o", result, "--size", "48", "--evaluations", "3", "--json")
    assert run.returncode == 0, run.stderr
    assert samples_of(result).shape == (40, 60, 3)


def test_a_resumed_run_paints_the_same_built_in_style(tmp_path: Path, photo: Path) -> None:
    """Though its size follows from settings that only the checkpoint knows."""
    style, checkpoint = "builtin:stained-glass", tmp_path / "run.checkpoint"
    line: list[str | Path] = ["stylize", photo, style, "-o", tmp_path / "a.png"]
    options = ["--size", "272", "--coarsest", "0", "--evaluations", "2"]
    run = nst(*line, *options, "--checkpoint", checkpoint, "--checkpoint-every", "1")
    assert run.returncode == 0, run.stderr
    run = nst(*line, "--resume", checkpoint)
    assert run.returncode == 0, run.stderr


def test_a_batch_keeps_to_its_built_in_style(tmp_path: Path, photo: Path) -> None:
    folder, results = tmp_path / "photos", tmp_path / "results"
    folder.mkdir()
    os.link(photo, folder / "a.png")
    line: list[str | Path] = ["batch", folder, "-o", results, "--evaluations", "0"]
    assert nst(*line, "builtin:ink-wash,palette=content").returncode == 0
    (style,) = json.loads((results / "nst-batch.json").read_text())["styles"]
    assert style["name"] == "builtin:ink-wash,palette=content"
    run = nst(*line, "builtin:ink-wash,palette=content")
    assert "1 there already" in run.stderr
    assert_refused(nst(*line, "builtin:ink-wash,seed=1"), "is another picture", "another folder")


# Bad calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (["swirl", "-o", "x.png"], "'swirl'", "pointillism"),
        (["swirls", "-o", "x.png", "--palette", "nite"], "'nite'", "sunset"),
        (["swirls", "-o", "x.png", "--size", "63"], "size is 63", "from 64 to 4096"),
        (["--sheet", "x.png", "--size", "0"], "size is 0", "from 64 to 4096"),
        (["--sheet", "x.png", "--size", "100000"], "size is 100000", "from 64 to 4096"),
        (["swirls", "-o", "x.png", "--seed", "-1"], "seed is -1", "from 0"),
        (["swirls", "-o", "x.psd"], "x.psd", "png"),
        (["swirls"], "--output is missing for swirls", "-o swirls.png"),
        (["-o", "x.png"], "NAME is missing", "-o swirls.png"),
        (["swirls", "--sheet", "x.png"], "A sheet shows all styles", "NAME"),
        (["swirls", "-o", "x.png", "--palette", "sunset", "--palette-from", "y.png"],
         "Two palettes", "--palette-from"),
        (["swirls", "-o", "x.png", "--palette-from", "missing.png"], "missing.png", "spelling"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_refused_with_the_remedy(
    arguments: list[str], message: str, advice: str, tmp_path: Path
) -> None:
    paths = [
        str(tmp_path / word) if word.endswith((".png", ".psd")) else word for word in arguments
    ]
    assert_refused(nst("styles", *paths), message, advice)
    assert not (tmp_path / "x.png").exists()


def test_a_palette_of_nothing_is_refused(tmp_path: Path) -> None:
    clear = tmp_path / "clear.png"
    Image.new("RGBA", (40, 32)).save(clear)
    run = nst("styles", "swirls", "-o", tmp_path / "x.png", "--palette-from", clear)
    assert_refused(run, "fully transparent", "shows something")


@pytest.mark.parametrize("command", ["stylize", "batch"])
def test_an_unknown_built_in_style_is_refused_with_the_names(
    command: str, tmp_path: Path, photo: Path
) -> None:
    content = photo if command == "stylize" else photo.parent
    run = nst(command, content, "builtin:swirl", "-o", tmp_path / "new.png")
    assert_refused(run, "'swirl'", "swirls, pointillism")
