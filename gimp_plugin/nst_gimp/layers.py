"""The only module that touches pixels, layers and selections of GIMP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gi.repository import Gegl, Gimp

from nst_core.errors import BAD_INPUT, Cancelled, NstError
from nst_core.protocol import CHANNELS, SAMPLE_BYTES, Raster

# GEGL converts from and to the layer's own space: named formats mean sRGB, primes perceptual.
_FORMATS = {"u8": "R'G'B'A u8", "u16": "R'G'B'A u16", "f32": "R'G'B'A float"}
# Pixels cross in strips of whole rows, so that a large layer needs no second copy in memory.
_STRIP_BYTES = 64 * 2**20
_PICTURE_SUFFIX = re.compile(r"\.(png|jpe?g|tiff?|webp|xcf|psd|bmp|gif|heic|avif|jxl)$", re.I)


def content_layer(image: Any, drawables: list[Any]) -> Any:
    """Returns the layer to be painted.

    Raises:
        NstError: (bad-input) if it is not clear which one that is, or it will not do.
    """
    if len(drawables) != 1:
        raise NstError(
            BAD_INPUT,
            f"{len(drawables)} layers are selected.",
            "Select exactly one layer, the photograph, and try again.",
        )
    layer = drawables[0]
    if isinstance(layer, Gimp.LayerMask):
        layer = Gimp.Layer.from_mask(layer)
    if not isinstance(layer, Gimp.Layer):
        raise NstError(
            BAD_INPUT, f'"{layer.get_name()}" is no layer.', "Select a layer and try again."
        )
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise NstError(
            BAD_INPUT,
            "The image is indexed: its few colours cannot show a painting.",
            "Choose Image > Mode > RGB and try again.",
        )
    if not Gimp.Selection.is_empty(image) and not layer.mask_intersect()[0]:
        raise NstError(
            BAD_INPUT,
            f'The selection does not touch the layer "{layer.get_name()}".',
            "Choose Select > None, or select a part of the layer.",
        )
    return layer


def check_there(image: Any, content: Any) -> None:
    """Makes sure that the layer being painted has not been taken away meanwhile.

    Raises:
        Cancelled: if the image was closed.
        NstError: (bad-input) if the layer was removed.
    """
    # Asking GIMP is also how a plug-in learns that GIMP itself is gone.
    if not image.is_valid():
        raise Cancelled
    if not content.is_valid():
        raise NstError(
            BAD_INPUT,
            "The layer was removed while it was being painted.",
            "Keep the layer until its painting is done.",
        )


def load_style(file: Any) -> Any:
    """Opens a picture file in GIMP and returns its visible layers merged into one.

    The caller deletes the layer's image when it has read it.

    Raises:
        NstError: (bad-input) if GIMP cannot open it.
    """
    path = file.get_path() or file.get_uri()
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    except Exception as error:  # GLib.Error, of as many kinds as there are file plug-ins
        raise _unreadable(path, str(error)) from error
    if image is None:
        raise _unreadable(path, "GIMP knows no way to open it")
    image.policy_rotate(False)
    layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    layer.set_name(Path(path).name)
    return layer


def sample_type(image: Any) -> str:
    """Returns the samples in which the image's pixels cross without loss."""
    precision = image.get_precision()
    if precision in (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U8_PERCEPTUAL):
        return "u8"
    if precision in (Gimp.Precision.U16_NON_LINEAR, Gimp.Precision.U16_PERCEPTUAL):
        return "u16"
    return "f32"


def read(drawable: Any, folder: Path, file: str) -> Raster:
    """Writes a drawable's pixels into a file and returns its description.

    Raises:
        OSError: if the disk is full.
    """
    sample = sample_type(drawable.get_image())
    width, height = drawable.get_width(), drawable.get_height()
    raster = Raster(file, width, height, sample, name=title(drawable))
    buffer = drawable.get_buffer()
    with (folder / file).open("wb") as out:
        for strip in _strips(raster):
            out.write(buffer.get(strip, 1.0, _FORMATS[sample], Gegl.AbyssPolicy.NONE))
    return raster


def insert_above(content: Any, folder: Path, raster: Raster, name: str) -> Any:
    """Inserts the pixels of a raster as a new layer above ``content``: one step to undo.

    The layer takes the content's offsets, parent and kind of channels. A selection becomes its
    layer mask.

    Args:
        content: the layer that was painted, of the raster's size.
        folder, raster: the pixels.
        name: of the new layer.
    """
    image = content.get_image()
    layer = Gimp.Layer.new(
        image,
        name,
        raster.width,
        raster.height,
        content.type(),
        100.0,
        Gimp.LayerMode.NORMAL,
    )
    try:
        _write(layer, folder, raster)
    except BaseException:
        layer.delete()
        raise
    image.undo_group_start()
    try:
        image.insert_layer(layer, content.get_parent(), image.get_item_position(content))
        _, x, y = content.get_offsets()
        layer.set_offsets(x, y)
        if not Gimp.Selection.is_empty(image):
            layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    finally:
        image.undo_group_end()
    Gimp.displays_flush()
    return layer


def title(drawable: Any) -> str:
    """Returns what people call a layer: "golden_gate.jpg" is Golden Gate."""
    name: str = drawable.get_name()
    stem = _PICTURE_SUFFIX.sub("", name)
    if stem == name:
        return name
    words = stem.replace("_", " ").strip()
    return words.title() if words.islower() else words


def _write(layer: Any, folder: Path, raster: Raster) -> None:
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


def _strips(raster: Raster) -> list[Any]:
    row = raster.width * CHANNELS * SAMPLE_BYTES[raster.sample]
    rows = max(1, _STRIP_BYTES // row)
    return [
        Gegl.Rectangle.new(0, top, raster.width, min(rows, raster.height - top))
        for top in range(0, raster.height, rows)
    ]


def _unreadable(path: str, why: str) -> NstError:
    return NstError(
        BAD_INPUT,
        f"The style {path} cannot be opened ({why}).",
        "Choose a picture that GIMP can open.",
    )
