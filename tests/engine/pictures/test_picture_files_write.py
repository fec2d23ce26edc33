"""nst_core.pictures.picture_files.write: results are tagged, and written completely or not at all.

The outputs are read by Pillow, by tifffile or by hand, never by libvips, which writes them.
"""

from __future__ import annotations

import io
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_contract.platforms import files
from nst_core.pictures import picture_files
from nst_core.pictures.picture import Array, Picture
from tests.helpers.png import read_png

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
LOSSLESS = (".png", ".tif", ".tiff")


def smooth(height: int = 32, width: int = 48) -> Array:
    y, x = np.mgrid[0:height, 0:width]
    steps = np.stack([40 + 4 * x, 50 + 5 * y, 200 - 2 * x - 2 * y], axis=2)
    return (steps / 255).astype(np.float32)


def half_transparent(height: int = 32, width: int = 48) -> Array:
    """Alpha from 0 on the left to 1 on the right, with everything in between."""
    return np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))


def by_pillow(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as image:
        return np.asarray(image, np.float64)


def refusal(path: Path, code: str) -> NstError:
    with pytest.raises(NstError) as caught:
        picture_files.write(Picture(smooth()), path)
    assert caught.value.code == code
    assert str(path) in caught.value.message
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG", ".Jpg"])
def test_the_suffix_decides_the_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(Picture(smooth()), path)
    with Image.open(path) as image:
        expected = {"PN": "PNG", "JP": "JPEG", "TI": "TIFF", "WE": "WEBP"}[suffix[1:3].upper()]
        assert (image.format, image.size, image.mode) == (expected, (48, 32), "RGB")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colours_survive_writing_and_reading(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(Picture(smooth()), path)
    truth = np.rint(smooth() * 255)
    tolerance = 0 if suffix in LOSSLESS else 6
    assert np.abs(by_pillow(path) - truth).max() <= tolerance
    assert np.abs(picture_files.read(path).rgb * 255 - truth).max() <= tolerance + 1e-4


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_result_is_tagged_as_srgb(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(Picture(smooth()), path)
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_alpha_is_kept(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    alpha = half_transparent()
    picture_files.write(Picture(smooth(), alpha), path)
    written = by_pillow(path)
    assert np.array_equal(written[..., 3], np.rint(alpha * 255))
    again = picture_files.read(path).alpha
    assert again is not None
    assert np.array_equal(np.rint(again * 255), np.rint(alpha * 255))


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_colours_under_transparent_parts_are_kept(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(Picture(smooth(), half_transparent()), path)
    assert np.array_equal(by_pillow(path)[..., :3], np.rint(smooth() * 255))


def test_jpeg_shows_transparent_parts_in_white(tmp_path: Path) -> None:
    path = tmp_path / "result.jpg"
    color = np.full((32, 48, 3), 0.2, np.float32)
    picture_files.write(Picture(color, half_transparent()), path)
    alpha = half_transparent()[..., None]
    truth = 255 * (0.2 * alpha + 1 - alpha).repeat(3, axis=2)
    assert by_pillow(path) == pytest.approx(truth, abs=4)


def test_sixteen_bits_are_written_to_png(tmp_path: Path) -> None:
    path = tmp_path / "result.png"
    rgb = np.random.default_rng(0).random((16, 20, 3), np.float32)
    alpha = np.random.default_rng(1).random((16, 20), np.float32)
    picture_files.write(Picture(rgb, alpha, bits=16), path)
    samples = read_png(path).samples
    assert samples.dtype == np.uint16
    assert np.array_equal(samples[..., :3], np.rint(rgb * np.float32(65535)))
    assert np.array_equal(samples[..., 3], np.rint(alpha * np.float32(65535)))


def test_sixteen_bits_are_written_to_tiff(tmp_path: Path) -> None:
    path = tmp_path / "result.tif"
    rgb = np.random.default_rng(0).random((16, 20, 3), np.float32)
    picture_files.write(Picture(rgb, bits=16), path)
    samples = tifffile.imread(path)
    assert samples.dtype == np.uint16
    assert np.array_equal(samples, np.rint(rgb * np.float32(65535)))


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_formats_without_sixteen_bits_get_eight(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    picture_files.write(Picture(smooth(), bits=16), path)
    assert by_pillow(path) == pytest.approx(smooth().astype(float) * 255, abs=6)


def test_what_cannot_be_shown_is_clipped(tmp_path: Path) -> None:
    path = tmp_path / "result.png"
    picture_files.write(Picture(np.array([[[-0.5, 0.5, 1.5]]], np.float32)), path)
    assert by_pillow(path).tolist() == [[[0, 128, 255]]]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize(("pixels_per_mm", "dpi"), [(300 / 25.4, 300), (None, 72)])
def test_the_resolution_for_printing_is_kept(
    pixels_per_mm: float | None, dpi: int, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"result{suffix}"
    resolution = pixels_per_mm and (pixels_per_mm, pixels_per_mm)
    picture_files.write(Picture(smooth(), pixels_per_mm=resolution or None), path)
    with Image.open(path) as image:
        assert image.info["dpi"] == (pytest.approx(dpi, rel=1e-2), pytest.approx(dpi, rel=1e-2))


@pytest.mark.parametrize("name", ["with space.png", "Zoë 画像.png", "a,b [n=2].png", "%d.png"])
def test_any_name_will_do(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "fôlder [2]"
    folder.mkdir()
    picture_files.write(Picture(smooth()), folder / name)
    assert [path.name for path in folder.iterdir()] == [name]
    assert np.array_equal(by_pillow(folder / name), np.rint(smooth() * 255))


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    ordinary, path = tmp_path / "ordinary", tmp_path / "result.png"
    ordinary.touch()
    picture_files.write(Picture(smooth()), path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_an_earlier_result_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "result.png"
    path.write_bytes(b"an earlier result")
    picture_files.write(Picture(smooth()), path)
    assert by_pillow(path).shape == (32, 48, 3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.png"]


@pytest.mark.parametrize("name", ["result", "result.gif", "result.png.bak", ".png"])
def test_an_unknown_format_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    assert "png, jpg" in refusal(tmp_path / name, BAD_INPUT).advice
    assert not list(tmp_path.iterdir())


def test_an_earlier_result_that_a_program_holds_costs_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: it is found out before, and where it is opened later, both pictures stay."""
    path, beside = tmp_path / "result.png", tmp_path / "result (2).png"
    path.write_bytes(b"old")

    def refuse(*_paths: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(files, "is_held", lambda _path: True)
    monkeypatch.setattr(files, "is_in_use", lambda _error: True)
    monkeypatch.setattr(files, "replace", refuse)
    with pytest.raises(NstError, match="another program has it open") as caught:
        picture_files.check_writable(path)
    assert "close the program" in caught.value.advice
    assert beside.name in refusal(path, DISK).message
    assert path.read_bytes() == b"old"
    assert by_pillow(beside).shape == (32, 48, 3)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_cannot_be_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "result.png"
    folder.mkdir()
    assert "is a folder" in refusal(folder, DISK).message


@pytest.mark.parametrize(
    "name", ["missing/result.png", "file/result.png", "x" * 300 + "/result.png"]
)
def test_a_missing_folder_is_reported_before_and_when_writing(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    refusal(tmp_path / name, DISK)
    with pytest.raises(NstError, match="cannot be written"):
        picture_files.check_writable(tmp_path / name)


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # root may write anywhere except here
        folder = Path("/proc/self")
    else:
        folder = tmp_path
        folder.chmod(0o500)
        monkeypatch.setattr(os, "geteuid", lambda: 1)
    refusal(folder / "result.png", DISK)


def test_checking_leaves_no_trace(tmp_path: Path) -> None:
    picture_files.check_writable(tmp_path / "result.png")
    assert not list(tmp_path.iterdir())


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Keeps files from growing beyond ``size`` bytes, even for root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_spares_the_earlier_result_and_leaves_nothing_behind(
    suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"result{suffix}"
    path.write_bytes(b"an earlier result")
    noise = np.random.default_rng(0).random((200, 200, 3), np.float32)
    with full_disk(4096), pytest.raises(NstError) as caught:
        picture_files.write(Picture(noise), path)
    assert caught.value.code == DISK
    assert "disk is not full" in caught.value.advice
    assert path.read_bytes() == b"an earlier result"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_rename_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", fail)
    assert "No space left" in refusal(tmp_path / "result.png", DISK).message
    assert not list(tmp_path.iterdir())
