"""Pointillism: a river in the sun, in dots of pure colour that blend in the eye."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles import brushes
from nst_core.builtin_styles.arrays import Field, Mask, Numbers, limited
from nst_core.builtin_styles.canvas import Canvas
from nst_core.builtin_styles.layout import scattered
from nst_core.builtin_styles.noise import Noise, smoothstep
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND, Palette, mix
from nst_core.builtin_styles.strokes import Strokes

# The number of dots and their diameter in each round.
_ROUNDS = ((4000, 0.021), (10500, 0.0152), (9500, 0.0125), (5000, 0.0092))
# How far off its place a dot may land, which sets how sharp outlines are.
_UNSURE = 0.006

# Where something is, and the ramp and shade of its colours.
_Part = tuple[Mask, Numbers, Field]


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    scene = _Scene(rng)
    canvas = Canvas(pixels, mix(palette.main, 0.93))
    brush = brushes.dab(rng)
    for count, diameter in _ROUNDS:
        x, y = scattered(rng, count)
        off_x, off_y, doubt = rng.standard_normal((3, len(x))).astype(np.float32)
        ramp, shade = scene.look(x + _UNSURE * off_x, y + _UNSURE * off_y, doubt)
        colours = _divided(palette, ramp, shade, rng)
        across = diameter * rng.uniform(0.72, 1.05, len(x))
        along = across * rng.uniform(1, 1.3, len(x))
        strokes = Strokes.of(x, y, scene.lie(x, y) + 0.3 * doubt, along, across, colours)
        canvas.paint(strokes, brush, rng, tint=0.06, thickness=0.12)
    return canvas.lit(0.6)


def _divided(palette: Palette, ramp: Numbers, shade: Field, rng: np.random.Generator) -> Field:
    """Returns colours of dots that give the ramp's colour at this shade only when seen together."""
    # The next ramp glows through, and a few dots take the remaining one.
    other = rng.choice((0, 1, 2), len(ramp), p=(0.74, 0.16, 0.1))
    shades = shade + rng.normal(0, 0.12, len(ramp)) + 0.06 * (other > 0)
    colours = palette.mixed((ramp + other) % 3, shades)
    # Pure pigments are more saturated than the mixture.
    grey = colours.mean(axis=1, keepdims=True)
    return limited(grey + 1.2 * (colours - grey))


