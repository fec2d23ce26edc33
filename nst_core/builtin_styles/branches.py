"""Plants drawn in a few strokes: a leafy branch, and reeds."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.strokes import Strokes

_STEP = 0.02


def reeds(rng: np.random.Generator, count: int = 120) -> Strokes:
    """Returns blades rising in tufts from the lower edge."""
    tufts = rng.uniform(0.02, 0.98, 6)
    foot = rng.choice(tufts, count) + rng.normal(0, 0.05, count)
    tall = rng.uniform(0.07, 0.26, count)
    lean = rng.normal(0, 0.25, count)
    return Strokes.of(
        foot + lean * tall / 2, 1.02 - tall / 2, lean - np.pi / 2, tall,
        rng.uniform(0.003, 0.009, count),
        bend=rng.normal(0, 2.2, count), opacity=rng.uniform(0.35, 0.95, count),
    )  # fmt: skip


def branch(rng: np.random.Generator) -> tuple[Strokes, Strokes]:
    """Returns the wood and the leaves of a branch that reaches in from one side."""
    from_left = rng.uniform() < 0.5
    start = (-0.04 if from_left else 1.04, rng.uniform(0.06, 0.3))
    growth = _Growth(rng)
    growth.grow(*start, 0.3 if from_left else np.pi - 0.3, 0.012, int(rng.integers(30, 38)))
    return growth.wood(), growth.leaves()


class _Growth:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._wood: list[tuple[float, ...]] = []
        self._leaves: list[tuple[float, ...]] = []

    def grow(self, x: float, y: float, angle: float, width: float, steps: int) -> None:
        """Grows a twig from a point in a direction, and further twigs from it."""
        rng = self._rng
        side = 1
        for step in range(steps):
            angle += rng.normal(0, 0.16)
            end_x, end_y = x + _STEP * np.cos(angle), y + _STEP * np.sin(angle)
            left = 1 - step / steps
            size = width * (0.35 + 0.65 * left)
            self._wood.append(((x + end_x) / 2, (y + end_y) / 2, angle, 1.5 * _STEP, size))
            x, y = end_x, end_y
            if width > 0.004 and step > 3 and rng.uniform() < 0.4:
                side = -side
                twig = angle + side * rng.uniform(0.5, 1.0)
                self.grow(x, y, twig, size * 0.5, int(rng.integers(4, 9)))
            elif step > 3 and rng.uniform() < 0.3:
                self._leaf_out(x, y, angle, 2)
        self._leaf_out(x, y, angle, int(rng.integers(4, 8)))

    def _leaf_out(self, x: float, y: float, angle: float, count: int) -> None:
        rng = self._rng
        for spread in rng.normal(0, 0.75, count):
            length = rng.uniform(0.028, 0.065)
            # Leaves droop.
            turn = angle + spread
            turn += 0.5 * np.sin(np.pi / 2 - turn)
            middle = x + length / 2 * np.cos(turn), y + length / 2 * np.sin(turn)
            self._leaves.append((*middle, turn, length, length * rng.uniform(0.16, 0.26)))

    def wood(self) -> Strokes:
        """Returns the twigs' strokes."""
        x, y, angle, length, width = np.array(self._wood, np.float32).T
        return Strokes.of(x, y, angle, length, width, opacity=0.9)

    def leaves(self) -> Strokes:
        """Returns the leaves' strokes, some with more ink and some with more water."""
        x, y, angle, length, width = np.array(self._leaves, np.float32).T
        opacity = self._rng.uniform(0.25, 1.0, len(x))
        bend = self._rng.normal(0, 5, len(x))
        return Strokes.of(x, y, angle, length, width, bend=bend, opacity=opacity)
