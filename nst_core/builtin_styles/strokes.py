"""Brushes, and the strokes painted with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nst_core.builtin_styles.arrays import Field

Flow = Callable[[Field, Field], Field]


@dataclass(frozen=True)
class Brush:
    """What a stroke leaves, along it (columns, from its start) and across it (rows).

    Attributes:
        outline: (columns,), the width at each point along, as a fraction of the greatest; 0..1.
        load: (variants, rows, columns), how much of the ground is covered; 0..1.
        relief: same shape, how thick the paint lies; 0..1.
        tint: same shape, how much lighter the paint is than its colour; about -1..1.
    """

    outline: Field
    load: Field
    relief: Field
    tint: Field


@dataclass(frozen=True)
class Strokes:
    """Some strokes, in the order of painting. Lengths are in sides of the picture.

    Attributes:
        x, y: (n,), their middles.
        angle: (n,), directions, in radians, from x to y.
        length, width: (n,).
        colour: (n, 3), 0..1.
        bend: (n,), curvature: one over the radius; positive turns from x to y.
        opacity: (n,), 0..1.
    """

    x: Field
    y: Field
    angle: Field
    length: Field
    width: Field
    colour: Field
    bend: Field
    opacity: Field

    @classmethod
    def of(
        cls,
        x: Field,
        y: Field,
        angle: ArrayLike,
        length: ArrayLike,
        width: ArrayLike,
        colour: ArrayLike = 0.0,
        bend: ArrayLike = 0.0,
        opacity: ArrayLike = 1.0,
    ) -> Strokes:
        """Returns strokes; a single value applies to all of them."""

        def each(value: ArrayLike) -> Field:
            return np.broadcast_to(np.asarray(value, np.float32), x.shape)

        colours = np.broadcast_to(np.asarray(colour, np.float32), (len(x), 3))
        return cls(
            each(x), each(y), each(angle), each(length), each(width), colours, each(bend),
            each(opacity),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, part: slice | NDArray[np.generic]) -> Strokes:
        return Strokes(*(value[part] for value in vars(self).values()))


def followed(flow: Flow, x: Field, y: Field, length: ArrayLike) -> tuple[Field, Field]:
    """Returns the angle and bend of strokes that follow a flow.

    Args:
        flow: returns the direction at some points, in radians.
        x, y: the strokes' middles.
        length: of the strokes.
    """
    angle = flow(x, y)
    ahead = np.asarray(length, np.float32) / 4
    east, south = np.cos(angle) * ahead, np.sin(angle) * ahead
    turn = flow(x + east, y + south) - flow(x - east, y - south)
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    # A stroke that turned by more than a right angle would no longer look like one.
    bend = np.clip(turn, -0.8, 0.8) / (2 * ahead)
    return angle, bend.astype(np.float32)
