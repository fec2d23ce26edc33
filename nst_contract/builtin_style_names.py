"""The built-in styles and palettes by name: what a dialog must know of them, too.

Standard library only; :mod:`nst_core.builtin_styles` paints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The palette with the colours of the photograph.
CONTENT = "content"


@dataclass(frozen=True)
class BuiltinStyle:
    """A style picture that can be painted.

    Attributes:
        label: what people call it.
        description: what it looks like, in a few words.
        palette: the name of its own palette.
    """

    label: str
    description: str
    palette: str


STYLES: Mapping[str, BuiltinStyle] = MappingProxyType(
    {
        "swirls": BuiltinStyle("Swirls", "swirling thick strokes of oil", "night"),
        "pointillism": BuiltinStyle("Pointillism", "dots of unmixed colours", "riverbank"),
        "hatching": BuiltinStyle("Hatching", "fine crossing lines, etched in ink", "sepia"),
        "mosaic": BuiltinStyle("Mosaic", "tesserae of glass and gold in rows", "byzantium"),
        "woodcut": BuiltinStyle("Woodcut", "gouged lines over flat colours", "woodblock"),
        "ink-wash": BuiltinStyle("Ink wash", "pale, wet colours on rough paper", "mist"),
        "palette-knife": BuiltinStyle("Palette knife", "broad slabs of thick paint", "autumn"),
        "stained-glass": BuiltinStyle("Stained glass", "lit pieces of glass in lead", "cathedral"),
    }
)

# What people call the palettes.
PALETTES: Mapping[str, str] = MappingProxyType(
    {
        "night": "Night",
        "riverbank": "Riverbank",
        "sepia": "Sepia",
        "byzantium": "Byzantium",
        "woodblock": "Woodblock",
        "mist": "Mist",
        "autumn": "Autumn",
        "cathedral": "Cathedral",
        "sunset": "Sunset",
        "ocean": "Ocean",
        "forest": "Forest",
        "grey": "Grey",
    }
)
