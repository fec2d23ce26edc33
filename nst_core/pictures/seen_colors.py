"""From the samples of a file to colours as people see them, in sRGB.

libvips and Little CMS convert whole numbers of 8 bits, inks, and profiles with tables. What they
would get wrong or coarse is computed here: floating point, Lab, and profiles of curves and a matrix
where samples are finer than 8 bits or grey.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
import pyvips

from nst_contract.protocol.events import Caution
from nst_core.pictures import profiles
from nst_core.pictures.code_points import (
    AS_SRGB,
    HLG,
    PQ,
    Conversion,
    StatedColors,
    colors_of,
)  # fmt: skip
from nst_core.pictures.picture import Array
from nst_core.pictures.picture_sources import Opened
from nst_core.pictures.tiff_pages import CIE_LAB

# How far beyond 0 and 1 nobody sees a difference: one step of 8 bits.
_UNSEEN = 1 / 255


@dataclass(frozen=True)
class Samples:
    """The samples of a picture in sRGB.

    Attributes:
        values: (height, width, channels), float32, 0..1: red, green and blue, and alpha if there
            is a fourth.
        bits: of a sample in the file, 8 or 16; more counts as 16.
        cautions: what the user should know about them.
    """

    values: Array
    bits: int
    cautions: tuple[Caution, ...] = ()

    @property
    def has_alpha(self) -> bool:
        return bool(self.values.shape[2] > 3)


def seen(opened: Opened, name: str) -> Samples:
    """Computes the colours of a picture file, upright.

    Args:
        opened: the file.
        name: what messages call it.

    Raises:
        pyvips.Error: if it cannot be decoded.
    """
    image = upright(opened.pixels())
    if opened.tiff and opened.tiff.lab is not None:
        return _by_littlecms(_lab(image, opened.tiff.lab), 8 if image.format == "uchar" else 16)
    if opened.tiff and opened.tiff.doubles:
        return _floating(opened, _joined(image.numpy(), opened.tiff.doubles), name)
    if image.format in ("float", "double"):
        return _floating(opened, image.numpy(), name)
    cautions: tuple[Caution, ...] = ()
    if opened.tiff and not opened.tiff.has_alpha and image.hasalpha():
        colors = {"cmyk": 4, "b-w": 1, "grey16": 1}.get(image.interpretation, 3)
        image = image.extract_band(0, n=colors)
        cautions = (_left_out(name),)
    bits = 8 if image.format == "uchar" else 16
    stated = _stated(opened, image)
    profile = stated.conversion or _exact_profile(image)
    if profile is None:
        return _by_littlecms(image, bits, (*cautions, *stated.cautions(name)))
    if image.format not in ("uchar", "ushort", "uint"):
        image = image.cast("ushort")
    top = {"uchar": 2**8 - 1, "ushort": 2**16 - 1, "uint": 2**32 - 1}[image.format]
    values = _three_dimensional(image.numpy()).astype(np.float32)
    values /= top
    return Samples(_with_profile(values, profile), bits, (*cautions, *stated.cautions(name)))


def _stated(opened: Opened, image: pyvips.Image) -> StatedColors:
    """Returns what the file says of its colours; an ICC profile counts only where it says HDR."""
    if not image.get_typeof("icc-profile-data"):
        return opened.colors or AS_SRGB
    found = profiles.code_points_in(bytes(image.get("icc-profile-data")))
    if found is None or found[1] not in (PQ, HLG):
        return AS_SRGB
    return colors_of(*found, is_grey=image.bands < 3)


def _left_out(name: str) -> Caution:
    return Caution(
        f"{name} has a channel besides its colours that it does not call opacity; it is left out.",
        "If it is opacity, save it as such.",
    )


def upright(image: pyvips.Image) -> pyvips.Image:
    """Returns a picture as it is looked at, whose rows can be read once, from top to bottom."""
    # Rows are decoded in their order; another one needs all of them.
    return image.copy_memory().autorot() if is_turned(image) else image


def is_turned(image: pyvips.Image) -> bool:
    """Tells whether a picture is to be turned or mirrored."""
    return bool(image.get_typeof("orientation")) and image.get("orientation") not in (0, 1)


def _exact_profile(image: pyvips.Image) -> profiles.Profile | None:
    """Returns the embedded profile if it is one that Little CMS would compute coarsely."""
    colors = image.bands - image.hasalpha()
    if not image.get_typeof("icc-profile-data") or (image.format == "uchar" and colors == 3):
        return None
    profile = profiles.from_icc(bytes(image.get("icc-profile-data")))
    fits = profile is not None and colors == (1 if profile.is_grey else 3)
    return profile if fits else None


def _three_dimensional(samples: Array) -> Array:
    return samples if samples.ndim == 3 else samples[..., None]


def _with_profile(values: Array, profile: Conversion) -> Array:
    """Converts values (height, width, 1 to 4) in place, and returns them with three colours."""
    colors = 1 if values.shape[2] < 3 else 3
    profile.to_srgb(values[..., :colors])
    return _colored(values)


def _colored(values: Array) -> Array:
    if values.shape[2] > 2:
        return values
    return np.concatenate([values[..., :1]] * 3 + [values[..., 1:2]], axis=2)


def _joined(words: Array, order: str) -> Array:
    """Returns samples of 64 bits from pairs of 32 bits (height, width, 2 * channels)."""
    pairs = words.astype(np.uint64).reshape(*words.shape[:2], -1, 2)
    low, high = (pairs[..., 1], pairs[..., 0]) if order == ">" else (pairs[..., 0], pairs[..., 1])
    joined: Array = (low | high << np.uint64(32)).view(np.float64)
    return joined


def _floating(opened: Opened, samples: Array, name: str) -> Samples:
    """Reads samples in floating point: 0 is black and 1 white, encoded as the profile says."""
    image, tiff = opened.image, opened.tiff
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite there
        values = _three_dimensional(samples).astype(np.float32)
    cautions = list(_beyond_what_can_be_shown(values, name))
    values = np.nan_to_num(values, copy=False, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
    if tiff and tiff.inks:
        return _by_littlecms(_in_sixteen_bits(values, image, "cmyk"), 16)
    channels = values.shape[2]
    if channels in (2, 4) and tiff and not tiff.has_alpha:
        values = values[..., :-1]
        cautions.append(_left_out(name))
    elif channels > 4:
        values = values[..., :4]
    colors = 1 if values.shape[2] < 3 else 3
    if tiff and tiff.inverted:
        values[..., :colors] = 1 - values[..., :colors]
    if tiff and tiff.doubles and tiff.premultiplied and values.shape[2] > colors:
        # libvips has divided the others already.
        alpha = values[..., colors:]
        values[..., :colors] /= np.where(alpha > 0, alpha, 1)
    stated = _stated(opened, image)
    cautions += stated.cautions(name)
    profile = stated.conversion or _profile_of_floats(image, colors)
    if not isinstance(profile, bool):
        return Samples(_with_profile(values, profile), 16, tuple(cautions))
    if profile:
        space = "grey16" if colors == 1 else "rgb16"
        converted = _by_littlecms(_in_sixteen_bits(values, image, space), 16)
        return Samples(converted.values, 16, tuple(cautions))
    cautions.append(
        Caution(
            f"{name} has samples in floating point and no colour profile: 0 is taken as black, 1 "
            "as white, and what lies between as in sRGB.",
            "If it looks too dark or too light, save it with its profile.",
        )
    )
    return Samples(_colored(values), 16, tuple(cautions))


def _profile_of_floats(image: pyvips.Image, colors: int) -> Conversion | bool:
    """Returns the embedded profile; whether there is one that Little CMS has to compute."""
    if not image.get_typeof("icc-profile-data"):
        return False
    data = bytes(image.get("icc-profile-data"))
    profile = profiles.from_icc(data)
    if profile is None:
        return profiles.space_of(data) == ("GRAY" if colors == 1 else "RGB")
    return profile if profile.is_grey == (colors == 1) else False


def _beyond_what_can_be_shown(values: Array, name: str) -> list[Caution]:
    finite = np.isfinite(values)
    cautions = []
    if not finite.all():
        cautions.append(
            Caution(f"{name} has samples that are not numbers; they count as black or white.")
        )
    low, high = (
        float(reduce(values, where=finite, initial=start))
        for reduce, start in ((np.min, 0.0), (np.max, 1.0))
    )
    if low < -_UNSEEN or high > 1 + _UNSEEN:
        cautions.append(
            Caution(
                f"{name} has samples from {low:g} to {high:g}: what is below 0 becomes black, and "
                "what is above 1 white.",
                "If that is not what it shows, save it with samples from 0 to 1.",
            )
        )
    return cautions


def _in_sixteen_bits(values: Array, image: pyvips.Image, space: str) -> pyvips.Image:
    samples = np.rint(values * 65535).astype(np.uint16)
    whole = pyvips.Image.new_from_array(samples, interpretation=space).copy()
    if image.get_typeof("icc-profile-data"):
        whole.set_type(
            pyvips.GValue.blob_type, "icc-profile-data", bytes(image.get("icc-profile-data"))
        )
    return whole


def _lab(image: pyvips.Image, encoding: int) -> pyvips.Image:
    """Returns CIELAB, white D50, from samples as TIFF 6.0 or ICC profiles encode it."""
    wide = image.format != "uchar"
    step = 256 if wide else 1
    lightness, a, b = (image[i] for i in range(3))
    if encoding == CIE_LAB:
        lightness = lightness * (100 / (65535 if wide else 255))
        a, b = (_signed(band, wide) / step for band in (a, b))
    else:
        lightness = lightness * (100 / (65280 if wide else 255))
        a, b = a / step - 128, b / step - 128
    return lightness.bandjoin([a, b]).cast("float").copy(interpretation="lab")


def _signed(band: pyvips.Image, wide: bool) -> pyvips.Image:
    """Returns unsigned samples as the signed ones that they are (two's complement)."""
    half = 2**15 if wide else 2**7
    return (band >= half).ifthenelse(band - 2 * half, band)


def _by_littlecms(image: pyvips.Image, bits: int, cautions: tuple[Caution, ...] = ()) -> Samples:
    space, sample = ("rgb16", "ushort") if bits == 16 else ("srgb", "uchar")
    if image.interpretation == "lab":
        image = image.icc_export(
            output_profile="srgb", depth=bits, intent="relative", black_point_compensation=True
        )
    elif image.get_typeof("icc-profile-data"):
        with contextlib.suppress(pyvips.Error):  # a broken profile is as good as none
            image = image.icc_transform(
                "srgb", embedded=True, depth=bits, intent="relative", black_point_compensation=True
            )
    samples = _three_dimensional(image.colourspace(space).cast(sample).numpy())
    values = samples.astype(np.float32)
    values /= 2**bits - 1
    return Samples(values, bits, cautions)
