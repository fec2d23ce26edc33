"""nst_core.pictures.picture_files.read: files are read as people see them, upright and in sRGB.

The inputs are written by Pillow, by tifffile or by hand, never by libvips, which reads them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.pictures import picture_files
from nst_core.pictures.picture import Picture
from tests.helpers.png import write_png

Samples = NDArray[np.uint8] | NDArray[np.uint16]


def ramp(height: int = 6, width: int = 9, channels: int = 3, dtype: type = np.uint8) -> Samples:
    """Samples that differ everywhere and reach both ends of the range."""
    count = height * width * channels
    values = np.linspace(0, np.iinfo(dtype).max, count).round().astype(dtype)
    shuffled: Samples = np.random.default_rng(3).permutation(values)
    return shuffled.reshape(height, width, channels)


def smooth(height: int = 32, width: int = 48) -> NDArray[np.uint8]:
    """Soft colours that lossy formats preserve."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [40 + 4 * x, 50 + 5 * y, 200 - 2 * x - 2 * y]
    return np.stack(planes, axis=2).astype(np.uint8)


def steps(picture: Picture) -> NDArray[np.float64]:
    """The colours as integers, in the range of the file's samples."""
    colors: NDArray[np.float64] = picture.rgb.astype(np.float64) * (2**picture.bits - 1)
    return colors


def refusal(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        picture_files.read(path)
    assert caught.value.code == BAD_INPUT
    assert str(path) in caught.value.message
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}], ids=["plain", "lzw"])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_lossless_formats_are_read_exactly(
    suffix: str, options: dict[str, str], tmp_path: Path
) -> None:
    samples = ramp()
    path = tmp_path / f"picture{suffix}"
    if options and suffix != ".tif":
        options = {}
    Image.fromarray(samples).save(path, **({"lossless": True} if suffix == ".webp" else options))
    picture = picture_files.read(path)
    assert np.array_equal(steps(picture).round(), samples)
    assert picture.alpha is None
    assert (picture.bits, picture.name) == (8, path.name)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_are_read_as_pillow_reads_them(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(smooth()).save(path, quality=95)
    with Image.open(path) as truth:
        assert steps(picture_files.read(path)) == pytest.approx(np.asarray(truth, float), abs=3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_of_every_kind_is_read_exactly(channels: int, dtype: type, tmp_path: Path) -> None:
    samples = ramp(channels=channels, dtype=dtype)
    picture = picture_files.read(write_png(tmp_path / "picture.png", samples))
    top = np.iinfo(dtype).max
    colors = samples[..., : 1 if channels < 3 else 3]
    assert np.array_equal(steps(picture).round(), np.broadcast_to(colors, (6, 9, 3)))
    assert picture.bits == 8 * samples.dtype.itemsize
    if channels % 2:
        assert picture.alpha is None
    else:
        assert picture.alpha is not None
        assert np.array_equal((picture.alpha.astype(float) * top).round(), samples[..., -1])


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bit_tiff_is_read_exactly(channels: int, tmp_path: Path) -> None:
    samples = ramp(channels=channels, dtype=np.uint16)
    path = tmp_path / "picture.tif"
    if channels == 1:
        tifffile.imwrite(path, samples[..., 0], photometric="minisblack")
    else:
        tifffile.imwrite(path, samples, photometric="rgb")
    picture = picture_files.read(path)
    assert picture.bits == 16
    assert np.array_equal(steps(picture).round(), np.broadcast_to(samples, (6, 9, 3)))


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    palette = [(255, 0, 0), (0, 128, 255), (10, 20, 30)]
    samples = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)[..., None]
    picture = picture_files.read(write_png(tmp_path / "picture.png", samples, palette=palette))
    assert np.array_equal(steps(picture).round(), np.array(palette)[samples[..., 0]])
    assert picture.alpha is None


def test_a_palette_can_be_transparent(tmp_path: Path) -> None:
    palette = [(255, 0, 0), (0, 128, 255), (10, 20, 30)]
    samples = np.array([[0, 1, 2]], np.uint8)[..., None]
    path = write_png(tmp_path / "p.png", samples, palette=palette, palette_alpha=[255, 51, 0])
    picture = picture_files.read(path)
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[1, pytest.approx(0.2), 0]]
    assert np.array_equal(steps(picture).round()[0], palette)


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    samples = np.array([[0, 1, 1, 0, 1, 0, 0, 1, 1, 0]], np.uint8)[..., None]
    picture = picture_files.read(write_png(tmp_path / "picture.png", samples, one_bit=True))
    assert np.array_equal(picture.rgb, np.broadcast_to(samples, (1, 10, 3)))


