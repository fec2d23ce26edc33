"""Pictures small enough for a window."""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, GLib

from nst_contract.protocol.requests import CHANNELS
from nst_gimp.engine.run import EngineRun
from nst_gimp.image import thumbnails

# Width and height of the largest preview, in pixels.
ROOM = (520, 400)
# The same where a picture grows with its window; GIMP makes no larger ones.
MOST = (1024, 1024)


def take(run: EngineRun) -> Any:
    """Returns a run's preview, and removes its file."""
    path, (width, height) = run.preview, run.preview_size
    assert path is not None  # noqa: S101 (the caller has looked)
    samples = GLib.Bytes.new(path.read_bytes())
    path.unlink()
    run.preview = None
    rgb, bits = GdkPixbuf.Colorspace.RGB, 8
    stride = CHANNELS * width
    return GdkPixbuf.Pixbuf.new_from_bytes(samples, rgb, True, bits, width, height, stride)


def of(drawable: Any) -> Any:
    """Returns a drawable as it is, fitted to the window."""
    return fitting(large(drawable))


def large(drawable: Any) -> Any:
    """Returns a drawable as it is, in as many pixels as a window has room for."""
    return thumbnails.of(drawable, MOST)


def fitting(picture: Any) -> Any:
    """Returns a picture in the size of the preview."""
    scale = min(room / side for room, side in zip(ROOM, _sides(picture), strict=True))
    width, height = (max(1, round(side * scale)) for side in _sides(picture))
    return picture.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def _sides(picture: Any) -> tuple[int, int]:
    return picture.get_width(), picture.get_height()
