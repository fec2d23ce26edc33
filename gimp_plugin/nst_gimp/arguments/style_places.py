"""Which style has which of the places for styles."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nst_gimp.engine.kept_record import WEIGHTS
from nst_gimp.image import style_arguments, style_choices
from nst_gimp.image.style_arguments import StyleArguments
from nst_gimp.image.style_choices import StyleChoice


def keep_only(config: Any, places: Collection[StyleArguments]) -> None:
    """Takes off the styles in all other places; those after them move up."""
    kept = [
        (choice, at.weight and config.get_property(at.weight))
        for at in style_arguments.ALL
        if at in places and (choice := style_choices.chosen(config, at)) is not None
    ]
    first_weight = (kept[0][1] if kept else None) or 1.0
    for place, at in enumerate(style_arguments.ALL):
        choice, weight = kept[place] if place < len(kept) else (StyleChoice(), None)
        choice.put(config, at)
        if at.weight is not None:
            against_first = (weight or first_weight) / first_weight
            low, high = WEIGHTS
            config.set_property(at.weight, min(max(against_first, low), high))


def of_layer(config: Any, layer: Any) -> list[StyleArguments]:
    """Returns the places in which a layer is the style."""
    wanted = StyleChoice(layer=layer)
    return [
        at
        for at in style_arguments.ALL
        if (choice := style_choices.chosen(config, at)) is not None and choice.is_same(wanted)
    ]


def change_places(config: Any, before: Any, now: Any) -> None:
    """Makes the layer that was to be painted before the style wherever the one now was it."""
    for at in of_layer(config, now):
        StyleChoice(layer=before).put(config, at)
