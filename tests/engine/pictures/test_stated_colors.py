"""What files say of their colours: curves and primaries in PNG's own chunks, profiles, Lab.

The inputs are written by hand, by tifffile or by Pillow, never by libvips, which reads them.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from nst_core.pictures import picture_files
from nst_core.pictures.picture import Picture
from tests.helpers.icc import grey_profile, rgb_profile
from tests.helpers.png import with_chunks, write_png

Floats = NDArray[np.float64]
# One step of 8 bits between black and white.
STEP = 1 / 255

# Chromaticities of white, red, green and blue, x and y (Adobe RGB 1998, and IEC 61966-2-1).
ADOBE_RGB = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# Linear sRGB from linear Adobe RGB; both have the white D65 (CSS Color 4, section 18).
FROM_ADOBE_RGB = np.array([[1.3983557, -0.3983557, 0], [0, 1, 0], [0, -0.0429290, 1.0429290]])


def encoded(light: Floats) -> Floats:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def pale(dtype: type = np.uint8) -> NDArray[Any]:
    """Colours within the reach of every space, (20, 30, 3)."""
    y, x = np.mgrid[0:20, 0:30]
    share = np.stack([0.3 + x / 75, 0.35 + y / 60, 0.6 - x / 150 - y / 100], axis=2)
    return np.round(share * np.iinfo(dtype).max).astype(dtype)


def greys(dtype: type) -> NDArray[Any]:
    """All greys, or every 16th of them, with the darkest first, (height, width, 1)."""
    top = int(np.iinfo(dtype).max)
    values: NDArray[Any] = np.arange(0, top + 1, max(1, top // 4095)).astype(dtype)
    return values.reshape(-1, 16, 1)


def gama(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def chrm(values: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values))


def samples_of(picture: Picture) -> Floats:
    return np.asarray(picture.rgb, np.float64)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 1.4])
def test_gama_is_the_power_that_samples_were_encoded_with(
    gamma: float, channels: int, dtype: type, tmp_path: Path
) -> None:
    samples = np.repeat(greys(dtype), channels, axis=2)
    picture = picture_files.read(with_chunks(write_png(tmp_path / "x.png", samples), gama(gamma)))
    exponent = 100_000 / round(gamma * 100_000)
    truth = encoded((samples / np.iinfo(dtype).max) ** exponent)
    assert samples_of(picture) == pytest.approx(np.broadcast_to(truth, picture.rgb.shape), abs=1e-3)
    assert picture.bits == 8 * samples.dtype.itemsize


def test_one_over_2_2_stands_for_srgb(tmp_path: Path) -> None:
    samples = pale()
    path = with_chunks(write_png(tmp_path / "x.png", samples), gama(1 / 2.2), chrm(SRGB))
    assert np.array_equal(np.rint(samples_of(picture_files.read(path)) * 255), samples)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_chrm_has_the_primaries(dtype: type, tmp_path: Path) -> None:
    samples = pale(dtype)
    path = write_png(tmp_path / "x.png", samples)
    picture = picture_files.read(with_chunks(path, gama(0.45), chrm(ADOBE_RGB)))
    # 0.45 is read as sRGB's curve, whose inverse this is.
    value = samples / np.iinfo(dtype).max
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    truth = encoded(light @ FROM_ADOBE_RGB.T)
    assert samples_of(picture) == pytest.approx(truth, abs=1e-3)
    assert np.abs(truth - value).max() > 5 * STEP  # so the primaries do make a difference


def test_white_and_grey_stay_neutral_whatever_the_white_point(tmp_path: Path) -> None:
    d50 = (0.3457, 0.3585, *ADOBE_RGB[2:])
    samples = np.repeat(greys(np.uint8), 3, axis=2)
    path = with_chunks(write_png(tmp_path / "x.png", samples), gama(0.5), chrm(d50))
    colors = samples_of(picture_files.read(path))
    assert np.ptp(colors, axis=2).max() < STEP / 4


@pytest.mark.parametrize("chunk", [(b"sRGB", b"\0"), (b"cICP", b"\1\x0d\0\1")])
def test_srgb_overrides_both(chunk: tuple[bytes, bytes], tmp_path: Path) -> None:
    samples = pale()
    path = write_png(tmp_path / "x.png", samples)
    with_chunks(path, chunk, gama(1), chrm(ADOBE_RGB))
    assert np.array_equal(np.rint(samples_of(picture_files.read(path)) * 255), samples)


def test_a_profile_overrides_both(tmp_path: Path) -> None:
    samples = pale()
    path = write_png(tmp_path / "x.png", samples, profile=rgb_profile(1.8))
    with_chunks(path, gama(1), chrm(ADOBE_RGB))
    truth = encoded((samples / 255) ** (round(1.8 * 256) / 256))
    assert samples_of(picture_files.read(path)) == pytest.approx(truth, abs=STEP)


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0)],
        [(b"gAMA", b"\0")],
        [(b"cHRM", b"\0" * 32)],
        [(b"cHRM", b"\xff" * 32)],
        [(b"cHRM", b"\0" * 5)],
        [chrm((0.3127, 0.3290, *(0.3, 0.3) * 3))],
    ],
    ids=["zero", "short", "black", "beyond", "short primaries", "one primary thrice"],
)
def test_chunks_that_make_no_sense_count_as_none(
    chunks: list[tuple[bytes, bytes]], tmp_path: Path
) -> None:
    samples = pale()
    path = with_chunks(write_png(tmp_path / "x.png", samples), *chunks)
    assert np.array_equal(np.rint(samples_of(picture_files.read(path)) * 255), samples)


def test_opacity_has_no_curve(tmp_path: Path) -> None:
    samples = np.concatenate([pale(), pale()[..., :1]], axis=2)
    picture = picture_files.read(with_chunks(write_png(tmp_path / "x.png", samples), gama(1)))
    assert picture.alpha is not None
    assert np.array_equal(np.rint(picture.alpha * 255), samples[..., 3])


# Profiles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_shadows_are_as_light_as_the_profile_says(
    gamma: float, channels: int, dtype: type, tmp_path: Path
) -> None:
    samples = np.repeat(greys(dtype), channels, axis=2)
    profile = grey_profile(gamma) if channels < 3 else rgb_profile(gamma)
    picture = picture_files.read(write_png(tmp_path / "x.png", samples, profile=profile))
    truth = encoded((samples[..., :1] / np.iinfo(dtype).max) ** (round(gamma * 256) / 256))
    # Colours of 8 bits go through Little CMS, which rounds them to 8 bits.
    off = np.abs(samples_of(picture) - truth).max()
    assert off < (0.6 * STEP if dtype is np.uint8 and channels > 2 else 0.01 * STEP)


def test_the_profile_of_srgb_leaves_sixteen_bits_as_they_are(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    samples = np.repeat(greys(np.uint16), 3, axis=2)
    picture = picture_files.read(write_png(tmp_path / "x.png", samples, profile=profile))
    assert np.array_equal(
        np.rint(samples_of(picture) * 65535), np.broadcast_to(samples, picture.rgb.shape)
    )


# Lab ----------------------------------------------------------------------------------------------


def lab_colors() -> Floats:
    """Lightness, a and b that sRGB has colours for, as whole numbers, (9, 7, 3)."""
    grid = [[(30 + 5 * y, 4 * x - 12, 3 * y - 2 * x) for x in range(7)] for y in range(9)]
    return np.array(grid, np.float64)


def srgb_of_lab(lab: Floats) -> Floats:
    """CIELAB with the white D50 (CIE 15:2004) in sRGB, adapted by Bradford's transform."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.9642, 1.0, 0.8249]
    # From XYZ relative to D50 (CSS Color 4, section 18, both matrices multiplied)
    matrix = [[3.1341359, -1.6173863, -0.4906619], [-0.9787955, 1.9162544, 0.0334427],
              [0.0719554, -0.2289768, 1.4053860]]  # fmt: skip
    return encoded(xyz @ np.array(matrix).T)


