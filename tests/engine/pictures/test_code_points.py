"""Colours by the code points of video (ITU-T H.273), HDR among them, in PNG, AVIF and ICC profiles.

What light becomes on an ordinary screen is computed here once more, in double precision and by the
formulas as ITU-R BT.2100 and BT.2408 print them.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image

from nst_contract.errors import NstError
from nst_core.pictures import picture_files
from tests.helpers.icc import rgb_profile
from tests.helpers.png import with_chunks, write_png

Floats = NDArray[np.float64]

# Linear sRGB from linear Display P3 and from linear BT.2020, all D65 (CSS Color 4, section 18;
# ITU-R BT.2087).
FROM_P3 = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0196, -0.0786, 1.0979]])
FROM_2020 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
P3_SRGB, PQ_2020, HLG_2020, UNSPECIFIED = (12, 13), (9, 16), (9, 18), (2, 2)
WHITE = 203


def encoded(light: Floats) -> Floats:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def pq(light: Any) -> Floats:
    """PQ from light in cd/m2 (BT.2100, table 4)."""
    y = (np.asarray(light, np.float64) / 10_000) ** (2610 / 16384)
    return np.asarray(((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32))


def hlg(scene: Any) -> Floats:
    """HLG from the light of the scene, 0..1 (BT.2100, table 5)."""
    e = np.asarray(scene, np.float64)
    above = 0.17883277 * np.log((12 * e - 0.28466892).clip(1e-9)) + 0.55991073
    return np.where(e <= 1 / 12, np.sqrt(3 * e), above)


def shown(light: Floats, peak: float) -> Floats:
    """Light in cd/m2 on a screen of 203 cd/m2, as a share of it (BT.2408, annex 5)."""
    value, white = pq(light.clip(0, peak)) / pq(peak), pq(WHITE) / pq(peak)
    ks = 1.5 * white - 0.5
    t = (value - ks) / (1 - ks)
    p = (2 * t**3 - 3 * t**2 + 1) * ks + (t**3 - 2 * t**2 + t) * (1 - ks)
    p = np.where(value < ks, value, p + (-2 * t**3 + 3 * t**2) * white) * pq(peak)
    root = p ** (32 / 2523)
    ratio = (root - 3424 / 4096).clip(0) / (2413 / 128 - 2392 / 128 * root)
    return np.asarray(10_000 * ratio ** (16384 / 2610) / WHITE)


def compressed(light: Floats, peak: float = 1000) -> Floats:
    brightest = light.max(axis=-1, keepdims=True)
    return np.asarray(light * shown(brightest, peak) / brightest.clip(1e-9))


def lights() -> Floats:
    """Colours from 0.05 to 800 cd/m2 that are also within sRGB, (20, 30, 3)."""
    y, x = np.mgrid[0:20, 0:30]
    return np.asarray(0.05 * 16_000 ** ((y * 30 + x) / 599))[..., None] * [1.0, 0.9, 0.8]


def written(path: Path, samples: Floats, points: tuple[int, int], *more: Any) -> Path:
    whole = np.rint(samples * 65535).astype(np.uint16)
    return with_chunks(write_png(path, whole), (b"cICP", bytes((*points, 0, 1))), *more)


def avif(path: Path, samples: NDArray[Any], points: tuple[int, int]) -> Path:
    """Writes an AVIF without loss, and says that its colours have these code points."""
    Image.fromarray(samples).save(path, quality=100, subsampling="4:4:4")
    data = bytearray(path.read_bytes())
    struct.pack_into(">HH", data, data.index(b"nclx") + 4, *points)
    path.write_bytes(data)
    return path


def pale() -> NDArray[np.uint8]:
    y, x = np.mgrid[0:20, 0:30]
    share = np.stack([0.3 + x / 75, 0.35 + y / 60, 0.6 - x / 150 - y / 100], axis=2)
    return np.round(share * 255).astype(np.uint8)


def in_srgb(p3: Floats) -> Floats:
    light = np.where(p3 <= 0.04045, p3 / 12.92, ((p3 + 0.055) / 1.055) ** 2.4)
    return encoded(light @ FROM_P3.T)


def test_cicp_names_primaries_and_curve(tmp_path: Path) -> None:
    value = pale() / 255
    picture = picture_files.read(written(tmp_path / "x.png", value, P3_SRGB))
    assert picture.rgb == pytest.approx(in_srgb(value), abs=1e-3)
    assert not picture.cautions


def test_nclx_does_so_in_avif(tmp_path: Path) -> None:
    Image.fromarray(pale()).save(tmp_path / "plain.avif", quality=100, subsampling="4:4:4")
    plain = picture_files.read(tmp_path / "plain.avif").rgb.astype(np.float64)
    picture = picture_files.read(avif(tmp_path / "x.avif", pale(), P3_SRGB))
    assert picture.rgb == pytest.approx(in_srgb(plain), abs=1e-3)
    assert np.abs(picture.rgb - plain).max() > 0.02  # so it makes a difference


@pytest.mark.parametrize("points", [UNSPECIFIED, (1, 13), (1, 1)])
def test_what_says_srgb_or_nothing_is_read_as_srgb(points: tuple[int, int], tmp_path: Path) -> None:
    value = np.rint(pale() / 255 * 65535) / 65535
    picture = picture_files.read(written(tmp_path / "x.png", value, points))
    assert picture.rgb == pytest.approx(value, abs=1e-6)
    assert not picture.cautions


@pytest.mark.parametrize("chunk", [b"", b"\x09"])
def test_a_cicp_cut_off_says_nothing(chunk: bytes, tmp_path: Path) -> None:
    path = with_chunks(write_png(tmp_path / "x.png", pale()), (b"cICP", chunk))
    assert np.array_equal(np.rint(picture_files.read(path).rgb * 255), pale())


@pytest.mark.parametrize("points", [(3, 13), (200, 13), (1, 9), (9, 0)])
def test_code_points_that_nobody_knows_are_srgb_with_a_caution(
    points: tuple[int, int], tmp_path: Path
) -> None:
    value = np.rint(pale() / 255 * 65535) / 65535
    picture = picture_files.read(written(tmp_path / "x.png", value, points))
    assert picture.rgb == pytest.approx(value, abs=1e-6)
    [caution] = picture.cautions
    assert f"primaries {points[0]}, transfer {points[1]}" in caution.message


def test_pq_is_shown_as_on_an_ordinary_screen_and_a_caution_says_so(tmp_path: Path) -> None:
    light = lights()
    picture = picture_files.read(written(tmp_path / "x.png", pq(light), PQ_2020))
    assert picture.rgb == pytest.approx(encoded(compressed(light) @ FROM_2020.T), abs=2e-3)
    [caution] = picture.cautions
    assert caution.message.startswith("x.png is an HDR picture (PQ)")


def test_hlg_too(tmp_path: Path) -> None:
    scene = lights() / 1000
    luminance = scene @ [0.2627, 0.6780, 0.0593]
    light = 1000 * scene * luminance[..., None] ** 0.2
    picture = picture_files.read(written(tmp_path / "x.png", hlg(scene), HLG_2020))
    assert picture.rgb == pytest.approx(encoded(compressed(light) @ FROM_2020.T), abs=2e-3)
    assert "HDR picture (HLG)" in picture.cautions[0].message


@pytest.mark.parametrize(
    ("chunk", "peak"),
    [
        ((b"cLLI", struct.pack(">II", 8_000_000, 100_000)), 800),
        ((b"mDCV", struct.pack(">8HII", *range(8), 40_000_000, 50)), 4000),
        ((b"cLLI", struct.pack(">II", 0, 0)), 1000),
    ],
)
def test_the_brightest_light_becomes_white(
    chunk: tuple[bytes, bytes], peak: float, tmp_path: Path
) -> None:
    light = np.broadcast_to(np.geomspace(0.1, peak, 64)[None, :, None], (4, 64, 3))
    picture = picture_files.read(written(tmp_path / "x.png", pq(light), (1, 16), chunk))
    assert picture.rgb[0, -1] == pytest.approx(1, abs=1e-3)
    assert picture.rgb == pytest.approx(encoded(compressed(light, peak)), abs=2e-3)


def test_what_is_no_brighter_than_white_is_not_compressed(tmp_path: Path) -> None:
    light = np.broadcast_to(np.linspace(0, 150, 64)[None, :, None], (4, 64, 3))
    dim = (b"cLLI", struct.pack(">II", 1_500_000, 0))
    picture = picture_files.read(written(tmp_path / "x.png", pq(light), (1, 16), dim))
    assert picture.rgb == pytest.approx(encoded(light / WHITE), abs=2e-3)


def test_a_grey_picture_in_pq_stays_grey(tmp_path: Path) -> None:
    light = np.geomspace(0.1, 1000, 64).reshape(8, 8, 1)
    picture = picture_files.read(written(tmp_path / "x.png", pq(light), PQ_2020))
    truth = np.broadcast_to(encoded(compressed(light)), (8, 8, 3))
    assert picture.rgb == pytest.approx(truth, abs=2e-3)


def test_an_hdr_avif_is_shown_like_that_too(tmp_path: Path) -> None:
    samples = np.rint(pq(lights()) * 255).astype(np.uint8)
    Image.fromarray(samples).save(tmp_path / "plain.avif", quality=100, subsampling="4:4:4")
    png = with_chunks(
        write_png(
            tmp_path / "x.png",
            np.rint(picture_files.read(tmp_path / "plain.avif").rgb * 255).astype(np.uint8),
        ),
        (b"cICP", bytes((*PQ_2020, 0, 1))),
    )
    picture = picture_files.read(avif(tmp_path / "x.avif", samples, PQ_2020))
    assert np.array_equal(picture.rgb, picture_files.read(png).rgb)
    assert picture.cautions[0].message.startswith("x.avif is an HDR picture (PQ)")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_icc_profile_may_say_that_a_tiff_is_hdr(dtype: type, tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    samples: NDArray[Any] = np.rint(pq(lights()) * top).astype(dtype)
    profile = rgb_profile(2.2, code_points=PQ_2020)
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric="rgb", iccprofile=profile)
    picture = picture_files.read(tmp_path / "x.tif")
    value = samples / top
    root = value ** (32 / 2523)
    ratio = (root - 3424 / 4096).clip(0) / (2413 / 128 - 2392 / 128 * root)
    light = 10_000 * ratio ** (16384 / 2610)
    assert picture.rgb == pytest.approx(encoded(compressed(light) @ FROM_2020.T), abs=2e-3)
    assert picture.cautions[0].message.startswith("x.tif is an HDR picture (PQ)")


def test_a_picture_that_is_shrunk_while_it_is_read_says_so_as_well(tmp_path: Path) -> None:
    samples = np.full((512, 512, 3), float(pq(100.0)), np.float64)
    path = written(tmp_path / "x.png", samples, PQ_2020)
    picture = picture_files.read(path, long_side=64)
    assert picture.full_size == (512, 512)
    assert picture.rgb == pytest.approx(float(encoded(shown(np.array(100.0), 1000))), abs=2e-3)
    assert "HDR" in picture.cautions[0].message


@pytest.mark.parametrize("damage", [b"pitm", b"ipma", b"ipco", b"iprp", b"nclx", b"meta"])
def test_an_avif_whose_boxes_make_no_sense_ends_in_a_picture_or_our_error(
    damage: bytes, tmp_path: Path
) -> None:
    path = avif(tmp_path / "x.avif", pale(), P3_SRGB)
    data = bytearray(path.read_bytes())
    at = data.index(damage)
    data[at + 4 : at + 12] = b"\xff" * 8
    (tmp_path / "box.avif").write_bytes(data)
    try:
        assert picture_files.read(tmp_path / "box.avif").rgb.shape == (20, 30, 3)
    except NstError as error:
        assert "damaged" in error.message or "incomplete" in error.message


def test_white_of_ten_bits_is_white(tmp_path: Path) -> None:
    white = pyvips.Image.new_from_array(np.full((16, 16, 3), 65535, np.uint16))
    white = white.copy(interpretation="rgb16")
    white.heifsave(str(tmp_path / "x.avif"), compression="av1", bitdepth=10, lossless=True)
    assert picture_files.read(tmp_path / "x.avif").rgb.min() == 1