class _Scene:
    def __init__(self, rng: np.random.Generator) -> None:
        self._noise = Noise(rng)
        self._horizon = rng.uniform(0.36, 0.44)
        # The tall trees stand on one side, the sun on the other.
        self._left = rng.uniform() < 0.5
        self._sun = self._mirrored(rng.uniform(0.55, 0.72)), rng.uniform(0.12, 0.2)
        self._bank = rng.uniform(0.68, 0.76), rng.uniform(0.16, 0.3) * (1 if self._left else -1)
        self._trees = [
            (self._mirrored(x + rng.uniform(-0.04, 0.04)), foot, reach * rng.uniform(0.9, 1.15))
            for x, foot, reach in ((0.93, 0.68, 0.09), (0.3, 0.72, 0.12), (0.1, 0.88, 0.2))
        ]

    def _mirrored(self, x: float) -> float:
        return x if self._left else 1 - x

    def look(self, x: Field, y: Field, doubt: Field) -> tuple[Numbers, Field]:
        """Returns the ramp and shade at some points.

        Args:
            x, y: the points.
            doubt: normally distributed; blurs where one thing passes into another.
        """
        ramp, shade = self._sky(x, y, doubt)
        for there, ramp_there, shade_there in (
            self._far_bank(x, y),
            self._water(x, y, doubt),
            *self._meadow(x, y),
            *(part for tree in self._trees for part in self._tree(tree, x, y)),
        ):
            ramp, shade = np.where(there, ramp_there, ramp), np.where(there, shade_there, shade)
        return ramp, shade

    def _sky(self, x: Field, y: Field, doubt: Field) -> tuple[Numbers, Field]:
        sun = np.hypot(x - self._sun[0], y - self._sun[1])
        cloud = smoothstep(0.0, 0.6, self._noise.fractal(x * 0.45, y, 6.0, 4))
        shade = 0.45 + 0.3 * y / self._horizon + 0.3 * cloud
        glow = np.exp(-((sun / 0.11) ** 2)) + 0.45 * np.exp(-((sun / 0.3) ** 2))
        warm = glow + 0.22 * doubt > 0.62
        ring = 0.5 + 0.5 * np.exp(-((sun / 0.1) ** 2)) + 0.2 * np.exp(-((sun / 0.3) ** 2))
        return np.where(warm, ACCENT, MAIN), np.where(warm, ring, shade + 0.2 * glow)

    def _far_bank(self, x: Field, y: Field) -> _Part:
        top = self._horizon - 0.03 - 0.035 * self._noise(x, x * 0 + 0.3, 3.0)
        blue = self._noise(x, y, 14.0) < 0.05
        shade = 0.32 + 0.35 * self._noise(x, y, 11.0)
        return (y > top) & (y <= self._horizon), np.where(blue, MAIN, SECOND), shade

    def _water(self, x: Field, y: Field, doubt: Field) -> _Part:
        depth = (y - self._horizon) / (1 - self._horizon)
        ripple = self._noise.fractal(x * 0.22, y, 26.0, 2)
        away = (x - self._sun[0]) / (0.05 + 0.16 * np.clip(depth, 0, 1))
        glitter = np.exp(-(away**2)) + 0.45 * ripple + 0.3 * doubt > 0.75
        mirrored = depth < 0.15 + 0.06 * ripple
        ramp = np.where(glitter, ACCENT, np.where(mirrored, SECOND, MAIN))
        shade = np.where(glitter, 0.8, np.where(mirrored, 0.3, 0.42)) + 0.34 * ripple
        return y > self._horizon, ramp, shade

    def _meadow(self, x: Field, y: Field) -> list[_Part]:
        noise = self._noise
        level, tilt = self._bank
        meadow = y > level + tilt * (x - 0.5) + 0.03 * noise(x, x * 0 + 7.1, 5.0)
        light = noise.fractal(x, y * 1.8, 4.0, 4)
        flowers = meadow & (noise(x + 3, y * 1.6, 21.0) > 0.42)
        shadow = meadow & (light < -0.3)
        return [
            (meadow, np.full(x.shape, SECOND), 0.58 + 0.4 * light),
            (flowers, np.full(x.shape, ACCENT), 0.5 + 0.4 * light),
            (shadow, np.full(x.shape, MAIN), 0.22 + 0.2 * noise(x, y, 12.0)),
        ]

    def _tree(self, tree: tuple[float, float, float], x: Field, y: Field) -> list[_Part]:
        middle, foot, reach = tree
        top = foot - 0.3 - reach / 2
        noise = self._noise
        slender = np.abs(x - middle + 0.02 * noise(y, x, 4.0)) < 0.1 * reach
        trunk = slender & (y > top) & (y < foot)
        round_ = np.hypot(x - middle, 0.85 * (y - top)) / reach
        crown = round_ + 0.35 * noise.fractal(x, y, 9.0, 3) < 1
        towards_sun = np.sign(self._sun[0] - middle) * (x - middle) - (y - top)
        lit = 0.38 + 0.36 * towards_sun / reach + 0.42 * noise(x, y, 17.0)
        shaded = lit < 0.1
        return [
            (
                trunk,
                np.where(noise(x, y, 24.0) > 0.2, ACCENT, MAIN),
                0.08 + 0.2 * noise(x, y, 30.0),
            ),
            (crown, np.where(shaded, MAIN, SECOND), np.where(shaded, 0.1, lit)),
        ]

    def lie(self, x: Field, y: Field) -> Field:
        """Returns the direction in which dots are slightly elongated."""
        return np.where(y > self._horizon, 0.0, 1.2 * self._noise(x, y, 4.0))
