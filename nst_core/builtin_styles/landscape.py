"""A landscape as an engraver sees it: everything has its light and the direction of its form."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.arrays import Field, Mask
from nst_core.builtin_styles.noise import Noise
from nst_core.builtin_styles.streamlines import BEYOND, plan_grid

SKY, CLOUD, MOUNTAIN, HILL, TREE, TRUNK, ROCK = range(7)

_SIDE = 720
# Where the light comes from: right, down, towards the viewer.
_LIGHT = (-0.52, -0.58, 0.63)
# Rounded things are hatched around these axes: the lines appear as ellipses.
_AXES = {CLOUD: (0.4, -0.9, -0.12), TREE: (0.4, -0.9, -0.12), ROCK: (0.9, -0.35, -0.2)}
# How ragged outlines are, how much direct light counts, and how far lines stray.
_RAGGED = {CLOUD: 0.22, TREE: 0.22, ROCK: 0.1}
_DIRECT = {CLOUD: 0.5, TREE: 0.8, ROCK: 0.8}
_STRAY = {CLOUD: 0.2, TREE: 0.5, ROCK: 0.2}

# From far to near: how many things stand on a hill, and how large they are.
_GROWTH = ((16, 0.02), (10, 0.032), (5, 0.055), (3, 0.085), (2, 0.12))
_TREES = 0.8
# Roughly the width of a clump of leaves in a crown, which must leave room for lines.
_CLUMP = 0.013

_Part = tuple[slice, slice]
_WHOLE = (slice(None), slice(None))


class Landscape:
    """Sky and clouds, mountains, hills, trees and rocks.

    Args:
        rng: decides where they are.

    Attributes:
        region: (side, side), the number of the thing seen there, over a plan's square; int32.
        kind: what kind of thing it is.
        angle: direction along its form, in radians.
        tone: from 0, in deep shade, to about 1, in full light.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._noise = Noise(rng)
        self._x, self._y = np.broadcast_arrays(*plan_grid(_SIDE))
        shape = self._x.shape
        self.region, self.kind = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        self.angle, self.tone = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self._things = 0
        horizon = rng.uniform(0.5, 0.56)
        self._add_sky(horizon)
        self._add_clouds(horizon)
        self._add_mountains(horizon)
        self._add_hills(horizon)

    def _add(self, where: Mask, kind: int, angle: Field, tone: Field, part: _Part = _WHOLE) -> None:
        """Adds a thing in front of the others; all arrays cover one part of the plan."""
        self._things += 1
        for raster, value in ((self.region, self._things), (self.kind, kind)):
            raster[part][where] = value
        for samples, values in ((self.angle, angle), (self.tone, tone)):
            samples[part][where] = values[where]

    def _add_sky(self, horizon: float) -> None:
        x, y, noise = self._x, self._y, self._noise
        angle = 0.25 * noise(x * 0.5, y, 2.5)
        tone = 0.5 + 0.42 * y / horizon + 0.2 * noise.fractal(x * 0.5, y, 4.0, 3)
        self._add(np.ones(x.shape, np.bool_), SKY, angle, tone)

    def _add_clouds(self, horizon: float) -> None:
        rng = self._rng
        for _ in range(4):
            x, y = rng.uniform(0, 1), rng.uniform(0.08, 0.75) * horizon
            for _ in range(16):
                aside, radius = rng.normal(0, 0.09), rng.uniform(0.025, 0.06)
                rise = abs(rng.normal(0, 0.03)) * np.exp(-((aside / 0.1) ** 2))
                self._add_ball(x + aside, y - rise, 1.25 * radius, radius, CLOUD, 0.55)

    def _add_mountains(self, horizon: float) -> None:
        for layer in range(2):
            x, y, noise = self._x + 3.7 * layer, self._y, self._noise
            peaks = np.abs(noise.fractal(x, x * 0 + layer, 2.2, 4, gain=0.4))
            ridge = horizon - 0.02 - (0.22 - 0.1 * layer) * (1 - 1.2 * peaks)
            down = np.clip(y - ridge, 0, 1)
            # Gullies run down from the ridge, each with a lit and a shaded side.
            gully = noise.fractal(x + 0.5 * noise(x, y, 3.0) * down, 0.2 * y, 7.0, 2)
            side = np.tanh(1.5 * np.gradient(gully, axis=1) * _SIDE / 7)
            tone = 0.56 + 0.1 * layer - 0.38 * side + 0.8 * down
            angle = np.pi / 2 - 0.75 * side + 0.3 * noise(x, y, 8.0)
            self._add(y > ridge, MOUNTAIN, angle, np.minimum(tone, 0.88))

    def _add_hills(self, horizon: float) -> None:
        x, y, noise = self._x, self._y, self._noise
        for layer, (count, size) in enumerate(_GROWTH):
            near = (layer + 1) / len(_GROWTH)
            level = horizon + 0.01 + (0.92 - horizon) * (layer / (len(_GROWTH) - 1)) ** 1.2
            phase = self._rng.uniform(0, 9)
            rolling = noise(x * (1.6 - 0.6 * near), x * 0 + phase, 3.0)
            ridge = level - (0.02 + 0.05 * near) * rolling
            slope = np.gradient(ridge, axis=1) * _SIDE / (1 + 2 * BEYOND)
            depth = np.clip((y - ridge) / (0.05 + 0.1 * near), 0, None)
            folds = noise.fractal(x, y * 1.5 + phase, 5.0 - 2 * near, 3)
            angle = np.arctan(slope * np.exp(-depth) + 0.9 * folds)
            tone = 0.7 - 0.34 * np.tanh(1.3 * depth) - 1.1 * slope + 0.3 * folds
            self._add(y > ridge, HILL, angle, np.minimum(tone, 0.94))
            for _ in range(count):
                self._grow(ridge[0], near, size)

    def _grow(self, ridge: Field, near: float, size: float) -> None:
        """Puts a tree or some rocks on a hill."""
        rng = self._rng
        x = rng.uniform(0, 1)
        crest = float(ridge[int((x + BEYOND) / (1 + 2 * BEYOND) * _SIDE)])
        foot = crest + rng.uniform(0, 0.03) * near
        size *= rng.uniform(0.7, 1.3)
        if rng.uniform() < _TREES:
            self._add_tree(x, foot, size)
            return
        for _ in range(4):
            radius = size * rng.uniform(0.2, 0.5)
            self._add_ball(x + rng.normal(0, 0.5) * size, foot, 1.4 * radius, radius, ROCK, 0.3)

    def _add_tree(self, x: float, foot: float, size: float) -> None:
        rng = self._rng
        lean = rng.normal(0, 0.15)
        up = (foot - self._y) / size
        aside = (self._x - x) / size - lean * up
        wide = 0.08 + 0.12 * np.exp(-5 * np.clip(up, -0.1, 9))
        trunk = (np.abs(aside) < wide) & (up > -0.1) & (up < 1.5)
        self._add(trunk, TRUNK, np.full_like(up, np.pi / 2 + lean), 0.4 - 3.5 * aside)
        clumps = round(np.clip((size / _CLUMP) ** 2, 5, 45))
        for _ in range(clumps):
            bearing, out = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1) ** 0.5
            right, high = 0.72 * out * np.cos(bearing), 0.58 * out * np.sin(bearing)
            middle = x + (right + lean * (1.5 + high)) * size, foot - (1.5 + high) * size
            radius = rng.uniform(0.7, 1.4) * size / clumps**0.5
            # The crown as a whole is round too.
            self._add_ball(*middle, 1.2 * radius, radius, TREE, 0.13 + 0.3 * (high - right))

    def _add_ball(
        self, x: float, y: float, across: float, down: float, kind: int, ambient: float
    ) -> None:
        """Adds a rounded thing.

        Args:
            x, y: its middle.
            across, down: its semi-axes.
            kind: what kind of thing it is.
            ambient: its tone in the shade.
        """
        part = (self._span(y, 1.3 * down), self._span(x, 1.3 * across))
        at_x, at_y = self._x[part], self._y[part]
        right, below = (at_x - x) / across, (at_y - y) / down
        rough = self._noise.fractal(at_x + x, at_y + y, 0.8 / down, 2)
        out = right**2 + below**2 + _RAGGED[kind] * rough
        front = np.sqrt(np.clip(1 - out, 0.02, 1))
        direct = _LIGHT[0] * right + _LIGHT[1] * below + _LIGHT[2] * front
        tone = ambient + _DIRECT[kind] * np.clip(direct, -0.3, 1)
        axis = _AXES[kind]
        # The cross product of the axis and the normal points along the ellipses.
        angle = np.arctan2(axis[2] * right - axis[0] * front, axis[1] * front - axis[2] * below)
        angle += _STRAY[kind] * self._noise(at_x, at_y, 25.0)
        self._add(out < 1, kind, angle, tone, part)

    @staticmethod
    def _span(middle: float, reach: float) -> slice:
        scale = _SIDE / (1 + 2 * BEYOND)
        first, last = (int((middle + BEYOND + side * reach) * scale) for side in (-1, 1))
        return slice(max(first, 0), max(last, 0))
