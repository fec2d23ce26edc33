"""What scripts find inside GIMP: its modules, and helpers for images, pixels and procedures.

Only GIMP's own Python can import it. See headless.py for how a script gets there.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402
    Gegl,
    Gimp,
    Gio,
)

__all__ = ["Gegl", "Gimp", "Gio", "call", "canvas", "execute", "get", "new_image", "put"]

# GObject only warns about a value out of range, and keeps the default instead.
warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning)

Layers = Sequence[tuple[str, tuple[int, int, int, int]]]


def new_image(
    width: int,
    height: int,
    layers: Layers = (("bg", (255, 255, 255, 255)),),
    precision: Any = Gimp.Precision.U8_NON_LINEAR,
) -> Any:
    """Return a new RGB image with a uniform RGBA layer per (name, colour), bottom first."""
    image = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, precision)
    for name, colour in layers:
        kind = Gimp.ImageType.RGBA_IMAGE
        layer = Gimp.Layer.new(image, name, width, height, kind, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        put(layer, bytes(colour) * (width * height))
    return image


def get(drawable: Any, pixel_format: str = "R'G'B'A u8") -> bytes:
    """Return all pixels of DRAWABLE."""
    whole = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    pixels: bytes = drawable.get_buffer().get(whole, 1.0, pixel_format, Gegl.AbyssPolicy.NONE)
    return pixels


def put(drawable: Any, pixels: bytes, pixel_format: str = "R'G'B'A u8") -> None:
    """Set all pixels of DRAWABLE."""
    width, height = drawable.get_width(), drawable.get_height()
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), pixel_format, pixels)
    buffer.flush()
    drawable.update(0, 0, width, height)


def canvas(image: Any, pixel_format: str = "R'G'B'A u8") -> bytes:
    """Return what is seen of IMAGE, all layers together."""
    copy = image.duplicate()
    pixels = get(copy.flatten(), pixel_format)
    copy.delete()
    return pixels


def call(
    name: str,
    image: Any,
    drawables: Iterable[Any],
    run_mode: Any = Gimp.RunMode.NONINTERACTIVE,
    **arguments: Any,
) -> tuple[str, str | None, list[Any]]:
    """Call an image procedure; return (name of the status, error text, returned values)."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    if procedure is None:
        raise RuntimeError(f"no procedure {name}: executable? folder named like the file?")
    config = procedure.create_config()
    config.set_property("run-mode", run_mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", list(drawables))
    for key, value in arguments.items():
        config.set_property(key.replace("_", "-"), value)
    answer = procedure.run(config)
    status = Gimp.PDBStatusType(answer.index(0)).value_nick.replace("-", "_").upper()
    values = [answer.index(i) for i in range(1, answer.length())]
    if status == "SUCCESS":
        return status, None, values
    # not Gimp.get_pdb().get_last_error(): it is stale after a refused argument
    return status, (values[0] if values else None), []


def execute(code: str) -> None:
    """Run CODE, indented or not, with all that is in this module."""
    exec(textwrap.dedent(code), dict(globals()))  # noqa: S102 (the test's own code)


def clear() -> None:
    """Make GIMP what it is after its start: no images, no remembered values, the usual colours."""
    for image in Gimp.get_images():
        image.delete()
    for name in Gimp.get_parasite_list():
        Gimp.detach_parasite(name)
    Gimp.context_set_defaults()
