"""Which layer is to be painted, and whether it can be."""

from __future__ import annotations

from typing import Any

from gi.repository import Gimp

from nst_contract.errors import BAD_INPUT, Cancelled, NstError
from nst_gimp.text.i18n import _

# What GIMP calls the channel that it keeps the quick mask in, in every language.
_QUICK_MASK = "Qmask"


def content_layer(image: Any, drawables: list[Any]) -> Any:
    """Returns the layer to be painted.

    Raises:
        NstError: (bad-input) if it is not clear which one that is, or it cannot be painted.
    """
    _check_image(image)
    if len(drawables) != 1:
        raise NstError(
            BAD_INPUT,
            _("{number} layers are selected.").format(number=len(drawables)),
            _("Select exactly one layer, the photograph, and try again."),
        )
    layer = drawables[0]
    if isinstance(layer, Gimp.LayerMask):
        layer = Gimp.Layer.from_mask(layer)
    if not isinstance(layer, Gimp.Layer):
        raise NstError(
            BAD_INPUT,
            _('"{name}" is not a layer.').format(name=layer.get_name()),
            _("Select a layer and try again."),
        )
    if layer.is_group() and not layer.get_children():
        raise NstError(
            BAD_INPUT,
            _('The group "{name}" is empty.').format(name=layer.get_name()),
            _("Select a layer, or a group with layers in it, and try again."),
        )
    if not Gimp.Selection.is_empty(image) and not layer.mask_intersect()[0]:
        raise NstError(
            BAD_INPUT,
            _('The selection does not touch the layer "{name}".').format(name=layer.get_name()),
            _("Choose Select > None, or select a part of the layer."),
        )
    return layer


def check_there(image: Any, content: Any) -> None:
    """Makes sure that the layer to be painted has not been removed meanwhile.

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
            _("The layer to be painted was removed."),
            _("Keep the layer until the painting is finished."),
        )


def is_there(image: Any, content: Any) -> bool:
    """Tells whether neither the image was closed nor the layer removed."""
    return bool(image.is_valid() and content.is_valid())


def _check_image(image: Any) -> None:
    """Makes sure that the image is in no state in which layers are not what they seem."""
    if any(channel.get_name() == _QUICK_MASK for channel in image.get_channels()):
        raise NstError(
            BAD_INPUT,
            _("The quick mask is on: what it selects is not yet selected."),
            _("Choose Select > Toggle Quick Mask, select the layer, and try again."),
        )
    if image.get_floating_sel() is not None:
        raise NstError(
            BAD_INPUT,
            _("A part of the image floats: it belongs to no layer yet."),
            _("Choose Layer > Anchor Floating Layer (Ctrl+H), and try again."),
        )
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise NstError(
            BAD_INPUT,
            _("The image is indexed: its few colours cannot show a painting."),
            _("Choose Image > Mode > RGB and try again."),
        )
