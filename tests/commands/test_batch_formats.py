"""``nst batch`` paints every format that can be read; what cannot be written becomes PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_core.commands.batch_contents import result_name
from tests.commands.studio import Studio
from tests.helpers.in_process import nst


@pytest.fixture
def of_every_kind(studio: Studio) -> Studio:
    for photo in studio.photos.iterdir():
        photo.unlink()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40, 3)).astype(np.uint8)
    for name in ("a.avif", "b.gif", "c.BMP", "d.png", "e.tiff"):
        Image.fromarray(pixels).save(studio.photos / name)
    return studio


NAMES = ["a.avif.png", "b.gif.png", "c.BMP.png", "d.png", "e.tiff"]


def test_every_format_that_can_be_read_is_painted(of_every_kind: Studio) -> None:
    run = of_every_kind.batch(evaluations=0)
    assert run.returncode == 0, run.stderr
    assert of_every_kind.painted == NAMES
    with Image.open(of_every_kind.results / "a.avif.png") as result:
        assert (result.format, result.size) == ("PNG", (40, 32))


def test_what_is_painted_is_found_again(of_every_kind: Studio) -> None:
    of_every_kind.batch(evaluations=0)
    before = {path: path.stat().st_mtime_ns for path in of_every_kind.results.iterdir()}
    run = of_every_kind.batch("--json", evaluations=0)
    assert run.returncode == 0, run.stderr
    assert {path: path.stat().st_mtime_ns for path in of_every_kind.results.iterdir()} == before


def test_a_format_that_cannot_be_read_is_named_and_the_others_are_painted(
    of_every_kind: Studio,
) -> None:
    (of_every_kind.photos / "f.jpg").write_bytes(b"8BPS\0\1" + b"\0" * 30)
    run = of_every_kind.batch(evaluations=0)
    assert run.returncode == 1
    assert "is a PSD picture" in run.stderr
    assert of_every_kind.painted == NAMES


def test_no_two_results_have_one_name() -> None:
    names = ["x.gif", "x.gif.png", "x.gif.png.png", "x.bmp"]
    results = [result_name(name, names) for name in names]
    assert results == ["x.gif.png.png.png", "x.gif.png", "x.gif.png.png", "x.bmp.png"]


@pytest.mark.parametrize("suffix", [".avif", ".gif", ".bmp"])
def test_content_and_style_and_mask_and_start_may_be_of_any_format(
    suffix: str, tmp_path: Path
) -> None:
    pixels = np.full((32, 40, 3), 200, np.uint8)
    pixels[:16] = (10, 90, 200)
    for name in ("photo", "style", "mask", "start"):
        Image.fromarray(pixels).save(tmp_path / f"{name}{suffix}")
    run = nst(
        "stylize", tmp_path / f"photo{suffix}", tmp_path / f"style{suffix}",
        "-o", tmp_path / "result.png", "--mask", tmp_path / f"mask{suffix}",
        "--start-from", tmp_path / f"start{suffix}", "--evaluations", "0",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with Image.open(tmp_path / "result.png") as result:
        assert np.abs(np.asarray(result, int) - pixels).max() < 12