@pytest.mark.parametrize("kind", ["cielab", "icclab"])
@pytest.mark.parametrize("bits", [8, 16])
def test_lab_is_read_in_each_of_its_encodings(bits: int, kind: str, tmp_path: Path) -> None:
    lab = lab_colors()
    step = 256 if bits == 16 else 1
    if kind == "cielab":  # TIFF 6.0, section 23: a and b have a sign
        offset, top = 0, 2**bits - 1
    else:  # Adobe Photoshop TIFF technical notes: as in ICC profiles of version 2
        offset, top = 128, 0xFF00 if bits == 16 else 0xFF
    lightness = np.rint(lab[..., :1] / 100 * top)
    stored = np.concatenate([lightness, (lab[..., 1:] + offset) * step], axis=2)
    samples = stored.astype(np.int64).astype(np.uint16 if bits == 16 else np.uint8)
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric=kind)
    picture = picture_files.read(tmp_path / "x.tif")
    lab[..., 0] = lightness[..., 0] * 100 / top
    assert picture.bits == bits
    assert samples_of(picture) == pytest.approx(srgb_of_lab(lab), abs=STEP)


def test_lab_that_pillow_wrote_looks_as_little_cms_shows_it(tmp_path: Path) -> None:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    there = ImageCms.buildTransform(*profiles, "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.fromarray(pale()), there)
    assert lab is not None
    lab.save(tmp_path / "x.tif")
    # A step of a or b is up to 5 steps of a dark channel.
    assert samples_of(picture_files.read(tmp_path / "x.tif")) == pytest.approx(
        pale() / 255, abs=5 * STEP
    )


def test_white_of_lab_is_white(tmp_path: Path) -> None:
    white = np.zeros((2, 2, 3), np.uint8)
    white[..., 0] = 255
    tifffile.imwrite(tmp_path / "x.tif", white, photometric="cielab")
    assert samples_of(picture_files.read(tmp_path / "x.tif")).min() == 1
