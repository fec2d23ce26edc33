"""Palettes: the colours that the painters mix from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from nst_core.builtin_styles.arrays import Field, Numbers

# The ramps of a palette, as numbers.
MAIN, SECOND, ACCENT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Palette:
    """Three ramps of colours, each from dark to light.

    Attributes:
        main: (n, 3), R'G'B', 0..1: most of a picture; its ends serve as ink and paper.
        second: (n, 3): what contrasts with it.
        accent: (n, 3): what shines.
    """

    main: Field
    second: Field
    accent: Field

    def mixed(self, ramp: Numbers, shade: ArrayLike) -> Field:
        """Returns colours (..., 3) from several ramps.

        Args:
            ramp: (...), ``MAIN``, ``SECOND`` or ``ACCENT``.
            shade: (...), as for :func:`mix`.
        """
        colours = mix(self.main, shade)
        for number, other in ((SECOND, self.second), (ACCENT, self.accent)):
            there = ramp == number
            colours[there] = mix(other, np.asarray(shade)[there])
        return colours


def mix(ramp: Field, shade: ArrayLike) -> Field:
    """Returns a ramp's colours (..., 3) at shades (...) from 0, its darkest, to 1, its lightest."""
    place = np.clip(np.asarray(shade, np.float32), 0, 1) * (len(ramp) - 1)
    steps = np.arange(len(ramp))
    mixed = np.stack([np.interp(place, steps, channel) for channel in ramp.T], axis=-1)
    return mixed.astype(np.float32)


def _palette(main: str, second: str, accent: str) -> Palette:
    return Palette(*(_ramp(colours) for colours in (main, second, accent)))


def _ramp(colours: str) -> Field:
    samples = [list(bytes.fromhex(colour)) for colour in colours.split()]
    ramp: Field = np.array(samples, np.float32) / 255
    return ramp


PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "night": _palette(
            "0b1230 12235a 1f4691 3f78c0 79b2dc c9e2da",
            "060b10 0d2a30 1d4c3c 47703c 8c9440",
            "b4500f e08a1c f4bc34 fde07a fff8d2",
        ),
        "riverbank": _palette(
            "1d2a5e 35549a 5a86c4 8fb6dc c3dae6 f0eee2",
            "14302c 25573a 4d8443 8fae4c cfd07a",
            "a8324a dc6a42 f0a04a f8d06c fff3c4",
        ),
        "sepia": _palette(
            "1a120c 4a3524 8a6b4c c9b08a f1e6cf",
            "22160e 5a3f28 a07c54 d8c19a f4ead6",
            "3a1c10 7a4426 b07a4a dcb888 f6ecd8",
        ),
        "byzantium": _palette(
            "0a1a3c 123a72 1f6a9c 4fa0b4 a8d0cc",
            "3c0f1c 84202c b8482e d88a5c ecc9a4",
            "7a4c12 b47c1c dca832 f2d068 fcf0c0",
        ),
        "woodblock": _palette(
            "14120f 38332b 8c7f68 d2c2a0 f3ead6",
            "12283a 1f5068 4a8a94 94bcb4 dce4d2",
            "7c1a14 bc3a20 dc7434 eeb464 f8e2b4",
        ),
        "mist": _palette(
            "1c2636 3c5068 6c849a a4b8c4 dfe6e6 f8f6ee",
            "2c3a2a 546a4a 8a9c72 c2cca4 f0eedc",
            "6a2a2c b05a50 dc967c f0c8ac fbeede",
        ),
        "autumn": _palette(
            "12162e 26305a 3f5a8c 7492b0 b8c8cc f0ece0",
            "1c1410 3c2c1a 5c5a24 94903c d0c878",
            "6e1414 b8321a e2661e f4a430 fbd868 fff4cc",
        ),
        "cathedral": _palette(
            "08144e 0f3a9c 1f6ed0 5cb0e8 c0e4f4",
            "4a0612 960f22 d02a34 ec6a54 f8b8a0",
            "0c4a2a 3c8a34 c4a01c f6cc38 fff0b0",
        ),
        "sunset": _palette(
            "1c1030 4a1e5a 8c3470 cc5a6c f09a70 fbd8b0",
            "0c1428 1c3050 3a5a78 7a8c9c c4c0bc",
            "a8280c e05a14 f8963a fcc868 fff2c8",
        ),
        "ocean": _palette(
            "04202c 0a4454 147a84 3cacaa 8cd4c4 e4f4e8",
            "101c3c 22407c 4672b4 86a8d8 cfdcf0",
            "80401c c87840 eaac74 f6d4aa fdf2e0",
        ),
        "forest": _palette(
            "0c1a12 1e3a22 3c6434 6c8e48 a8b878 e6e8cc",
            "1c120a 443020 765638 ac8a60 dccaa4",
            "5a1e2c 9c4634 cc8434 e6bc58 f8ecb8",
        ),
        "grey": _palette(
            "0e0e0e 3c3c3c 767676 acacac dadada f6f6f6",
            "161616 484848 828282 b4b4b4 e4e4e4",
            "242424 606060 9c9c9c cccccc fafafa",
        ),
    }
)
