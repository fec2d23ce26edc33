"""The built-in styles by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from nst_contract.builtin_style_names import STYLES, BuiltinStyleInfo
from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message
from nst_contract.settings import SPECS
from nst_core.builtin_styles import (
    LARGEST,
    SMALLEST,
    hatching,
    ink_wash,
    mosaic,
    palette_knife,
    pointillism,
    stained_glass,
    swirls,
    woodcut,
)
from nst_core.builtin_styles.palettes import PALETTES, Palette
from nst_core.pictures.picture import Array, Picture

# Paints a style, given the pixels along one side, a palette and a random generator.
Painter = Callable[[int, Palette, np.random.Generator], Array]


_PAINTERS: Mapping[str, Painter] = MappingProxyType(
    {
        "swirls": swirls.paint,
        "pointillism": pointillism.paint,
        "hatching": hatching.paint,
        "mosaic": mosaic.paint,
        "woodcut": woodcut.paint,
        "ink-wash": ink_wash.paint,
        "palette-knife": palette_knife.paint,
        "stained-glass": stained_glass.paint,
    }
)


def find_style(name: str) -> BuiltinStyleInfo:
    """Returns the style with this name.

    Raises:
        NstError: (bad-setting) if there is none.
    """
    try:
        return STYLES[name]
    except KeyError as error:
        raise NstError(
            BAD_SETTING,
            Message("There is no built-in style {name!r}.", name=name),
            Message("Choose one of {choices}.", choices=", ".join(STYLES)),
        ) from error


def find_palette(name: str) -> Palette:
    """Returns the palette with this name.

    Raises:
        NstError: (bad-setting) if there is none.
    """
    try:
        return PALETTES[name]
    except KeyError as error:
        raise NstError(
            BAD_SETTING,
            Message("There is no palette {name!r}.", name=name),
            Message("Choose one of {choices}.", choices=", ".join(PALETTES)),
        ) from error


def paint(name: str, size: int, *, seed: int = 0, palette: Palette | None = None) -> Picture:
    """Paints a built-in style.

    Args:
        name: of the style.
        size: pixels along each side.
        seed: a different one gives a different picture in the same style.
        palette: its colours; the style's own if None.

    Returns:
        A square picture rounded to 8 bits, as a file would hold it.

    Raises:
        NstError: (bad-setting) if there is no such style, or a number is out of range.
    """
    style = find_style(name)
    check_size(size)
    check_seed(seed)
    colours = PALETTES[style.palette] if palette is None else palette
    rgb = _PAINTERS[name](size, colours, np.random.default_rng(seed))
    samples = np.rint(rgb.clip(0, 1) * 255).astype(np.float32)
    return Picture(samples / np.float32(255), name=name)


def check_size(size: int) -> None:
    """Raises NstError (bad-setting) if a size is out of range."""
    _check("size", size, SMALLEST, LARGEST)


def check_seed(seed: int) -> None:
    """Raises NstError (bad-setting) if a seed is out of range."""
    _check("seed", seed, SPECS["seed"].low, SPECS["seed"].high)


def _check(name: str, value: int, low: float, high: float) -> None:
    if not low <= value <= high:
        raise NstError(
            BAD_SETTING,
            Message(
                "{name} is {value}, which is out of range for a built-in style.",
                name=name,
                value=value,
            ),
            Message("Choose a value from {low:.0f} to {high:.0f}.", low=low, high=high),
        )
