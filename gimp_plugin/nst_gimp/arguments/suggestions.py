"""What the dialog begins with: it suggests styles, and which of two layers is the photograph."""

from __future__ import annotations

from typing import Any

from nst_gimp.arguments import last_values, layer_records, roles, style_places
from nst_gimp.image import style_arguments, style_choices
from nst_gimp.image.style_choices import StyleChoice


def suggest(config: Any, content: Any) -> Any:
    """Chooses styles, unless the caller has; returns the layer to be painted.

    That is another one than the content if that seems to be the painting.
    """
    _suggest_styles(config, content)
    style = style_choices.chosen(config)
    if style is None or not roles.looks_swapped(config, content):
        return content
    style_places.change_places(config, content, style.layer)
    return style.layer


def _suggest_styles(config: Any, content: Any) -> None:
    """Offers the styles of the last run, or else the only other layer that was not painted here."""
    if not config.get_property(style_arguments.FIRST.layer):
        last_values.restore_layers(config)
    # What is painted is no style.
    painted = style_places.of_layer(config, content)
    style_places.keep_only(config, [at for at in style_arguments.ALL if at not in painted])
    others = [
        layer
        for layer in content.get_image().get_layers()
        if layer.get_id() != content.get_id() and layer_records.read(layer) is None
    ]
    if not style_choices.chosen(config) and len(others) == 1:
        StyleChoice(layer=others[0]).put(config)
