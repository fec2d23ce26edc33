"""Pictures small enough for a window."""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, GLib

from nst_contract.protocol.requests import CHANNELS
from nst_gimp.engine.small_picture import SmallPicture
from nst_gimp.image import layer_effects, pixels
from nst_gimp.image.pixels import Area

# Width and height of the largest preview, in pixels.
ROOM = (520, 400)
# Long side, in pixels, of the photograph: a window may be made larger.
_MOST = 1024


def shown(picture: SmallPicture) -> Any:
    """Returns a picture of the engine's as one that GTK can show."""
    return of_samples(picture.samples, picture.width, picture.height)


def of_samples(samples: bytes, width: int, height: int, stride: int | None = None) -> Any:
    """Returns samples of R'G'B'A in 8 bits as a picture that GTK can show.

    Args:
        samples: rows from the top.
        width, height: in pixels.
        stride: bytes from one row to the next; None: they lie close together.
    """
    data, rgb = GLib.Bytes.new(samples), GdkPixbuf.Colorspace.RGB
    return GdkPixbuf.Pixbuf.new_from_bytes(
        data, rgb, True, 8, width, height, stride or CHANNELS * width
    )


def of(drawable: Any, area: Area) -> Any:
    """Returns an area of a drawable as it is, small enough for a window."""
    with layer_effects.applied(drawable) as seen:
        (width, height), samples = pixels.small(seen, area, _MOST, pixels.EIGHT_BITS)
    return of_samples(samples, width, height)
