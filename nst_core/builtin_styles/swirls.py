"""Thick, swirling strokes: a night sky where every light turns, over rolling land."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles import brushes
from nst_core.builtin_styles.arrays import Field, Mask, Numbers
from nst_core.builtin_styles.canvas import Canvas
from nst_core.builtin_styles.layout import apart, scattered
from nst_core.builtin_styles.noise import Noise
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND, Palette, mix
from nst_core.builtin_styles.strokes import Strokes, followed

# The number of strokes, their width and their length in each round.
_ROUNDS = ((1300, 0.034, 0.15), (4200, 0.019, 0.105), (7000, 0.0115, 0.075), (2600, 0.007, 0.05))
# How far whirls reach, from large to small.
_REACHES = (0.19, 0.16, 0.14, 0.11, 0.09, 0.08, 0.07)


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    scene = _Scene(rng)
    canvas = Canvas(pixels, mix(palette.main, 0.15))
    brush = brushes.bristles(rng)
    for count, width, length in _ROUNDS:
        x, y = scattered(rng, count)
        lengths = length * rng.uniform(0.6, 1.1, len(x)).astype(np.float32)
        angle, bend = followed(scene.flow, x, y, lengths)
        colours = palette.mixed(*scene.look(x, y, rng))
        widths = width * rng.uniform(0.7, 1.2, len(x))
        strokes = Strokes.of(x, y, angle, lengths, widths, colours, bend=bend)
        canvas.paint(strokes, brush, rng, tint=0.07, thickness=0.14)
    return canvas.lit(0.9, gloss=0.12)


class _Scene:
    def __init__(self, rng: np.random.Generator) -> None:
        self._noise = Noise(rng)
        # Some turn one way, some the other: a negative reach stands for the latter.
        circles = apart(rng, _REACHES, (0.04, 0.96), (0.04, 0.68), room=0.95)
        self._whirls = [(x, y, reach * rng.choice((-1, 1))) for x, y, reach in circles]
        self._phases = rng.uniform(0, 2 * np.pi, 4)

    def _is_land(self, x: Field, y: Field) -> Mask:
        a, b, _, _ = self._phases
        land: Mask = y > 0.81 - 0.06 * np.sin(4.0 * x + a) - 0.025 * np.sin(11.0 * x + b)
        return land

    def flow(self, x: Field, y: Field) -> Field:
        """Returns the direction of strokes at some points."""
        _, _, c, d = self._phases
        east, south = np.ones_like(x), 0.5 * np.cos(6.0 * x + c) + 0.4 * self._noise(x, y, 3.0)
        for centre_x, centre_y, reach in self._whirls:
            away_x, away_y = x - centre_x, y - centre_y
            distance = np.hypot(away_x, away_y) + 1e-6
            strength = np.sign(reach) * 6 * np.exp(-((distance / reach) ** 2)) / distance
            east, south = east - strength * away_y, south + strength * away_x
        land = np.arctan(1.1 * np.cos(7.0 * x + d) + 0.6 * np.sin(17.0 * x + 9.0 * y))
        flow: Field = np.where(self._is_land(x, y), land, np.arctan2(south, east))
        return flow

    def look(self, x: Field, y: Field, rng: np.random.Generator) -> tuple[Numbers, Field]:
        """Returns the ramp and shade of strokes, mixed by a hand that is never exact."""
        unsure = rng.standard_normal((3, len(x)))
        glow, ring = np.zeros_like(x), np.zeros_like(x)
        for centre_x, centre_y, reach in self._whirls:
            distance = np.hypot(x - centre_x, y - centre_y) / abs(reach)
            glow = np.maximum(glow, 1.15 - 1.3 * distance)
            ring += np.cos(9 * distance) * np.exp(-(distance**2) / 2)
        drift = self._noise.fractal(x * 0.6, y, 4.0, 3)
        night = 0.42 + 0.22 * ring + 0.45 * drift + 0.16 * unsure[0]
        shines = glow + 0.1 * unsure[1] > 0.42
        # Reflections of the lights, far away from them.
        shines |= (drift > 0.3) & (unsure[1] > 1.7)
        light = 1.35 * np.maximum(glow, 0.55) - 0.35 + 0.16 * unsure[0]
        earth = 0.42 + 0.3 * np.sin(16 * x + 24 * y) + 0.25 * drift + 0.2 * unsure[0]
        land = self._is_land(x, y + 0.006 * unsure[2])
        ramp = np.where(land, SECOND, np.where(shines, ACCENT, MAIN))
        return ramp, np.where(land, earth, np.where(shines, light, night))