# How each orientation's stored rows and columns become the upright picture (EXIF 2.3, 4.6.4).
UPRIGHT: dict[int, Callable[[Samples], Samples]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),
}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_applied(orientation: int, suffix: str, tmp_path: Path) -> None:
    stored = smooth()
    path = tmp_path / f"picture{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(path, exif=exif, quality=95)
    assert steps(picture_files.read(path)) == pytest.approx(
        UPRIGHT[orientation](stored).astype(float), abs=8
    )


@pytest.mark.parametrize(
    ("ink", "looks"),
    [
        ((0, 0, 0, 0), lambda r, g, b: min(r, g, b) > 0.95),
        ((0, 0, 0, 255), lambda r, g, b: max(r, g, b) < 0.25),
        ((255, 0, 0, 0), lambda r, g, b: r < g < b and r < 0.2),
        ((0, 255, 0, 0), lambda r, g, b: g < b < r and r > 0.7),
        ((0, 0, 255, 0), lambda r, g, b: b < g < r and g > 0.8),
    ],
    ids=["paper", "black", "cyan", "magenta", "yellow"],
)
def test_cmyk_without_a_profile_looks_like_ink_on_paper(
    ink: tuple[int, ...], looks: Callable[..., bool], tmp_path: Path
) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("CMYK", (16, 16), ink).save(path, quality=100)
    picture = picture_files.read(path)
    assert picture.rgb.shape == (16, 16, 3)
    assert looks(*picture.rgb[8, 8])


def builtin_profile(name: str) -> bytes:
    """An ICC profile that comes with libvips, to be interpreted by Little CMS."""
    return bytes(pyvips.Image.profile_load(name))


def to_srgb_by_littlecms(image: Image.Image, profile: bytes) -> NDArray[np.float64]:
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None
    return np.asarray(converted, np.float64)


def test_an_embedded_profile_is_converted_to_srgb_as_by_littlecms(tmp_path: Path) -> None:
    profile, samples = builtin_profile("p3"), smooth()
    picture = picture_files.read(write_png(tmp_path / "picture.png", samples, profile=profile))
    truth = to_srgb_by_littlecms(Image.fromarray(samples), profile)
    assert steps(picture) == pytest.approx(truth, abs=1.5)
    assert np.abs(steps(picture) - samples).max() > 10  # so the profile does make a difference


def test_sixteen_bits_keep_their_steps_through_a_profile(tmp_path: Path) -> None:
    # Greys are the same in P3 and sRGB, which share their curve and white point.
    grey = np.arange(30000, 30064, dtype=np.uint16).reshape(8, 8, 1).repeat(3, axis=2)
    path = write_png(tmp_path / "picture.png", grey, profile=builtin_profile("p3"))
    picture = picture_files.read(path)
    assert picture.bits == 16
    assert len(np.unique(picture.rgb[..., 1])) > 48
    assert steps(picture) == pytest.approx(grey.astype(float), abs=65535 / 255 / 4)


def test_sixteen_bit_display_p3_is_converted_by_its_primaries(tmp_path: Path) -> None:
    # Pale colours, because the transform is coarse for saturated ones, which leave sRGB.
    samples = ((smooth() * 0.4 + 80) * 257).astype(np.uint16)
    path = write_png(tmp_path / "picture.png", samples, profile=builtin_profile("p3"))
    value = samples / 65535
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    # Linear Display P3 to linear sRGB, both D65 (CSS Color 4, section 18)
    matrix = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0196, -0.0786, 1.0979]])
    linear = (linear @ matrix.T).clip(0, 1)
    truth = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert picture_files.read(path).rgb == pytest.approx(truth, abs=0.01)


def test_a_cmyk_profile_is_converted_as_by_littlecms(tmp_path: Path) -> None:
    profile, path = builtin_profile("cmyk"), tmp_path / "picture.tif"
    inks = np.concatenate([smooth(), np.full((32, 48, 1), 20, np.uint8)], axis=2)
    image = Image.frombytes("CMYK", (48, 32), inks.tobytes())
    image.save(path, icc_profile=profile)
    truth = to_srgb_by_littlecms(image, profile)
    assert steps(picture_files.read(path)) == pytest.approx(truth, abs=3)


