"""Pixels on their way between GIMP's buffers and files of raw samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gi.repository import Gegl, Gimp

from nst_core.protocol import CHANNELS, MASK_CHANNELS, SAMPLE_BYTES, Raster

# GEGL converts from and to the layer's own space: named formats mean sRGB, primes perceptual.
_FORMATS = {"u8": "R'G'B'A u8", "u16": "R'G'B'A u16", "f32": "R'G'B'A float"}
# Pixels cross in strips of whole rows, so that a large layer needs no second copy in memory.
_STRIP_BYTES = 64 * 2**20


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
        left, top = max(within.x, self.x - margin), max(within.y, self.y - margin)
        right = min(within.x + within.width, self.x + self.width + margin)
        bottom = min(within.y + within.height, self.y + self.height + margin)
        return Area(left, top, right - left, bottom - top)


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
    sample = sample_type(drawable.get_image())
    raster = Raster(file, area.width, area.height, sample, name=name)
    buffer = drawable.get_buffer()
    with (folder / file).open("wb") as out:
        for strip in _strips(raster, area.x, area.y):
            out.write(buffer.get(strip, 1.0, _FORMATS[sample], Gegl.AbyssPolicy.NONE))
    return raster


def read_mask(mask: Any, area: Area, folder: Path, file: str) -> Raster:
    """Writes an area of a mask or selection into a file; what lies outside of it is black.

    Raises:
        OSError: if the disk is full.
    """
    raster = Raster(file, area.width, area.height, "f32", MASK_CHANNELS)
    samples = mask.get_buffer().get(_rectangle(area), 1.0, "Y float", Gegl.AbyssPolicy.NONE)
    (folder / file).write_bytes(samples)
    return raster


def write_mask(mask: Any, folder: Path, raster: Raster) -> None:
    """Fills a layer mask of the raster's size with its samples."""
    buffer = mask.get_buffer()
    samples = (folder / raster.file).read_bytes()
    buffer.set(_rectangle(Area.whole(mask)), "Y float", samples)
    buffer.flush()
    mask.update(0, 0, raster.width, raster.height)


def write(layer: Any, folder: Path, raster: Raster) -> None:
    """Fills a layer of the raster's size with its pixels.

    Raises:
        OSError: if the file is too short.
    """
    buffer = layer.get_buffer()
    with (folder / raster.file).open("rb") as pixels:
        for strip in _strips(raster):
            length = strip.width * strip.height * CHANNELS * SAMPLE_BYTES[raster.sample]
            data = pixels.read(length)
            # GEGL would only log a wrong length, and leave the layer empty.
            if len(data) != length:
                raise OSError(f"{raster.file} ends too early")
            buffer.set(strip, _FORMATS[raster.sample], data)
    buffer.flush()
    layer.update(0, 0, raster.width, raster.height)


def _rectangle(area: Area) -> Any:
    return Gegl.Rectangle.new(area.x, area.y, area.width, area.height)


def _strips(raster: Raster, left: int = 0, top: int = 0) -> list[Any]:
    row = raster.width * CHANNELS * SAMPLE_BYTES[raster.sample]
    rows = max(1, _STRIP_BYTES // row)
    return [
        Gegl.Rectangle.new(left, top + y, raster.width, min(rows, raster.height - y))
        for y in range(0, raster.height, rows)
    ]
