"""The strength mask: a layer's mask, or a channel, that says how far each place is painted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.protocol.requests import Raster
from nst_contract.settings import NEIGHBORS
from nst_gimp.image import layers, pixels
from nst_gimp.image.pixels import Area
from nst_gimp.image.style_choices import open_images, with_children
from nst_gimp.text.i18n import _

# The argument for it: a layer, whose mask is meant, that mask itself, or a channel.
ARGUMENT = "strength-mask"


def read(config: Any, folder: Path, content: Any, area: Area) -> Raster | None:
    """Writes the strength mask, if one is chosen, into a file.

    In the content's own image it counts where it lies; another image's is stretched over the
    content. A layer mask counts even if it is switched off: then it hides nothing itself.

    Args:
        config: the arguments, with a strength mask that will do (:func:`problem_with`), or none.
        folder: for the file.
        content, area: what is painted, and which part of it.
    """
    drawable = config.get_property(ARGUMENT)
    if drawable is None:
        return None
    mask, place = _mask_and_place(drawable)
    there = layers.same_place(mask, place, content, area)
    return pixels.read_mask(mask, there, folder, "strength.raw")


def problem_with(config: Any) -> NstError | None:
    """Returns why the chosen strength mask will not do; None if it will, or none is chosen."""
    drawable = config.get_property(ARGUMENT)
    if drawable is None:
        return None
    if _mask_and_place(drawable)[0] is None:
        return NstError(
            BAD_INPUT,
            _('The layer "{name}" has no layer mask to take the strength from.').format(
                name=drawable.get_name()
            ),
            _("Add one with Layer > Mask > Add Layer Masks, or choose a channel."),
        )
    if config.get_property("style-loss") != NEIGHBORS:
        return NstError(
            BAD_SETTING,
            _("With this style loss, the strength is the same everywhere."),
            _("Choose the style loss Place by place (neighbors), or no strength mask."),
        )
    return None


def name_of(config: Any) -> str | None:
    """Returns the name by which :func:`find` finds the chosen mask; None if none is chosen."""
    drawable = config.get_property(ARGUMENT)
    if drawable is None:
        return None
    _mask, place = _mask_and_place(drawable)
    name: str = place.get_name()
    return name


def find(name: str | None, content: Any) -> Any | None:
    """Returns the layer or channel of that name, first of all in the content's own image."""
    return next((item for item, _place in candidates(content) if item.get_name() == name), None)


def candidates(content: Any) -> Iterator[tuple[Any, str]]:
    """Yields each layer that has a mask, and each channel, with the image if it is another one."""
    own = content.get_image()
    for image, place in open_images(own):
        for layer in with_children(image.get_layers()):
            if layer.get_mask() is not None:
                yield layer, place
        for channel in image.get_channels():
            yield channel, place


def _mask_and_place(drawable: Any) -> tuple[Any | None, Any]:
    """Returns the mask that is meant, and the layer or channel that says where it lies."""
    if isinstance(drawable, Gimp.LayerMask):
        return drawable, Gimp.Layer.from_mask(drawable)
    if isinstance(drawable, Gimp.Layer):
        return drawable.get_mask(), drawable
    return drawable, drawable
