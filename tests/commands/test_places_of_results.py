"""What can be known of a result's place is known before painting: nobody waits for an error."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from nst_core.storage import atomic_files
from tests.helpers.in_process import nst
from tests.helpers.photographs import COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import assert_refused

QUICK = (
    "--size", "48", "--coarsest", "0", "--evaluations", "2", "--threads", "1", "--device", "cpu"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a photograph and a style."""
    for name, photo in (("photo", COFFEE), ("style", TISSUE)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes painting fail: what is refused here is refused before."""
    from nst_core.run import pipeline

    def paint(*_: object, **__: object) -> None:
        raise AssertionError("it was painted")

    monkeypatch.setattr(pipeline, "run_stylization", paint)


def refused(message: str, advice: str, *arguments: str | Path, output: str | Path) -> None:
    run = nst("stylize", "photo.png", "style.png", "-o", output, *QUICK, *arguments)
    assert_refused(run, message, advice)


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_write_protected_result_stays(suffix: str, folder: Path) -> None:
    result = folder / f"r.{suffix}"
    result.write_bytes(b"precious")
    result.chmod(0o444)
    refused("it is write-protected", "another name", output=result)
    assert result.read_bytes() == b"precious"


@pytest.mark.usefixtures("unpainted")
def test_what_others_own_in_a_sticky_folder_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "r.png").write_bytes(b"theirs")
    monkeypatch.setattr(os, "geteuid", lambda: shared.stat().st_uid + 1)
    monkeypatch.setattr(os, "access", lambda *_: True)
    refused("it belongs to another user", "another name", output=shared / "r.png")
    assert (shared / "r.png").read_bytes() == b"theirs"


def test_a_result_through_a_link_is_written_where_it_leads(folder: Path) -> None:
    (folder / "there").mkdir()
    (folder / "link.png").symlink_to(Path("there") / "target.png")
    for _ in range(2):  # to a file that is not there yet, and to one that is
        run = nst("stylize", "photo.png", "style.png", "-o", "link.png", *QUICK)
        assert run.returncode == 0, run.stderr
        assert run.stdout == "link.png\n"
        assert (folder / "link.png").is_symlink()
        with Image.open(folder / "there" / "target.png") as image:
            assert image.size == (64, 48)
    assert [path.name for path in (folder / "there").iterdir()] == ["target.png"]


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("role", ["result", "checkpoint"])
@pytest.mark.parametrize(
    ("place", "message", "advice"),
    [
        ("none/{}", "No such file", "folder exists"),
        ("photo.png/{}", "Not a directory", "folder exists"),
        ("folder", "it is a folder", "name of a file"),
        ("linked", "No such file", "folder exists"),
        ("/proc/self/{}", "cannot be written", "."),
        ("x" * 252 + "{}", "name too long", "shorter name"),
        ("protected", "it is write-protected", "another name"),
    ],
)
def test_a_place_that_cannot_be_is_told(
    place: str, message: str, advice: str, role: str, folder: Path
) -> None:
    (folder / "folder.png").mkdir()
    (folder / "linked.png").symlink_to(Path("none") / "target.png")
    (folder / "protected.png").touch(0o444)
    path = place.format("r.png") if "{}" in place else f"{place}.png"
    if role == "result":
        refused(message, advice, output=path)
    else:
        refused(message, advice, "--checkpoint", path, output="r.png")
    assert not list(folder.glob(".nst-*"))
    assert not (folder / "r.png").exists()


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(("suffix", "longest"), [("webp", 16383), ("jpg", 65500)])
def test_a_result_too_wide_for_its_format_is_refused(
    suffix: str, longest: int, folder: Path
) -> None:
    Image.new("RGB", (longest + 1, 20), (90, 60, 30)).save(folder / "photo.png")
    refused(f"holds at most {longest} pixels", "png or tif", output=f"r.{suffix}")


@pytest.mark.usefixtures("unpainted")
def test_a_result_without_room_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_files, "room", lambda _: 4096)
    refused("its disk has room for 0.004 MB", "Make room", output="r.png")
    assert not (folder / "r.png").exists()


@pytest.mark.usefixtures("folder")
def test_little_room_is_a_caution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_files, "room", lambda _: 20_000)
    run = nst("stylize", "photo.png", "style.png", "-o", "r.png", *QUICK, "--json")
    assert run.returncode == 0, run.stdout
    first = json.loads(run.stdout.splitlines()[0])
    assert first["event"] == "warning"
    assert "r.png may take up to" in first["message"]


def test_a_sheet_of_styles_is_checked_before_it_is_painted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nst_core.builtin_styles import sheet

    def paint(*_: object, **__: object) -> None:
        raise AssertionError("it was painted")

    monkeypatch.setattr(sheet, "paint", paint)
    run = nst("styles", "--sheet", "sheet.webp", "--size", "4096")
    assert_refused(run, "holds at most 16383 pixels", "png or tif")
    (folder / "sheet.png").touch(0o444)
    assert_refused(nst("styles", "--sheet", "sheet.png"), "write-protected", "another name")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_names_in_any_bytes_are_written(suffix: str, folder: Path) -> None:
    place = folder / "caf\udce9"  # as in Latin-1: no UTF-8
    place.mkdir()
    result, saved = place / f"\udcfcber.{suffix}", place / "saved"
    run = nst(
        "stylize", "photo.png", "style.png", "-o", result, *QUICK,
        "--checkpoint", saved, "--checkpoint-every", "1",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with Image.open(os.fsencode(result)) as image:
        assert image.size == (64, 48)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert len(os.listdir(place)) == 2  # noqa: PTH208 (names in any bytes)


def test_an_earlier_kill_leaves_nothing_beside_the_next_result(folder: Path) -> None:
    (folder / f".nst-{'0' * 16}-r.png.tmp").write_bytes(bytes(1000))
    run = nst("stylize", "photo.png", "style.png", "-o", "r.png", *QUICK)
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["photo.png", "r.png", "style.png"]