def test_the_profile_does_not_affect_alpha(tmp_path: Path) -> None:
    samples = ramp(channels=4)
    path = write_png(tmp_path / "picture.png", samples, profile=builtin_profile("p3"))
    alpha = picture_files.read(path).alpha
    assert alpha is not None
    assert np.array_equal((alpha * 255).round(), samples[..., 3])


@pytest.mark.parametrize("profile", [b"no profile at all", b""], ids=["garbage", "empty"])
def test_a_broken_profile_counts_as_none(profile: bytes, tmp_path: Path) -> None:
    samples = ramp()
    picture = picture_files.read(write_png(tmp_path / "picture.png", samples, profile=profile))
    assert np.array_equal(steps(picture).round(), samples)


def test_a_profile_for_other_channels_counts_as_none(tmp_path: Path) -> None:
    samples = ramp()
    path = write_png(tmp_path / "picture.png", samples, profile=builtin_profile("cmyk"))
    assert np.array_equal(steps(picture_files.read(path)).round(), samples)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_the_resolution_for_printing_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(smooth()).save(path, dpi=(300, 150))
    assert picture_files.read(path).pixels_per_mm == pytest.approx(
        (300 / 25.4, 150 / 25.4), rel=1e-2
    )


@pytest.mark.parametrize(("orientation", "dpi"), [(3, (300, 150)), (6, (150, 300))])
def test_the_resolution_is_turned_with_the_picture(
    orientation: int, dpi: tuple[int, int], tmp_path: Path
) -> None:
    path, exif = tmp_path / "picture.jpg", Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(smooth()).save(path, dpi=(300, 150), exif=exif)
    across, down = dpi
    found = picture_files.read(path).pixels_per_mm
    assert found == pytest.approx((across / 25.4, down / 25.4), rel=1e-2)


@pytest.mark.parametrize("suffix", [".tif", ".webp"])
def test_a_file_that_states_no_resolution_has_none(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(smooth()).save(path)
    assert picture_files.read(path).pixels_per_mm is None


def test_an_absurd_resolution_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, smooth(), resolution=(5e7, 5e7), resolutionunit=3)
    assert picture_files.read(path).pixels_per_mm is None


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    for samples in (ramp(), ramp()[::-1]):
        write_png(path, samples)
        assert np.array_equal(steps(picture_files.read(path)).round(), samples)


def test_unknown_tags_are_ignored(tmp_path: Path) -> None:
    samples, path = ramp(), tmp_path / "picture.tif"
    Image.fromarray(samples).save(path, tiffinfo={65000: "a maker's own"})
    assert np.array_equal(steps(picture_files.read(path)).round(), samples)


def test_the_first_page_is_read(tmp_path: Path) -> None:
    first, second = ramp(), 255 - ramp()
    path = tmp_path / "pages.tif"
    Image.fromarray(first).save(
        path, save_all=True, append_images=[Image.fromarray(second.astype(np.uint8))]
    )
    assert np.array_equal(steps(picture_files.read(path)).round(), first)


@pytest.mark.parametrize(
    "name", ["with space.png", "Zoë 画像.png", "photo[1].png", "a,b [n=2].png", "%d.png"]
)
def test_any_name_will_do(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "fôlder [2]"
    folder.mkdir()
    samples = ramp()
    assert np.array_equal(
        steps(picture_files.read(write_png(folder / name, samples))).round(), samples
    )


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize("part", [0.7, 0.2])
@pytest.mark.parametrize(
    ("suffix", "save"),
    [
        *((suffix, Image.fromarray(NOISE).save) for suffix in (".png", ".jpg", ".tif", ".webp")),
        (".tif", lambda path: tifffile.imwrite(path, NOISE, compression="zlib")),
    ],
    ids=["png", "jpg", "tif", "webp", "tif, compressed"],
)
def test_a_truncated_file_is_refused(
    suffix: str, save: Callable[[Path], None], part: float, tmp_path: Path
) -> None:
    path = tmp_path / f"picture{suffix}"
    save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    refusal(path)


def test_anything_but_a_picture_is_refused_with_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"This is no picture.\n")
    assert "png, jpg" in refusal(path).advice


@pytest.mark.parametrize("name", ["no-such-file.png", "x" * 300 + ".png", "folder"])
def test_a_missing_file_is_refused_naming_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "no picture file" in refusal(tmp_path / name).message
