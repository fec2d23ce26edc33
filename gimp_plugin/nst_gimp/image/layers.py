"""Layers and selections: what is to be painted, and where the result goes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.protocol.requests import Raster
from nst_gimp.image import file_names, layer_effects, pixels, placement
from nst_gimp.image.masks import Mask
from nst_gimp.image.pixels import Area
from nst_gimp.image.reorientation import Reorientation
from nst_gimp.text.i18n import _

# What is seen around a selection, in pixels and as a part of its long side: the strokes at its edge
# depend on what lies beyond.
_LEAST_CONTEXT = 64
_CONTEXT_PART = 4
_PICTURE_SUFFIX = re.compile(r"\.(png|jpe?g|tiff?|webp|xcf|psd|bmp|gif|heic|avif|jxl)$", re.I)


def load_style(file: Any) -> Any:
    """Opens a picture file in GIMP and returns its visible layers merged into one.

    The caller deletes the layer's image when it has read it.

    Raises:
        NstError: (bad-input) if GIMP cannot open it.
    """
    path = file_names.shown_with_folder(file)
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    except Exception as error:  # GLib.Error, of as many kinds as there are file plug-ins
        raise _unreadable(path, str(error)) from error
    if image is None:
        raise _unreadable(path, _("GIMP cannot open files of this kind"))
    with _deleted_on_failure(image):
        image.policy_rotate(False)
        layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        if layer is None:
            raise _unreadable(path, _("none of its layers is visible"))
        layer.set_name(file_names.shown(file))
    return layer


def area_to_paint(content: Any) -> Area:
    """Returns the part of a layer that is to be painted.

    That is all of it, or what a selection asks for: its bounding box, and enough around it for
    the network to see what the selected part belongs to.
    """
    whole = Area.whole(content)
    if Gimp.Selection.is_empty(content.get_image()):
        return whole
    _, x, y, width, height = content.mask_intersect()
    margin = max(_LEAST_CONTEXT, max(width, height) // _CONTEXT_PART)
    return Area(x, y, width, height).widened(margin, whole)


def same_place(drawable: Any, layer: Any, content: Any, area: Area) -> Area:
    """Returns the part of a layer, or of its mask, that lies where the area of the content lies.

    Of another image it is the whole: nobody can tell what lies where.
    """
    if layer.get_image().get_id() != content.get_image().get_id():
        return Area.whole(drawable)
    (_ok, x, y), (_ok, left, top) = content.get_offsets(), layer.get_offsets()
    return Area(x + area.x - left, y + area.y - top, area.width, area.height)


def read(drawable: Any, folder: Path, file: str, area: Area | None = None) -> Raster:
    """Writes what is seen of a drawable, all or an area, into a file; returns its description.

    Raises:
        OSError: if the disk is full.
    """
    with layer_effects.applied(drawable) as seen:
        return pixels.read(seen, area or Area.whole(seen), folder, file, title(drawable))


def insert_above(
    content: Any,
    area: Area,
    folder: Path,
    raster: Raster,
    name: str,
    mask: Mask | None = None,
    prepare: Callable[[Any], None] = lambda _layer: None,
    styles: Sequence[Any] = (),
    change: Reorientation | None = None,
) -> Any:
    """Inserts the pixels of a raster as a new layer above ``content``: one step to undo.

    The layer takes the content's parent, kind of channels, opacity and mode.

    Args:
        content: the layer that was painted.
        area: the part of it that was painted.
        folder, raster: the pixels, of the area's size.
        name: of the new layer.
        mask: its layer mask, of the area's size.
        prepare: is given the layer before it is inserted; what it does to the image belongs to the
            step.
        styles: the layers that were the style.
        change: what has become of the content since the area was read.
    """
    image = content.get_image()
    layer, place = _made(content, area, folder, raster, name, mask, change)
    with _deleted_on_failure(layer):
        # Once it is in a group whose place is locked, a layer no longer moves.
        _, x, y = content.get_offsets()
        layer.set_offsets(x + place.x, y + place.y)
        placement.blend_like(layer, content)
    image.undo_group_start()
    try:
        with _deleted_on_failure(layer):
            prepare(layer)
        placement.insert(layer, content, styles, mask is not None and mask.is_selected)
    finally:
        image.undo_group_end()
    Gimp.displays_flush()
    return layer


@contextlib.contextmanager
def _deleted_on_failure(item: Any) -> Iterator[None]:
    """Has an image, or a layer that is in none yet, not outlive what goes wrong with it."""
    try:
        yield
    except BaseException:
        item.delete()
        raise


def _made(
    content: Any,
    area: Area,
    folder: Path,
    raster: Raster,
    name: str,
    mask: Mask | None,
    change: Reorientation | None,
) -> tuple[Any, Area]:
    """Returns the new layer, with its pixels and mask, and the part of the content it shows."""
    image = content.get_image()
    # Effects can make parts transparent.
    has_alpha = content.has_alpha() or layer_effects.are_seen(content)
    kind = content.type_with_alpha() if has_alpha else content.type()
    size = raster.width, raster.height
    layer = Gimp.Layer.new(image, name, *size, kind, 100.0, Gimp.LayerMode.NORMAL)
    with _deleted_on_failure(layer):
        pixels.write(layer, folder, raster)
        if mask is not None:
            mask.add(layer)
    if change is None or change.is_none:
        return layer, area
    with layer_effects.alone(layer) as copy:
        layer.delete()
        change.apply(copy, area)
        changed = Gimp.Layer.new_from_drawable(copy, image)
        changed.set_name(name)  # GIMP calls it a copy
        return changed, change.place(area)


def title(drawable: Any) -> str:
    """Returns what people call a layer: "golden_gate.jpg" is Golden Gate."""
    name: str = drawable.get_name()
    stem = _PICTURE_SUFFIX.sub("", name)
    if stem == name:
        return name
    words = stem.replace("_", " ").strip()
    return words.title() if words.islower() else words


def _unreadable(path: str, why: str) -> NstError:
    return NstError(
        BAD_INPUT,
        _("The picture {path} cannot be opened ({why}).").format(path=path, why=why),
        _("Choose a picture that GIMP can open."),
    )
