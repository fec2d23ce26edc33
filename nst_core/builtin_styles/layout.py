"""Where things go: evenly spread, but irregularly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.builtin_styles.arrays import Field

Circle = tuple[float, float, float]

# How far points reach beyond the edges, so that strokes cover these too.
_BEYOND = 0.05
_TRIES = 60


def scattered(rng: np.random.Generator, count: int) -> tuple[Field, Field]:
    """Returns about ``count`` points, evenly but irregularly spread, in random order."""
    rows = max(1, round(count**0.5))
    cells = np.stack(np.meshgrid(np.arange(rows), np.arange(rows)), axis=-1).reshape(-1, 2)
    points = (cells + rng.uniform(0, 1, cells.shape)) / rows
    rng.shuffle(points)
    points = points * (1 + 2 * _BEYOND) - _BEYOND
    return points[:, 0].astype(np.float32), points[:, 1].astype(np.float32)


def apart(
    rng: np.random.Generator,
    radii: Sequence[float],
    across: tuple[float, float],
    down: tuple[float, float],
    *,
    taken: Sequence[Circle] = (),
    room: float = 1.12,
) -> list[Circle]:
    """Returns circles (x, y, radius) that leave room between each other.

    Args:
        rng: decides where they are.
        radii: of the circles, in the order of placing; a circle that finds no room is left out.
        across, down: the ranges of their middles.
        taken: circles that are already there.
        room: the least distance between two middles, as a multiple of the sum of their radii.
    """
    placed = list(taken)
    for radius in radii:
        for _ in range(_TRIES):
            x, y = rng.uniform(*across), rng.uniform(*down)
            if all(np.hypot(x - p, y - q) > room * (radius + r) for p, q, r in placed):
                placed.append((x, y, radius))
                break
    return placed[len(taken) :]
