"""nst_core.pictures.rasters: samples survive being written to files and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.protocol.requests import Raster
from nst_core.pictures import rasters
from nst_core.pictures.picture import Picture, to_rgb

ALL_VALUES: dict[str, NDArray[np.generic]] = {
    "u8": np.arange(256, dtype="u1").reshape(8, 8, 4),
    "u16": np.arange(65536, dtype="<u2").reshape(128, 128, 4),
    "f32": np.random.default_rng(0).random((8, 8, 4)).astype("<f4"),
}


def stored(folder: Path, samples: NDArray[np.generic], sample: str) -> Raster:
    samples.tofile(folder / "in.raw")
    return Raster("in.raw", samples.shape[1], samples.shape[0], sample, name="layer")


@pytest.mark.parametrize("sample", ALL_VALUES)
def test_every_value_comes_out_as_it_went_in(sample: str, tmp_path: Path) -> None:
    samples = ALL_VALUES[sample]
    picture = rasters.read(tmp_path, stored(tmp_path, samples, sample))
    assert picture.name == "layer"
    rasters.write(picture, tmp_path / "out.raw", sample)
    assert (tmp_path / "out.raw").read_bytes() == samples.tobytes()


def test_a_picture_too_large_to_be_converted_at_once_comes_out_as_it_went_in(
    tmp_path: Path,
) -> None:
    width, height = 1500, 1501  # more than two million pixels, and not in equal parts
    random = np.random.default_rng(0)
    samples = random.integers(0, 256, (height, width, 4), np.uint8)
    picture = rasters.read(tmp_path, stored(tmp_path, samples, "u8"))
    rasters.write(picture, tmp_path / "out.raw", "u8")
    assert (tmp_path / "out.raw").read_bytes() == samples.tobytes()
    shades = random.random((height, width), np.float32)
    shades.tofile(tmp_path / "mask.raw")
    mask = rasters.read_mask(tmp_path, Raster("mask.raw", width, height, "f32", channels=1))
    assert np.array_equal(mask, shades)


def test_samples_are_red_green_blue_and_alpha_row_by_row(tmp_path: Path) -> None:
    samples = np.array([[[255, 0, 51, 102], [0, 255, 0, 255]]], np.uint8)
    picture = rasters.read(tmp_path, stored(tmp_path, samples, "u8"))
    assert picture.alpha is not None
    assert picture.rgb[0, 0].tolist() == pytest.approx([1, 0, 0.2])
    assert picture.alpha[0].tolist() == pytest.approx([0.4, 1])
    assert (picture.width, picture.height) == (2, 1)


def test_floats_may_leave_the_range(tmp_path: Path) -> None:
    samples = np.array([[[-0.5, 1.5, 0.25, 0.5]]], "<f4")
    picture = rasters.read(tmp_path, stored(tmp_path, samples, "f32"))
    assert picture.rgb.tolist() == [[[-0.5, 1.5, 0.25]]]


@pytest.mark.parametrize(("sample", "top"), [("u8", 255), ("u16", 65535)])
def test_colours_are_rounded_to_the_nearest_sample(sample: str, top: int, tmp_path: Path) -> None:
    rgb = np.array([[[100.4 / top, 100.6 / top, 1.5]]], np.float32)
    rasters.write(Picture(rgb), tmp_path / "out.raw", sample)
    samples = np.fromfile(tmp_path / "out.raw", ALL_VALUES[sample].dtype)
    assert samples.tolist() == [100, 101, top, top]


def test_a_picture_without_transparency_is_opaque(tmp_path: Path) -> None:
    samples = np.full((2, 3, 4), 255, np.uint8)
    picture = rasters.read(tmp_path, stored(tmp_path, samples, "u8"))
    assert picture.alpha is None
    rasters.write(picture, tmp_path / "out.raw", "u16")
    assert np.fromfile(tmp_path / "out.raw", "<u2").tolist() == [65535] * 24


@pytest.mark.parametrize("change", [-1, 1, None], ids=["short", "long", "missing"])
def test_a_file_of_the_wrong_length_is_refused(change: int | None, tmp_path: Path) -> None:
    if change is not None:
        (tmp_path / "in.raw").write_bytes(bytes(5 * 3 * 4 + change))
    with pytest.raises(NstError, match="instead of 60") as caught:
        rasters.read(tmp_path, Raster("in.raw", 5, 3, "u8"))
    assert caught.value.code == BAD_REQUEST


def test_a_preview_is_opaque_and_clipped_to_eight_bits(tmp_path: Path) -> None:
    image = torch.tensor([[-1.0, 0.2], [0.0, 0.4], [2.0, 1.0]]).view(1, 3, 1, 2)
    raster = rasters.write_preview(Picture(to_rgb(image)), tmp_path, "preview-1.raw")
    assert raster == Raster("preview-1.raw", 2, 1, "u8")
    samples = np.fromfile(tmp_path / "preview-1.raw", np.uint8)
    assert samples.tolist() == [0, 0, 255, 255, 51, 102, 255, 255]
