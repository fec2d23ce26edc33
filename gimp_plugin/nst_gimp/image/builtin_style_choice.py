"""The built-in styles as arguments and in words. Standard library only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_contract.builtin_style_names import CONTENT, PALETTES, STYLES
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp import PLUG_IN_FOLDER
from nst_gimp.image.style_arguments import FIRST, StyleArguments
from nst_gimp.text.i18n import _

# The values of the arguments for "not this".
NO_STYLE, OWN_PALETTE = "none", "own"
# docs/make_images.py paints them.
_PICTURES = PLUG_IN_FOLDER / "styles"


def style_labels() -> dict[str, str]:
    """Returns value and label of each choice of a style."""
    return {NO_STYLE: _("None"), **{name: _(style.label) for name, style in STYLES.items()}}


def palette_labels() -> dict[str, str]:
    """Returns value and label of each choice of a palette."""
    named = {name: _(label) for name, label in PALETTES.items()}
    return {OWN_PALETTE: _("The style's own"), CONTENT: _("The photograph's"), **named}


def chosen(config: Any, at: StyleArguments = FIRST) -> BuiltinStyle | None:
    """Returns the built-in style that the arguments name; None if they name none."""
    style, palette = config.get_property(at.builtin), chosen_palette(config, at)
    if style not in STYLES:
        return None
    return BuiltinStyle(style, palette, config.get_property("seed"), _(STYLES[style].label))


def chosen_palette(config: Any, at: StyleArguments = FIRST) -> str:
    """Returns the palette that the arguments name; "" for the style's own."""
    palette: str = config.get_property(at.palette)
    return "" if palette == OWN_PALETTE else palette


def choose(config: Any, builtin: BuiltinStyle | None, at: StyleArguments = FIRST) -> None:
    """Names a built-in style, or none, in the arguments."""
    if builtin is not None:
        config.set_property(at.palette, builtin.palette or OWN_PALETTE)
    config.set_property(at.builtin, builtin.style if builtin else NO_STYLE)


def picture(name: str) -> Path:
    """Returns the file with a small picture of a style."""
    return _PICTURES / f"{name}.jpg"
