"""The built-in styles and palettes by name: what a dialog must know about them, too.

Standard library only; :mod:`nst_core.builtin_styles` paints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The palette with the colours of the photograph.
CONTENT = "content"


@dataclass(frozen=True)
class BuiltinStyleInfo:
    """A style picture that can be painted.

    Attributes:
        label: what people call it.
        description: what it looks like, in a few words.
        palette: the name of its own palette.
    """

    label: str
    description: str
    palette: str


STYLES: Mapping[str, BuiltinStyleInfo] = MappingProxyType(
    {
        "swirls": BuiltinStyleInfo("Swirls", "swirling thick strokes of oil", "night"),
        "pointillism": BuiltinStyleInfo("Pointillism", "dots of unmixed colours", "riverbank"),
        "hatching": BuiltinStyleInfo("Hatching", "fine crossing lines, etched in ink", "sepia"),
        "mosaic": BuiltinStyleInfo("Mosaic", "tesserae of glass and gold in rows", "byzantium"),
        "woodcut": BuiltinStyleInfo("Woodcut", "gouged lines over flat colours", "woodblock"),
        "ink-wash": BuiltinStyleInfo("Ink wash", "pale, wet colours on rough paper", "mist"),
        "palette-knife": BuiltinStyleInfo("Palette knife", "broad slabs of thick paint", "autumn"),
        "stained-glass": BuiltinStyleInfo(
            "Stained glass", "lit pieces of glass in lead", "cathedral"
        ),
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
