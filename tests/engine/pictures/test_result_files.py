"""nst_core.pictures.result_files: what a result's file cannot hold is known before painting."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import pyvips

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_contract.protocol.events import Caution
from nst_core.pictures import picture_files, result_files, written_formats
from nst_core.pictures.picture import Picture, Size
from nst_core.storage import atomic_files
from tests.helpers.photographs import COFFEE, photograph

SUFFIXES = written_formats.SUFFIXES
MEGABYTE = 10**6


def cautions(path: Path, size: Size = (64, 48), bits: int = 8) -> list[Caution]:
    return list(result_files.check(path, size, bits))


def refusal(path: Path, size: Size = (64, 48)) -> NstError:
    with pytest.raises(NstError) as caught:
        cautions(path, size)
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_ordinary_result_passes_without_a_word(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    for picture in (photograph(COFFEE, 64, 48), replace(photograph(COFFEE, 64, 48), bits=16)):
        assert list(result_files.check_for(path, picture)) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("suffix", "longest"), [(".webp", 16383), (".jpg", 65500), (".jpeg", 65500)]
)
def test_the_limits_are_those_of_the_encoder(suffix: str, longest: int, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    for size in ((longest, 20), (20, longest)):
        assert cautions(path, size) == []
    for size in ((longest + 1, 20), (20, longest + 1)):
        error = refusal(path, size)
        assert error.code == BAD_INPUT
        assert f"{longest} pixels" in error.message
        assert "png or tif" in error.advice
    # Found out here as it would be after painting.
    for sides, is_possible in (((longest, 1), True), ((longest + 1, 1), False)):
        try:
            pyvips.Image.black(*sides, bands=3).write_to_buffer(suffix)
            was_possible = True
        except pyvips.Error:
            was_possible = False
        assert was_possible is is_possible


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
def test_the_other_formats_hold_what_these_cannot(suffix: str, tmp_path: Path) -> None:
    assert cautions(tmp_path / f"result{suffix}", (70_000, 20)) == []


def test_a_library_without_an_encoder_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: pyvips.Image, suffix: str, **_options: object) -> bytes:
        raise pyvips.Error(f'"{suffix}" is not a known file format')

    monkeypatch.setattr(pyvips.Image, "write_to_buffer", fail)
    error = refusal(tmp_path / "result.webp")
    assert error.code == BAD_INPUT
    assert "not a known file format" in error.message
    assert "png" in error.advice


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_room_is_found_out_and_little_room_is_told(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_room(room: int) -> list[Caution]:
        monkeypatch.setattr(atomic_files, "room", lambda _: room)
        return cautions(tmp_path / f"result{suffix}", (4000, 3000))  # 36 MB of samples

    assert with_room(50 * MEGABYTE) == []
    with pytest.raises(NstError, match=r"room for 0\.\d+ MB") as caught:
        with_room(MEGABYTE // 2)
    assert caught.value.code == DISK
    assert "Make room" in caught.value.advice
    (caution,) = with_room(12_100_000 if suffix[1:4] in ("png", "tif") else 2 * MEGABYTE)
    assert "may take up to" in caution.message


def test_the_room_of_a_full_disk_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.statvfs(tmp_path)

    def full(_: object) -> os.statvfs_result:
        return os.statvfs_result((*before[:4], 0, *before[5:]))

    monkeypatch.setattr(os, "statvfs", full)
    assert refusal(tmp_path / "result.png").code == DISK


def test_what_is_encoded_for_a_trial_is_what_is_written(tmp_path: Path) -> None:
    picture: Picture = photograph(COFFEE, 64, 48)
    for suffix in SUFFIXES:
        path = tmp_path / f"result{suffix}"
        picture_files.write(picture, path)
        assert picture_files.encoded(picture, path) == path.read_bytes()
