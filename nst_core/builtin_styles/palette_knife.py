"""Palette knife: an avenue in autumn after the rain, in slabs of thick paint."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles import brushes
from nst_core.builtin_styles.arrays import Field, Numbers
from nst_core.builtin_styles.canvas import Canvas
from nst_core.builtin_styles.layout import scattered
from nst_core.builtin_styles.noise import Noise, smoothstep
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND, Palette, mix
from nst_core.builtin_styles.strokes import Brush, Strokes

# The number of strokes, their width and their length in each round; the small ones are few, so
# that the slabs below still show.
_ROUNDS = ((420, 0.085, 0.16), (900, 0.058, 0.105), (1000, 0.04, 0.075), (600, 0.022, 0.045))
_TREES_BEFORE_ROUND = 3
_STRAY = 0.06


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    scene = _Avenue(rng)
    canvas = Canvas(pixels, mix(palette.main, 0.1))
    brush = brushes.knife(rng)
    for number, (count, width, length) in enumerate(_ROUNDS):
        if number == _TREES_BEFORE_ROUND:
            _paint_trees(canvas, scene, palette, brush, rng)
        x, y = scattered(rng, count)
        size = rng.uniform(0.65, 1.2, len(x))
        angle = scene.lie(x, y, rng.standard_normal(len(x)))
        colours = palette.mixed(*scene.look(x, y, rng))
        widths = width * size * rng.uniform(0.7, 1.1, len(x))
        bend = rng.normal(0, 1.2, len(x))
        strokes = Strokes.of(x, y, angle, length * size, widths, colours, bend=bend)
        canvas.paint(strokes, brush, rng, tint=0.085, thickness=0.11)
    return canvas.lit(0.8, gloss=0.16)


def _paint_trees(
    canvas: Canvas, scene: _Avenue, palette: Palette, brush: Brush, rng: np.random.Generator
) -> None:
    for x, y, length, width, shade in scene.trunks(rng):
        upright = np.pi / 2 + rng.normal(0, 0.15, len(x))
        colours = mix(palette.second, shade + rng.normal(0, 0.08, len(x)))
        strokes = Strokes.of(x, y, upright, length, width, colours)
        canvas.paint(strokes, brush, rng, tint=0.08, thickness=0.1)


class _Avenue:
    def __init__(self, rng: np.random.Generator) -> None:
        self._noise = Noise(rng)
        self._x, self._y = rng.uniform(0.36, 0.64), rng.uniform(0.5, 0.56)
        # For each tree: how far to the side of the vanishing point it stands, and how near.
        self._trees = [
            (side * (0.08 + 0.52 * near**1.5) + rng.normal(0, 0.015), near)
            for side in (-1, 1)
            for near in (0.12, 0.3, 0.52, 0.78)
        ]

    def lie(self, x: Field, y: Field, loose: Field) -> Field:
        """Returns the directions of strokes, drawn by a more or less loose hand."""
        upright = np.pi / 2 + 0.3 * self._noise(x, y, 6.0)
        street = np.where(loose > 0.9, upright, 0.22 * loose)
        leaves = 2.2 * self._noise(x, y, 2.5) + 0.5 * loose - 0.6
        return np.where(y > self._y, street, leaves)

    def look(self, x: Field, y: Field, rng: np.random.Generator) -> tuple[Numbers, Field]:
        """Returns the ramp and shade of strokes."""
        aside, below, doubt, unsure = rng.standard_normal((4, len(x))).astype(np.float32)
        ground = y > self._y
        # The wet ground mirrors what is above it, stretched downwards.
        mirrored = self._y - 0.75 * (y - self._y) - 0.02 * np.abs(below)
        ramp, shade = self._above(
            np.where(ground, x + 0.02 * aside, x), np.where(ground, mirrored, y)
        )
        street = np.abs(x - self._x) < 0.04 + 0.62 * np.clip(y - self._y, 0, 1)
        ramp = np.where(ground & street & (doubt > 0.2), MAIN, ramp)
        shade = np.where(ground, 0.85 * shade - 0.05 + np.where(street, 0.06, -0.1), shade)
        stray = rng.uniform(0, 1, len(x)) < _STRAY
        ramp = np.where(stray, rng.integers(0, 3, len(x)), ramp)
        return ramp, shade + 0.11 * unsure

    def _above(self, x: Field, y: Field) -> tuple[Numbers, Field]:
        """Returns the ramp and shade of the sky and of the crowns in front of it."""
        noise = self._noise
        glow = np.exp(-4.5 * np.hypot(x - self._x, 1.2 * (y - self._y)))
        sky = np.where(glow + 0.12 * noise(x, y, 8.0) > 0.62, ACCENT, MAIN)
        light = 0.3 + 0.62 * glow + 0.3 * noise(x, y, 3.0)
        away = np.abs(x - self._x)
        rise = (self._y - y) / (0.1 + 1.05 * away)
        crown = smoothstep(0.04, 0.1, away) * (1 - smoothstep(0.75, 1.05, rise))
        leafy = crown + 0.45 * noise.fractal(x, y, 6.0, 3) > 0.52
        turned = noise.fractal(x + 4, y, 4.0, 2)
        leaf = np.where(turned > -0.12, ACCENT, np.where(turned > -0.45, SECOND, MAIN))
        lit = 0.42 + 0.4 * glow + 0.5 * noise(x + 2, y, 11.0) - 0.15 * rise
        return np.where(leafy, leaf, sky), np.where(leafy, lit, light)

    def trunks(self, rng: np.random.Generator) -> list[tuple[Field, Field, float, Field, Field]]:
        """Returns x, y, length, width and shade of the strokes: each trunk, then its reflection."""
        found = []
        along = np.linspace(0, 1, 10, dtype=np.float32)
        for away, near in self._trees:
            foot, top = self._y + 0.42 * near**1.4, self._y - 0.1 - 0.75 * near
            sway = rng.uniform(0, 2 * np.pi)
            x = self._x + away + 0.03 * near * np.sin(5 * along + sway)
            width = (0.012 + 0.05 * near) * (1 - 0.6 * along)
            for reach, shade in ((top - foot, 0.1), (0.5 * (foot - top), 0.22)):
                length = 1.7 * abs(reach) / len(along)
                found.append((x, foot + along * reach, length, width, np.full(len(along), shade)))
        return found
