"""Cells around seeds, which give tesserae their shape, and the nearest border of a shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_core.builtin_styles.arrays import Field, Numbers
from nst_core.builtin_styles.noise import grid

_ROWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Cells:
    """The nearest seed of each pixel.

    Attributes:
        seed: (pixels, pixels), the seed's number.
        edge: distance to the cell's edge, in sides of the picture.
        along, across: position within the cell, along its seed's own axes, in sides.
    """

    seed: Numbers
    edge: Field
    along: Field
    across: Field


def cells(pixels: int, x: Field, y: Field, angle: Field, reach: float, squareness: float) -> Cells:
    """Finds the cells, after Hausner 2001, "Simulating decorative mosaics".

    Args:
        pixels: along one side.
        x, y, angle: (n,), the seeds and their directions.
        reach: an upper bound, in sides, on how far a pixel is from its two nearest seeds.
        squareness: the exponent p of the distance, (|u|^p + |v|^p)^(1/p); more than 2.
    """
    buckets = max(1, int(1.3 / reach))
    table = _table(x, y, buckets)
    seeds = _Seeds(x, y, np.cos(angle), np.sin(angle), squareness)
    px, py = grid(pixels)
    found = [
        _strip(px, py[first : first + _ROWS_AT_ONCE], seeds, table)
        for first in range(0, pixels, _ROWS_AT_ONCE)
    ]
    seed, edge, along, across = (np.concatenate(part) for part in zip(*found, strict=True))
    return Cells(seed, edge, along, across)


def _table(x: Field, y: Field, buckets: int) -> Numbers:
    """Returns the seeds by bucket, (buckets + 2, buckets + 2, most), padded with -1.

    The buckets cover -0.15..1.15, with a rim of empty ones around them.
    """
    column, row = (_bucket(places, buckets) for places in (x, y))
    place = row * (buckets + 2) + column
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place, minlength=(buckets + 2) ** 2)
    rank = np.arange(len(x)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full(((buckets + 2) ** 2, counts.max()), -1, np.int32)
    table[place[order], rank] = order
    return table.reshape(buckets + 2, buckets + 2, -1)


def _bucket(places: Field, buckets: int) -> Numbers:
    inside = np.floor((places + 0.15) / 1.3 * buckets).astype(np.int64)
    bucket: Numbers = np.clip(inside, 0, buckets - 1) + 1
    return bucket


@dataclass(frozen=True, eq=False)
class _Seeds:
    """Seeds, and how to measure distances from them."""

    x: Field
    y: Field
    cosine: Field
    sine: Field
    power: float

    def measure(self, px: Field, py: Field, number: Numbers) -> tuple[Field, ...]:
        """Returns the distance of pixels from given seeds, and their position along and across."""
        dx, dy = px - self.x.take(number), py - self.y.take(number)
        c, s = self.cosine.take(number), self.sine.take(number)
        along, across = c * dx + s * dy, c * dy - s * dx
        u, v = np.abs(along), np.abs(across)
        longer = np.maximum(u, v)
        ratio = np.minimum(u, v) / np.maximum(longer, np.float32(1e-9))
        return longer * (1 + ratio**self.power) ** np.float32(1 / self.power), along, across

    def slope(self, px: Field, py: Field, number: Numbers) -> tuple[Field, Field]:
        """Returns how fast the distance grows to the right and down."""
        distance, along, across = self.measure(px, py, number)
        c, s = self.cosine.take(number), self.sine.take(number)
        distance = np.maximum(distance, np.float32(1e-9))
        u, v = (
            np.sign(part) * (np.abs(part) / distance) ** np.float32(self.power - 1)
            for part in (along, across)
        )
        return c * u - s * v, s * u + c * v


def _strip(
    px: Field, py: Field, seeds: _Seeds, table: Numbers
) -> tuple[Numbers, Field, Field, Field]:
    """Finds the cells for some rows of pixels."""
    px, py = np.broadcast_arrays(px, py)
    buckets = table.shape[0] - 2
    column, row = _bucket(px, buckets), _bucket(py, buckets)
    first = np.full(px.shape, np.inf, np.float32)
    second = first.copy()
    nearest = np.zeros(px.shape, np.int32)
    next_nearest = nearest.copy()
    for down, right in np.ndindex(3, 3):
        candidates = table[row + down - 1, column + right - 1]
        for number in np.moveaxis(candidates, -1, 0):
            if (number < 0).all():
                break
            distance = seeds.measure(px, py, number)[0]
            distance[number < 0] = np.inf
            closer, close = distance < first, distance < second
            next_nearest = np.where(closer, nearest, np.where(close, number, next_nearest))
            second = np.where(closer, first, np.where(close, distance, second))
            nearest, first = np.where(closer, number, nearest), np.where(closer, distance, first)
    # To first order: the difference between the distances, divided by how fast it grows.
    ways = seeds.slope(px, py, nearest), seeds.slope(px, py, next_nearest)
    growth = np.hypot(ways[1][0] - ways[0][0], ways[1][1] - ways[0][1])
    edge = (second - first) / np.maximum(growth, np.float32(0.2))
    _, along, across = seeds.measure(px, py, nearest)
    return nearest, edge, along, across


def nearest_border(labels: Numbers) -> tuple[Field, Field]:
    """Returns the way from each sample to the nearest border between two labels.

    Found by jump flooding (Rong and Tan 2006, "Jump flooding in GPU with applications").

    Args:
        labels: (side, side).

    Returns:
        How far it is to the right and down, in samples.
    """
    side = labels.shape[0]
    border = np.zeros(labels.shape, np.bool_)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:, :] |= labels[1:, :] != labels[:-1, :]
    row, column = np.indices(labels.shape, np.int32)
    far = np.int32(-10 * side)
    to_row, to_column = np.where(border, row, far), np.where(border, column, far)
    step = 1 << (side - 1).bit_length() - 1
    while step:
        for down in (-step, 0, step):
            for right in (-step, 0, step):
                near = np.clip(row + down, 0, side - 1) * side + np.clip(
                    column + right, 0, side - 1
                )
                other_row, other_column = to_row.take(near), to_column.take(near)
                own = (to_row - row) ** 2 + (to_column - column) ** 2
                other = (other_row - row) ** 2 + (other_column - column) ** 2
                better = other < own
                to_row = np.where(better, other_row, to_row)
                to_column = np.where(better, other_column, to_column)
        step //= 2
    return (to_column - column).astype(np.float32), (to_row - row).astype(np.float32)
