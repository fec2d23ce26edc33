"""Hatching: a landscape etched in ink; lines follow its forms and cross in the shade."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles import brushes
from nst_core.builtin_styles.arrays import Field
from nst_core.builtin_styles.canvas import coverage
from nst_core.builtin_styles.landscape import Landscape
from nst_core.builtin_styles.noise import Noise, grid
from nst_core.builtin_styles.palettes import Palette, mix
from nst_core.builtin_styles.streamlines import FlowField, cut, evenly_spaced
from nst_core.builtin_styles.strokes import Strokes

# How far each layer of lines turns from the form's direction, in radians, and the tone below which
# it shades.
_LAYERS = ((0.0, 1.04), (0.95, 0.6), (-0.7, 0.38), (1.75, 0.2))
_SEPARATION = 0.0086
_LONGEST = 0.22
# The width of a lightly pressed needle's line, and what pressing adds.
_LIGHT, _PRESSED = 0.0012, 0.0027
_TAPER = 0.007


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    land = Landscape(rng)
    paper = _paper(pixels, palette, rng)
    needle = brushes.nib(rng)
    bare = np.ones((pixels, pixels), np.float32)
    for turn, darker_than in _LAYERS:
        region = np.where(land.tone < darker_than, land.region, -1)
        plan = FlowField(land.angle + np.float32(turn), region.astype(np.int32))
        lines = evenly_spaced(plan, _SEPARATION, _LONGEST, rng)
        if not lines:  # nothing is that dark
            continue
        pieces = cut(lines)
        tone = plan.at(land.tone, pieces.x, pieces.y)
        pressure = np.clip((darker_than - tone) / 0.6, 0, 1)
        taper = np.clip(np.minimum(pieces.begun, pieces.left) / _TAPER, 0.25, 1)
        width = (_LIGHT + _PRESSED * pressure) * taper
        strokes = Strokes.of(pieces.x, pieces.y, pieces.angle, pieces.length, width)
        bare *= 1 - coverage(pixels, strokes, needle, rng)
    ink = mix(palette.main, 0.0)
    return ink + bare[..., None] * (paper - ink)


def _paper(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns paper with the film of ink left behind on the plate."""
    noise = Noise(rng)
    x, y = grid(pixels)
    fibre = noise.fractal(x, y, 60.0, 4, gain=0.8, pixels=pixels)
    film = noise.fractal(x, y, 2.0, 4)
    return mix(palette.main, 0.94 + 0.02 * fibre + 0.05 * film)
