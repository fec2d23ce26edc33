"""Commands and large pictures: read in little memory, and the result has their size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_core.pictures import picture_files
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.picture import Picture
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, as_bytes, photograph
from tests.helpers.processes import assert_refused

QUICK = ("--preset", "draft", "--size", "32", "--evaluations", "1", "--threads", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    large = Image.fromarray(as_bytes(photograph(COFFEE, 400, 300))).resize((1200, 901))
    large.save(tmp_path / "photos" / "large.png")
    large.rotate(180).save(tmp_path / "style.jpg")
    Image.fromarray(as_bytes(photograph(CAT, 300, 300))).convert("L").save(tmp_path / "mask.png")
    return tmp_path


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """The sizes in which pictures come into memory, by name."""
    seen: dict[str, tuple[int, int]] = {}
    read = picture_files.read

    def watched(path: Path, long_side: int | None = None, most: int | None = None) -> Picture:
        picture = read(path, long_side, most)
        seen[path.name] = picture.width, picture.height
        return picture

    monkeypatch.setattr(picture_files, "read", watched)
    return seen


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.width, image.height


def test_stylize_shrinks_and_the_result_has_the_photographs_size(
    folder: Path, sizes: dict[str, tuple[int, int]]
) -> None:
    photo, style, result = folder / "photos" / "large.png", folder / "style.jpg", folder / "r.png"
    run = nst("stylize", photo, style, "-o", result, *QUICK, "--start-from", photo)
    assert run.returncode == 0, run.stderr
    assert max(map(max, sizes.values())) < 100
    assert size_of(result) == (1200, 901)
    # The record tells the pictures by all of their pixels.
    record = picture_files.read_record(result)
    assert record.content["sha256"] == fingerprint(picture_files.read(photo))
    assert record.styles[0]["sha256"] == fingerprint(picture_files.read(style))
    again = nst(
        "stylize", photo, style, "-o", folder / "again.png", "--like", result,
        "--start-from", photo, "--size", "200", "--evaluations", "1",
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert "another picture" not in again.stderr


def test_batch_shrinks_and_its_results_have_the_photographs_sizes(
    folder: Path, sizes: dict[str, tuple[int, int]]
) -> None:
    run = nst(
        "batch", folder / "photos", folder / "style.jpg", "-o", folder / "painted", *QUICK,
        "--protect", "nothing",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert max(map(max, sizes.values())) < 100
    assert size_of(folder / "painted" / "large.png") == (1200, 901)


@pytest.mark.parametrize("more", [["--color", "luminance"], ["--mask", "mask.png"]], ids=str)
def test_a_photograph_that_shows_in_the_result_is_read_in_full(
    more: list[str], folder: Path, sizes: dict[str, tuple[int, int]]
) -> None:
    option, value = more
    given = str(folder / value) if value.endswith("png") else value
    photo, result = folder / "photos" / "large.png", folder / "r.png"
    run = nst("stylize", photo, folder / "style.jpg", "-o", result, *QUICK, option, given)
    assert run.returncode == 0, run.stderr
    assert sizes["large.png"] == (1200, 901)
    assert max(sizes["style.jpg"]) < 100


def test_nothing_is_changed_by_how_much_memory_there_is(folder: Path) -> None:
    photo, style = folder / "photos" / "large.png", folder / "style.jpg"
    results = []
    for gib in ("2", "8"):
        nst("stylize", photo, style, "-o", folder / "r.png", *QUICK, "--memory", gib)
        with Image.open(folder / "r.png") as result:
            results.append(np.asarray(result))
    assert np.array_equal(results[0], results[1])


@pytest.mark.parametrize("role", ["content", "style", "mask", "strength-mask", "start-from"])
def test_each_picture_that_does_not_fit_is_refused_by_its_name(role: str, folder: Path) -> None:
    alpha = folder / "alpha.png"
    Image.new("RGBA", (1300, 1300), (200, 100, 50, 128)).save(alpha)
    content, style = folder / "photos" / "large.png", folder / "style.jpg"
    more: list[str | Path] = []
    if role == "content":
        content = alpha
    elif role == "style":
        style = alpha
    else:
        more = [f"--{role}", alpha]
    run = nst("stylize", content, style, "-o", folder / "r.png", *QUICK, "--memory", "0.05", *more)
    assert_refused(run, "alpha.png has 1300 x 1300 pixels; reading it needs", "smaller copy")


def test_a_batch_passes_over_a_picture_that_cannot_even_be_read(folder: Path) -> None:
    Image.new("RGBA", (9000, 9000), (200, 100, 50, 128)).save(
        folder / "photos" / "alpha.png", compress_level=1
    )
    run = nst(
        "batch", folder / "photos", folder / "style.jpg", "-o", folder / "painted", *QUICK,
        "--memory", "2", "--json",
    )  # fmt: skip
    assert run.returncode == 1
    warnings = [
        event
        for line in run.stdout.splitlines()
        if (event := json.loads(line))["event"] == "warning"
    ]
    assert [event["picture"] for event in warnings] == ["alpha.png"]
    assert "9000 x 9000" in warnings[0]["message"]
    assert [path.name for path in (folder / "painted").glob("*.png")] == ["large.png"]
