"""Layer effects: the filters that GIMP 3 keeps beside a layer's pixels instead of in them.

A layer's buffer knows nothing of them; that of a group knows those of the layers in it. Layer masks
and channels have none: there GIMP 3.0 and 3.2 put every filter into the pixels at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from gi.repository import Gimp


def are_seen(drawable: Any) -> bool:
    """Tells whether a drawable looks different from what its buffer holds."""
    if not isinstance(drawable, Gimp.Layer):
        return False
    return any(effect.get_visible() for effect in drawable.get_filters())


@contextlib.contextmanager
def applied(drawable: Any) -> Iterator[Any]:
    """Yields a drawable whose buffer holds what is seen of another one.

    That is the drawable itself, if it has no effects. Otherwise it is a layer of the same size,
    precision and colour space in an image of its own, which is deleted at the end; mode, opacity
    and mask of the other one are not applied, nor is what its effects show beyond its edges.
    """
    if not are_seen(drawable):
        yield drawable
        return
    with alone(drawable) as copy:
        image = copy.get_image()
        copy.set_opacity(100)
        copy.set_mode(Gimp.LayerMode.NORMAL)
        if copy.get_mask() is not None:
            copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
        yield Gimp.Layer.new_from_visible(image, image, drawable.get_name())


@contextlib.contextmanager
def alone(drawable: Any) -> Iterator[Any]:
    """Yields a copy of a layer in an image of its size, precision and colour space.

    The image is deleted at the end. There the copy is visible, unlocked, and fills the canvas.
    """
    own = drawable.get_image()
    is_indexed = own.get_base_type() == Gimp.ImageBaseType.INDEXED
    base = Gimp.ImageBaseType.RGB if is_indexed else own.get_base_type()
    size = drawable.get_width(), drawable.get_height()
    image = Gimp.Image.new_with_precision(*size, base, own.get_precision())
    try:
        image.undo_disable()
        profile = own.get_color_profile()
        if profile is not None and not is_indexed:
            image.set_color_profile(profile)
        yield _insert_copy(drawable, image)
    finally:
        image.delete()


@contextlib.contextmanager
def alone_in_eight_bits(drawable: Any) -> Iterator[Any]:
    """Yields a copy of a layer as :func:`alone` does, in 8 bits and sRGB."""
    size = drawable.get_width(), drawable.get_height()
    image = Gimp.Image.new(*size, Gimp.ImageBaseType.RGB)
    try:
        image.undo_disable()
        yield _insert_copy(drawable, image)
    finally:
        image.delete()


def _insert_copy(drawable: Any, image: Any) -> Any:
    copy = Gimp.Layer.new_from_drawable(drawable, image)
    # A lock would hold it where it lies, and hidden if it is.
    for unlock in (copy.set_lock_position, copy.set_lock_visibility, copy.set_lock_content):
        unlock(False)
    image.insert_layer(copy, None, 0)
    copy.set_offsets(0, 0)
    copy.set_visible(True)
    return copy
