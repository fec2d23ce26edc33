"""Pictures in floating point: 0 is black and 1 is white, encoded as the profile says or as sRGB.

The inputs are written by tifffile, never by libvips, which reads them; what stands in the files is
the truth.
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

from nst_contract.errors import NstError
from nst_core.pictures import picture_files
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from tests.helpers.icc import grey_profile, rgb_profile
from tests.helpers.in_process import nst

Floats = NDArray[Any]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Half a step of 8 bits, which nobody sees; a wrong curve is off by dozens of steps.
UNSEEN = 0.5 / 255


def ramp(channels: int, dtype: str = "f4", height: int = 12, width: int = 17) -> Floats:
    """Values from black to white, different in each channel, (height, width, channels)."""
    y, x, channel = np.mgrid[0:height, 0:width, 0:channels]
    values: Floats = (x / (width - 1) + y * channel / (2 * height)) % 1.0
    return values.astype(dtype)


def encoded(light: Floats) -> Floats:
    """Linear light as sRGB encodes it (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def save(path: Path, values: Floats, **options: Any) -> Path:
    grey = values.shape[2] < 3
    samples = values[..., 0] if values.shape[2] == 1 else values
    kind = "minisblack" if grey else "rgb"
    options.setdefault("photometric", kind)
    tifffile.imwrite(path, samples, **options)
    return path


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"], ids=["half", "single", "double"])
def test_without_a_profile_samples_are_those_of_srgb(
    dtype: str, channels: int, order: str, compression: str | None, tmp_path: Path
) -> None:
    values = ramp(channels, order + dtype)
    path = save(tmp_path / "x.tif", values, byteorder=order, compression=compression)
    picture = picture_files.read(path)
    assert picture.bits == 16
    assert picture.alpha is None
    truth = np.broadcast_to(values.astype("f8"), picture.rgb.shape)
    assert picture.rgb == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"], ids=["half", "single", "double"])
def test_that_is_said_in_a_caution(dtype: str, channels: int, tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", ramp(channels, dtype))
    (caution,) = picture_files.read(path).cautions
    assert "x.tif has samples in floating point and no colour profile" in caution.message
    assert "profile" in caution.advice


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"], ids=["half", "single", "double"])
def test_the_profile_of_srgb_changes_nothing(dtype: str, tmp_path: Path) -> None:
    values = ramp(3, dtype)
    picture = picture_files.read(save(tmp_path / "x.tif", values, iccprofile=SRGB))
    assert picture.rgb == pytest.approx(values.astype("f8"), abs=UNSEEN)
    assert picture.cautions == ()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"], ids=["half", "single", "double"])
def test_a_profile_decides_what_samples_mean(
    dtype: str, gamma: float, channels: int, tmp_path: Path
) -> None:
    values = ramp(channels, dtype)
    profile = grey_profile(gamma) if channels == 1 else rgb_profile(gamma)
    picture = picture_files.read(save(tmp_path / "x.tif", values, iccprofile=profile))
    stated = round(gamma * 256) / 256  # as the profile has it
    truth = np.broadcast_to(encoded(values.astype("f8") ** stated), picture.rgb.shape)
    assert picture.rgb == pytest.approx(truth, abs=UNSEEN)
    assert picture.cautions == ()


def test_a_profile_that_describes_other_channels_counts_as_none(tmp_path: Path) -> None:
    values = ramp(3)
    picture = picture_files.read(save(tmp_path / "x.tif", values, iccprofile=grey_profile(1)))
    assert picture.rgb == pytest.approx(values, abs=1e-6)
    assert "no colour profile" in picture.cautions[0].message


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("channels", [1, 3])
def test_opacity_is_not_changed_by_the_profile(channels: int, dtype: str, tmp_path: Path) -> None:
    values = np.concatenate([ramp(channels), ramp(1)[::-1]], axis=2).astype(dtype)
    profile = grey_profile(1) if channels == 1 else rgb_profile(1)
    path = save(tmp_path / "x.tif", values, extrasamples=["unassalpha"], iccprofile=profile)
    picture = picture_files.read(path)
    assert picture.alpha == pytest.approx(values[..., -1], abs=1e-6)
    truth = np.broadcast_to(encoded(values[..., :-1]), picture.rgb.shape)
    assert picture.rgb == pytest.approx(truth, abs=UNSEEN)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_colours_multiplied_by_opacity_are_divided(dtype: str, tmp_path: Path) -> None:
    values = ramp(3)
    stored = np.concatenate([values * 0.25, np.full_like(values[..., :1], 0.25)], axis=2)
    path = save(tmp_path / "x.tif", stored.astype(dtype), extrasamples=["assocalpha"])
    picture = picture_files.read(path)
    assert picture.rgb == pytest.approx(values, abs=1e-5)
    assert picture.alpha == pytest.approx(np.full((12, 17), 0.25))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_channel_of_unknown_meaning_is_no_opacity(dtype: str, tmp_path: Path) -> None:
    values = ramp(4, dtype)
    picture = picture_files.read(save(tmp_path / "x.tif", values, extrasamples=["unspecified"]))
    assert picture.alpha is None
    assert picture.rgb == pytest.approx(values[..., :3], abs=1e-6)
    assert any("left out" in caution.message for caution in picture.cautions)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_grey_may_be_counted_from_white(dtype: str, tmp_path: Path) -> None:
    values = ramp(1, dtype)
    picture = picture_files.read(save(tmp_path / "x.tif", 1 - values, photometric="miniswhite"))
    assert picture.rgb[..., :1] == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_channels_may_lie_in_planes_of_their_own_or_the_file_says_why_not(
    dtype: str, tmp_path: Path
) -> None:
    values = ramp(3, dtype)
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.moveaxis(values, 2, 0), photometric="rgb", planarconfig="separate")
    if dtype == "f4":
        assert picture_files.read(path).rgb == pytest.approx(values, abs=1e-6)
    else:
        with pytest.raises(NstError, match=r"64 bits .* in separate planes"):
            picture_files.read(path)


def test_a_file_of_bigtiff_is_read_too(tmp_path: Path) -> None:
    values = ramp(3, "f8")
    picture = picture_files.read(save(tmp_path / "x.tif", values, bigtiff=True))
    assert picture.rgb == pytest.approx(values, abs=1e-6)


def test_doubles_may_lie_in_tiles(tmp_path: Path) -> None:
    values = ramp(3, "f8", 40, 50)
    picture = picture_files.read(save(tmp_path / "x.tif", values, tile=(16, 16)))
    assert picture.rgb == pytest.approx(values, abs=1e-6)


def test_doubles_with_a_predictor_are_refused_by_name(tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", ramp(3, "f8"), extratags=[(65000, 3, 1, 3)])
    private, predictor = struct.pack("<HHI", 65000, 3, 1), struct.pack("<HHI", 317, 3, 1)
    path.write_bytes(path.read_bytes().replace(private, predictor))
    with pytest.raises(NstError, match=r"x\.tif has samples of 64 bits .* with a predictor") as no:
        picture_files.read(path)
    assert "without a predictor" in no.value.advice


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_orientation_is_applied(dtype: str, tmp_path: Path) -> None:
    values = ramp(3, dtype)
    path = save(tmp_path / "x.tif", values, extratags=[(274, 3, 1, 6)])
    upright = values[::-1].swapaxes(0, 1)
    assert picture_files.read(path).rgb == pytest.approx(upright, abs=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_cannot_be_shown_is_cut_off_with_a_caution(dtype: str, tmp_path: Path) -> None:
    values = np.array([[[-2.0], [0.5], [64.0]]], dtype)
    picture = picture_files.read(save(tmp_path / "x.tif", values, iccprofile=grey_profile(1)))
    assert picture.rgb[0, :, 0] == pytest.approx([0, float(encoded(np.array(0.5))), 1], abs=1e-5)
    (caution,) = picture.cautions
    assert "from -2 to 64" in caution.message
    assert "0 to 1" in caution.advice


def test_values_that_are_no_numbers_are_cut_off_too(tmp_path: Path) -> None:
    values = np.array([[[np.nan], [0.5], [np.inf], [-np.inf]]], "f4")
    picture = picture_files.read(save(tmp_path / "x.tif", values))
    assert picture.rgb[0, :, 0].tolist() == [0, 0.5, 1, 0]
    assert "not numbers" in picture.cautions[0].message


def test_a_step_too_small_to_see_is_not_worth_a_caution(tmp_path: Path) -> None:
    values = np.array([[[-0.001], [1.001]]], "f4")
    path = save(tmp_path / "x.tif", values, iccprofile=grey_profile(1))
    assert picture_files.read(path).cautions == ()


def test_a_grey_mask_has_the_values_of_its_file(tmp_path: Path) -> None:
    values = ramp(1)
    mask = picture_files.read(save(tmp_path / "x.tif", values)).as_mask()
    assert mask == pytest.approx(values[..., 0], abs=1e-6)


def test_the_cautions_of_content_style_start_and_masks_are_given_once_each(tmp_path: Path) -> None:
    names = ("content", "style", "start", "mask")
    found = {name: picture_files.read(save(tmp_path / f"{name}.tif", ramp(3))) for name in names}
    inputs = Inputs(
        found["content"],
        [Style(found["style"]), Style(found["style"])],
        found["mask"].as_mask(),
        found["start"],
        of_masks=found["mask"].cautions,
    )
    said = [caution.message for caution in inputs.cautions() if "floating" in caution.message]
    assert [message.split(".tif")[0] for message in said] == list(names)


@pytest.mark.parametrize("role", ["--mask", "--strength-mask", "--style-mask"])
def test_the_command_line_passes_on_what_is_said_of_masks(role: str, tmp_path: Path) -> None:
    for name in ("photo", "style"):
        Image.fromarray((ramp(3) * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    mask = save(tmp_path / "mask.tif", ramp(1))
    run = nst(
        "stylize", tmp_path / "photo.png", tmp_path / "style.png", "-o", tmp_path / "result.png",
        role, mask, "--evaluations", "0",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "mask.tif has samples in floating point and no colour profile" in run.stderr


def test_the_photograph_comes_back_as_it_was_read(tmp_path: Path) -> None:
    values = ramp(3)
    photo = save(tmp_path / "photo.tif", values)
    run = nst("stylize", photo, photo, "-o", tmp_path / "result.tif", "--evaluations", "0")
    assert run.returncode == 0, run.stderr
    result = tifffile.imread(tmp_path / "result.tif")
    assert result == pytest.approx(values * 65535, abs=1)


def test_inks_in_floating_point_look_like_ink(tmp_path: Path) -> None:
    inks = np.zeros((4, 4, 4), "f4")
    inks[:2, :, 3] = 1  # black
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, inks, photometric="separated")
    picture = picture_files.read(path)
    assert isinstance(picture, Picture)
    assert picture.rgb[0].max() < 0.25
    assert picture.rgb[3].min() > 0.95


def test_a_damaged_directory_does_not_pass_for_a_picture(tmp_path: Path) -> None:
    path = save(tmp_path / "x.tif", ramp(3, "f8"))
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, struct.unpack_from("<I", data, 4)[0], 60000)
    path.write_bytes(data)
    with pytest.raises(NstError, match=r"x\.tif"):
        picture_files.read(path)
