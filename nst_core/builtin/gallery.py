"""The built-in styles by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from nst_core.builtin import (
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
from nst_core.builtin.palettes import PALETTES, Palette
from nst_core.errors import BAD_SETTING, NstError
from nst_core.picture import Array, Picture
from nst_core.settings import SPECS

Painter = Callable[[int, Palette, np.random.Generator], Array]


@dataclass(frozen=True)
class BuiltinStyle:
    """A style picture that can be painted.

    Attributes:
        description: what it looks like, in a few words.
        palette: the name of its own palette.
        painter: paints it, given pixels along one side, palette and random numbers.
    """

    description: str
    palette: str
    painter: Painter


STYLES: Mapping[str, BuiltinStyle] = MappingProxyType(
    {
        "swirls": BuiltinStyle("swirling thick strokes of oil", "night", swirls.paint),
        "pointillism": BuiltinStyle("dots of unmixed colours", "riverbank", pointillism.paint),
        "hatching": BuiltinStyle("fine crossing lines, etched in ink", "sepia", hatching.paint),
        "mosaic": BuiltinStyle("tesserae of glass and gold in rows", "byzantium", mosaic.paint),
        "woodcut": BuiltinStyle("gouged lines over flat colours", "woodblock", woodcut.paint),
        "ink-wash": BuiltinStyle("pale, wet colours on rough paper", "mist", ink_wash.paint),
        "palette-knife": BuiltinStyle("broad slabs of thick paint", "autumn", palette_knife.paint),
        "stained-glass": BuiltinStyle(
            "lit pieces of glass in lead", "cathedral", stained_glass.paint
        ),
    }
)


def find_style(name: str) -> BuiltinStyle:
    """Returns the style of this name.

    Raises:
        NstError: (bad-setting) if there is none.
    """
    try:
        return STYLES[name]
    except KeyError as error:
        raise NstError(
            BAD_SETTING,
            f"There is no built-in style {name!r}.",
            f"Choose one of {', '.join(STYLES)}.",
        ) from error


def find_palette(name: str) -> Palette:
    """Returns the palette of this name.

    Raises:
        NstError: (bad-setting) if there is none.
    """
    try:
        return PALETTES[name]
    except KeyError as error:
        raise NstError(
            BAD_SETTING,
            f"There is no palette {name!r}.",
            f"Choose one of {', '.join(PALETTES)}.",
        ) from error


def paint(name: str, size: int, *, seed: int = 0, palette: Palette | None = None) -> Picture:
    """Paints a built-in style.

    Args:
        name: of the style.
        size: pixels along each side.
        seed: another one gives another picture in the same style.
        palette: its colours; the style's own if None.

    Returns:
        A square picture in steps of 8 bits: what a file would hold.

    Raises:
        NstError: (bad-setting) if there is no such style, or a number is out of range.
    """
    style = find_style(name)
    _check("size", size, SMALLEST, LARGEST)
    check_seed(seed)
    colours = PALETTES[style.palette] if palette is None else palette
    rgb = style.painter(size, colours, np.random.default_rng(seed))
    samples = np.rint(rgb.clip(0, 1) * 255).astype(np.float32)
    return Picture(samples / np.float32(255), name=name)


def check_seed(seed: int) -> None:
    """Raises NstError (bad-setting) if a seed is out of range."""
    _check("seed", seed, SPECS["seed"].low, SPECS["seed"].high)


def _check(name: str, value: int, low: float, high: float) -> None:
    if not low <= value <= high:
        raise NstError(
            BAD_SETTING,
            f"{name} is {value}, which is out of range for a built-in style.",
            f"Choose a value from {low:.0f} to {high:.0f}.",
        )
