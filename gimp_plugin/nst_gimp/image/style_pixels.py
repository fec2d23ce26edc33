"""The styles of a run on their way to the engine: their pixels, weights and masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.protocol.requests import Raster, StyleRequest
from nst_gimp.image import layers, pixels, strength_mask, style_arguments, style_choices
from nst_gimp.image.pixels import Area
from nst_gimp.text.i18n import _

# The arguments for the picture to start from: a layer, or else a file.
START = ("start-layer", "start-file")
_START = "start.raw"


def read(config: Any, folder: Path, content: Any, area: Area) -> tuple[StyleRequest, ...]:
    """Writes the pixels of all chosen styles into files; built-in ones the engine paints.

    A layer's mask says where its style is painted: in the content's own image just where it lies,
    from another image stretched over the content.

    Args:
        config: the arguments.
        folder: for the files.
        content, area: what is painted, and which part of it.

    Raises:
        NstError: (bad-input) if no style is chosen, or a file cannot be opened.
    """
    choice = style_choices.chosen(config)
    if choice is None:
        raise NstError(
            BAD_INPUT,
            _("No style is chosen."),
            _("Give a style layer, a style file or a built-in style."),
        )
    styles = [(choice, 1.0), *style_choices.more(config)]
    return tuple(
        _of_layer(choice.layer, weight, folder, number, content, area)
        if choice.layer is not None
        else StyleRequest(
            choice.builtin or _of_file(choice.file, folder, f"style-{number}.raw"), weight
        )
        for number, (choice, weight) in enumerate(styles)
    )


def lacks_start(config: Any) -> bool:
    """Tells whether painting is to start from a picture, and none is chosen."""
    return config.get_property("start") == "picture" and not any(
        config.get_property(name) for name in START
    )


def read_start(config: Any, folder: Path, content: Any, area: Area) -> Raster | None:
    """Writes the pixels of the picture to start from, if there is to be one, into a file.

    A layer of the content's own image counts where it lies, another picture as a whole.

    Args:
        config, folder, content, area: as for :func:`read`.

    Raises:
        NstError: (bad-input) if none is chosen, or a file cannot be opened.
    """
    if config.get_property("start") != "picture":
        return None
    if lacks_start(config):
        raise NstError(
            BAD_INPUT,
            _("No picture to start from is chosen."),
            _("Give a start layer or a start file, or choose another start."),
        )
    layer, file = (config.get_property(name) for name in START)
    if layer is None:
        return _of_file(file, folder, _START)
    return layers.read(layer, folder, _START, layers.same_place(layer, layer, content, area))


def chosen_layers(config: Any) -> list[Any]:
    """Returns the layers that are styles."""
    choices = [style_choices.chosen(config, at) for at in style_arguments.ALL]
    return [choice.layer for choice in choices if choice and choice.layer is not None]


def problem_with(config: Any) -> NstError | None:
    """Returns why the chosen pictures will not do; None if they will."""
    chosen = (config.get_property(name) for name in arguments_that_count(config))
    if any(drawable is not None and not drawable.is_valid() for drawable in chosen):
        return layer_gone()
    return strength_mask.problem_with(config)


def arguments_that_count(config: Any) -> list[str]:
    """Returns the names of the arguments for layers and channels that a run looks at."""
    styles = [at.layer for at in style_arguments.ALL]
    starts = [START[0]] if config.get_property("start") == "picture" else []
    return [*styles, *starts, strength_mask.ARGUMENT]


def layer_gone() -> NstError:
    """Returns the error of a chosen layer that is no longer there."""
    return NstError(
        BAD_INPUT,
        _("A layer that was chosen as a style, start or mask has been closed or removed."),
        _("Choose another one, and try again."),
    )


def count_masks(config: Any, content: Any) -> int:
    """Returns how many masks the engine may get; what is transparent is one, too."""
    style_layers = chosen_layers(config)
    transparent = [drawable for drawable in (content, *style_layers) if drawable.has_alpha()]
    is_strength = config.get_property(strength_mask.ARGUMENT) is not None
    return len(transparent) + sum(map(style_choices.has_mask, style_layers)) + is_strength


def _of_layer(
    layer: Any, weight: float, folder: Path, number: int, content: Any, area: Area
) -> StyleRequest:
    raster = layers.read(layer, folder, f"style-{number}.raw")
    if not style_choices.has_mask(layer):
        return StyleRequest(raster, weight)
    mask = layer.get_mask()
    mask_area = layers.same_place(mask, layer, content, area)
    mask_raster = pixels.read_mask(mask, mask_area, folder, f"mask-{number}.raw")
    return StyleRequest(raster, weight, mask=mask_raster)


def _of_file(file: Any, folder: Path, name: str) -> Raster:
    loaded = layers.load_style(file)
    try:
        return layers.read(loaded, folder, name)
    finally:
        loaded.get_image().delete()
