"""What the mosaic shows: roses and leaves on gold, above the sea."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.arrays import Mask
from nst_core.builtin_styles.cells import nearest_border
from nst_core.builtin_styles.layout import apart
from nst_core.builtin_styles.noise import Noise
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND
from nst_core.builtin_styles.streamlines import plan_grid

_SIDE = 512

# The upper edge, ramp and shade of each band.
_SEA = (
    (0.66, SECOND, 0.2), (0.695, MAIN, 0.85), (0.745, MAIN, 0.6), (0.8, MAIN, 0.35),
    (0.87, MAIN, 0.75), (0.91, MAIN, 0.2), (0.99, MAIN, 0.5),
)  # fmt: skip
_LEAVES = 24
_LEAF_LOOKS = ((MAIN, 0.3), (MAIN, 0.55), (SECOND, 0.35))
_ROSES = (0.19, 0.13, 0.12, 0.09, 0.08)


class Design:
    """Shapes, and the direction of rows along their borders.

    Args:
        rng: decides where they are.

    Attributes:
        label: (side, side), the number of the shape seen there, over the plan's square.
        angle: (side, side), the direction of rows, in radians.
        ramps, shades: (shapes,), the shapes' colours.
        noise: the source of all other irregularities.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.noise = Noise(rng)
        self._rng = rng
        self._x, self._y = np.broadcast_arrays(*plan_grid(_SIDE))
        self._looks = [(ACCENT, 0.62)]
        self.label = np.zeros((_SIDE, _SIDE), np.int32)
        self._add_sea()
        for _ in range(_LEAVES):
            self._add_leaf()
        self._add_roses()
        right, down = nearest_border(self.label)
        angle = np.arctan2(right, -down)
        # On the border itself the way to it has no direction; two samples away it does.
        self.angle = np.where(np.hypot(right, down) < 1, np.roll(angle, 2, axis=1), angle)
        ramps, shades = zip(*self._looks, strict=True)
        self.ramps, self.shades = np.array(ramps), np.array(shades, np.float32)

    def _add(self, where: Mask, ramp: int, shade: float) -> None:
        self._looks.append((ramp, shade))
        self.label[where] = len(self._looks) - 1

    def _add_sea(self) -> None:
        first, second = self._rng.uniform(0, 2 * np.pi, 2)
        for number, (level, ramp, shade) in enumerate(_SEA):
            wave = 0.035 * np.sin(9 * self._x + first + 0.5 * number)
            wave = wave + 0.014 * np.sin(21 * self._x + second)
            self._add(self._y > level + wave, ramp, shade)

    def _add_leaf(self) -> None:
        rng = self._rng
        turn, size = rng.uniform(0, np.pi), rng.uniform(0.05, 0.1)
        right, down = self._x - rng.uniform(0, 1), self._y - rng.uniform(0, 0.68)
        along = (np.cos(turn) * right + np.sin(turn) * down) / size
        across = (np.cos(turn) * down - np.sin(turn) * right) / size
        across = across + 0.25 * (along**2 - 0.3)
        blade = (np.abs(across) < 0.42 * (1 - along**2)) & (np.abs(along) < 1)
        ramp, shade = _LEAF_LOOKS[rng.integers(len(_LEAF_LOOKS))]
        self._add(blade & (across <= 0), ramp, shade)
        self._add(blade & (across > 0), ramp, shade + 0.3)

    def _add_roses(self) -> None:
        for x, y, radius in apart(self._rng, _ROSES, (0.05, 0.95), (0.05, 0.62)):
            right, down = self._x - x, self._y - y
            petals, phase = self._rng.integers(5, 9), self._rng.uniform(0, 2 * np.pi)
            wave = 1 + 0.11 * np.cos(petals * np.arctan2(down, right) + phase)
            out = np.hypot(right, down) / radius
            one, other = self._rng.permutation((MAIN, SECOND)).tolist()
            self._add(out < wave, one, 0.12)
            self._add(out < 0.86 * wave, one, 0.5)
            self._add(out < 0.66 * wave, other, 0.6)
            self._add(out < 0.5 * wave, other, 0.9)
            self._add(out < 0.34, one, 0.3)
            self._add(out < 0.22, ACCENT, 0.9)
