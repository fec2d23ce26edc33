"""Pixels on their way between GIMP's buffers and files of raw samples."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gi.repository import Gegl, Gimp

from nst_contract.protocol.limits import shortened
from nst_contract.protocol.requests import MASK_CHANNELS, Raster
from nst_contract.settings import MIN_SIDE

# Pixels cross in strips of whole rows, so that a large layer needs no second copy in memory.
_STRIP_BYTES = 8 * 2**20


@dataclass(frozen=True)
class PixelFormat:
    """What pixels look like on their way: GEGL's name for it, and the bytes of one pixel."""

    name: str
    pixel_bytes: int


# GEGL converts from and to the layer's own space: named formats mean sRGB, primes perceptual.
EIGHT_BITS = PixelFormat("R'G'B'A u8", 4)
_FORMS = {
    "u8": EIGHT_BITS,
    "u16": PixelFormat("R'G'B'A u16", 8),
    "f32": PixelFormat("R'G'B'A float", 16),
}
_MASK_FORM = PixelFormat("Y float", 4)
# Images of 8 bits per channel keep their channels perceptual, but mean them as they are: a half
# is half selected.
_PERCEPTUAL_MASK_FORM = PixelFormat("Y' float", 4)


# Long side, in pixels, beyond which pictures are read smaller; None: as they are.
_LONGEST: ContextVar[int | None] = ContextVar("longest", default=None)


@contextlib.contextmanager
def at_most(side: int) -> Iterator[None]:
    """Has all pictures and masks read so small that they fit, in 8 bits, for a sketch of them."""
    token = _LONGEST.set(side)
    try:
        yield
    finally:
        _LONGEST.reset(token)


@dataclass(frozen=True)
class Area:
    """A part of a drawable, in its own coordinates, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def whole(cls, drawable: Any) -> Area:
        """Returns all of a drawable."""
        return cls(0, 0, drawable.get_width(), drawable.get_height())

    def widened(self, margin: int, within: Area) -> Area:
        """Returns this area with so many pixels more on each side, as far as there are any."""
        sides = self.width + 2 * margin, self.height + 2 * margin
        return Area(self.x - margin, self.y - margin, *sides).shared(within)

    def shared(self, other: Area) -> Area:
        """Returns what lies in both; without width or height if they lie apart."""
        left, top = max(other.x, self.x), max(other.y, self.y)
        right = min(other.x + other.width, self.x + self.width)
        bottom = min(other.y + other.height, self.y + self.height)
        return Area(left, top, max(0, right - left), max(0, bottom - top))


def sample_type(image: Any) -> str:
    """Returns the samples in which the image's pixels cross without loss."""
    # Integers in sRGB cannot hold the colours that a wider space has beyond it.
    if _is_srgb(image):
        precision = image.get_precision()
        if precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U8_PERCEPTUAL):
            return "u8"
        if precision in (Gimp.Precision.U16_NON_LINEAR, Gimp.Precision.U16_PERCEPTUAL):
            return "u16"
    return "f32"


def _is_srgb(image: Any) -> bool:
    profile = image.get_color_profile()
    if profile is None:
        return True
    known = (
        Gimp.ColorProfile.new_rgb_srgb(),
        Gimp.ColorProfile.new_d65_gray_srgb_trc(),
    )
    return any(profile.is_equal(srgb) for srgb in known)


def read(drawable: Any, area: Area, folder: Path, file: str, name: str) -> Raster:
    """Writes the pixels of an area into a file and returns its description.

    Args:
        drawable, area: what to read.
        folder, file: where to write it.
        name: what people call it.

    Raises:
        OSError: if the disk is full.
    """
    sample = sample_type(drawable.get_image()) if _LONGEST.get() is None else "u8"
    size, parts = _pixels(drawable, area, _FORMS[sample])
    with (folder / file).open("wb") as out:
        out.writelines(parts)
    return Raster(file, *size, sample, name=shortened(name))


def read_mask(mask: Any, area: Area, folder: Path, file: str) -> Raster:
    """Writes an area of a layer mask or of a channel into a file; what lies outside is black.

    Raises:
        OSError: if the disk is full.
    """
    size, parts = _pixels(mask, area, _mask_form(mask))
    with (folder / file).open("wb") as out:
        out.writelines(parts)
    return Raster(file, *size, "f32", MASK_CHANNELS)


def _pixels(
    drawable: Any, area: Area, form: PixelFormat
) -> tuple[tuple[int, int], Iterator[bytes]]:
    """Returns width and height of an area as it is to be read, and its pixels."""
    longest = _LONGEST.get()
    if longest is None:
        return (area.width, area.height), strips(drawable, area, form)
    (width, height), samples = small(drawable, area, longest, form)
    return (width, height), iter([samples])


def small(
    drawable: Any, area: Area, longest: int, form: PixelFormat
) -> tuple[tuple[int, int], bytes]:
    """Returns width, height and pixels of an area, made smaller if its long side is longer.

    No side is made shorter than 16 pixels, which the engine's network needs, unless it is already.
    """
    factor = min(1.0, max(longest / max(area.width, area.height), 0.0))
    least = min(MIN_SIDE, area.width, area.height)
    factor = max(factor, least / min(area.width, area.height))
    width, height = (max(1, round(side * factor)) for side in (area.width, area.height))
    place = Gegl.Rectangle.new(round(area.x * factor), round(area.y * factor), width, height)
    samples: bytes = drawable.get_buffer().get(place, factor, form.name, Gegl.AbyssPolicy.NONE)
    return (width, height), samples


def _mask_form(mask: Any) -> PixelFormat:
    is_perceptual = (
        not isinstance(mask, Gimp.LayerMask)
        and mask.get_image().get_precision() == Gimp.Precision.U8_NON_LINEAR
    )
    return _PERCEPTUAL_MASK_FORM if is_perceptual else _MASK_FORM


def write(layer: Any, folder: Path, raster: Raster) -> None:
    """Fills a layer of the raster's size with its pixels.

    Raises:
        OSError: if the file is too short.
    """
    fill(layer, folder / raster.file, _FORMS[raster.sample])


def strips(drawable: Any, area: Area, form: PixelFormat) -> Iterator[bytes]:
    """Yields the pixels of an area, some rows at a time; outside of the drawable they are 0."""
    buffer = drawable.get_buffer()
    for strip in _divided(area, form):
        yield buffer.get(_rectangle(strip), 1.0, form.name, Gegl.AbyssPolicy.NONE)


def fill(drawable: Any, path: Path, form: PixelFormat) -> None:
    """Fills a drawable with the pixels in a file.

    Raises:
        OSError: if the file is too short.
    """
    whole = Area.whole(drawable)
    buffer = drawable.get_buffer()
    with path.open("rb") as pixels:
        for strip in _divided(whole, form):
            length = strip.width * strip.height * form.pixel_bytes
            data = pixels.read(length)
            # GEGL would only log a wrong length, and leave the drawable empty.
            if len(data) != length:
                raise OSError(f"{path.name} ends too early")
            buffer.set(_rectangle(strip), form.name, data)
    buffer.flush()
    drawable.update(0, 0, whole.width, whole.height)


def _divided(area: Area, form: PixelFormat) -> Iterator[Area]:
    rows = max(1, _STRIP_BYTES // (area.width * form.pixel_bytes))
    for top in range(0, area.height, rows):
        yield replace(area, y=area.y + top, height=min(rows, area.height - top))


def _rectangle(area: Area) -> Any:
    return Gegl.Rectangle.new(area.x, area.y, area.width, area.height)
