"""Small pictures of layers, as they look, for windows."""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, Gimp

from nst_gimp.image import layer_effects, pixels

# Red, green and blue (0 to 255) of a picture made very small and square, in rows.
Samples = list[list[tuple[int, ...]]]

# Width and height of a small picture, in pixels of the best of screens: twice those of the layout.
SMALL = (208, 156)
_VERY_SMALL = 16
_CHECKS = Gimp.PixbufTransparency.SMALL_CHECKS


def of(drawable: Any, room: tuple[int, int]) -> Any:
    """Returns a small picture (a GdkPixbuf) of a drawable, its effects included.

    Args:
        drawable: of any image.
        room: width and height of the largest picture, in pixels; it is never larger than the
            drawable itself.
    """
    # Of anything but 8 bits in sRGB the pictures of GIMP 3.0 are in the wrong colours, full of
    # noise, or none at all.
    if pixels.sample_type(drawable.get_image()) == "u8":
        picture = drawable.get_thumbnail(*room, _CHECKS)
    else:
        with layer_effects.alone_in_eight_bits(drawable) as copy:
            picture = copy.get_thumbnail(*room, _CHECKS)
    # The drawable may be gone by now: a window must not fail for want of a picture.
    return picture if picture is not None else _nothing(room)


def samples(picture: Any) -> Samples:
    """Returns the samples of a picture made very small."""
    small = picture.scale_simple(_VERY_SMALL, _VERY_SMALL, GdkPixbuf.InterpType.BILINEAR)
    data, row, channels = small.get_pixels(), small.get_rowstride(), small.get_n_channels()
    return [
        [tuple(data[y * row + x * channels :][:3]) for x in range(_VERY_SMALL)]
        for y in range(_VERY_SMALL)
    ]


def difference(one: Samples, other: Samples) -> float:
    """Returns how much samples differ on average, 0 to 255."""
    pairs = [
        abs(a - b)
        for rows in zip(one, other, strict=True)
        for pixel_pair in zip(*rows, strict=True)
        for a, b in zip(*pixel_pair, strict=True)
    ]
    return sum(pairs) / len(pairs)


def _nothing(room: tuple[int, int]) -> Any:
    picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, *room)
    picture.fill(0)
    return picture
