"""Evenly spaced lines that follow a flow."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nst_core.builtin_styles.arrays import Field, Mask, Numbers

T = TypeVar("T", bound=np.generic)

# Plans reach beyond the picture, so that lines do not end at its edges.
BEYOND = 0.06
_STEPS_PER_SEPARATION = 2
# How close, in separations, a line may come to another before it ends.
_NEAREST = 0.72
_MAP = 1100
# How many points the shortest line has.
_FEWEST = 3
# How many lines have their neighbours traced together.
_AT_ONCE = 24


@dataclass(frozen=True, eq=False)
class FlowField:
    """Where lines may run, and in which direction, as rasters of the picture and its surroundings.

    Attributes:
        angle: (side, side), in radians.
        region: (side, side); lines end where it changes, and keep out where it is below 0.
    """

    angle: Field
    region: Numbers

    def at(self, raster: NDArray[T], x: Field, y: Field) -> NDArray[T]:
        """Returns a raster's values at some points."""
        side = raster.shape[0]
        scale = side / (1 + 2 * BEYOND)
        column = np.clip(((x + BEYOND) * scale).astype(np.int32), 0, side - 1)
        row = np.clip(((y + BEYOND) * scale).astype(np.int32), 0, side - 1)
        found: NDArray[T] = raster.reshape(-1).take(row * side + column)
        return found


def plan_grid(side: int) -> tuple[Field, Field]:
    """Returns x as (1, side) and y as (side, 1): the positions of a plan's samples."""
    places = (np.arange(side, dtype=np.float32) + 0.5) / side * (1 + 2 * BEYOND) - BEYOND
    places = places.astype(np.float32)
    return places[None, :], places[:, None]


def evenly_spaced(
    plan: FlowField, separation: float, longest: float, rng: np.random.Generator
) -> list[Field]:
    """Returns lines that fill the plan (Jobard and Lefer 1997, "Creating evenly-spaced streamlines
    of arbitrary density").

    Args:
        plan: where they may run.
        separation: between neighbours, in sides of the picture.
        longest: how long a line may be, in sides.
        rng: decides where lines begin.

    Returns:
        Lines as (n, 2): x and y of points that are half a separation apart.
    """
    return _Weaver(plan, separation, longest, rng).weave()


class _Weaver:
    def __init__(
        self, plan: FlowField, separation: float, longest: float, rng: np.random.Generator
    ) -> None:
        self._plan = plan
        self._rng = rng
        self._separation = separation
        self._step = separation / _STEPS_PER_SEPARATION
        self._reach = max(2, round(longest / self._step / 2))
        step = self._step * plan.angle.shape[0] / (1 + 2 * BEYOND)
        way = np.stack([np.cos(plan.angle), np.sin(plan.angle)], axis=-1) * np.float32(step)
        self._way = way.reshape(-1, 2).astype(np.float32)
        self._taken = np.zeros((_MAP, _MAP), np.bool_)
        radius = separation * _NEAREST * _MAP / (1 + 2 * BEYOND)
        around = np.arange(-int(radius) - 1, int(radius) + 2)
        down, across = np.meshgrid(around, around, indexing="ij")
        disc = down**2 + across**2 <= radius**2
        self._disc = down[disc], across[disc]
        self._lines: list[Field] = []
        self._to_flank: deque[Field] = deque()

    def weave(self) -> list[Field]:
        """Fills the plan, from points all over it and then beside each line added."""
        count = max(64, round(0.6 / self._separation**2))
        fresh = self._rng.uniform(-BEYOND, 1 + BEYOND, (count, 2))
        for first in range(0, len(fresh), 256):
            self._try(fresh[first : first + 256])
            while self._to_flank:
                count = min(len(self._to_flank), _AT_ONCE)
                self._try(
                    np.concatenate([self._flanks(self._to_flank.popleft()) for _ in range(count)])
                )
        return self._lines

    def _flanks(self, line: Field) -> Field:
        """Returns starting points for neighbours on both sides of a line."""
        along = np.gradient(line, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
        normal *= self._separation / (np.hypot(*normal.T)[:, None] + 1e-9)
        middles = slice(len(line) // 2 % 4, None, 4)
        return np.concatenate([line[middles] + normal[middles], line[middles] - normal[middles]])

    def _try(self, seeds: Field) -> None:
        """Adds those lines through these seeds that have room."""
        seeds = seeds[self._is_free(seeds)].astype(np.float32)
        if not len(seeds):
            return
        paths = self._trace(seeds)
        region = self._plan.at(self._plan.region, paths[..., 0], paths[..., 1])
        same = (region == region[:, self._reach, None]) & (region >= 0)
        # Lines of equal length would end side by side.
        reaches = self._reach * self._rng.uniform(0.35, 1, (len(paths), 2))
        steps = np.arange(-self._reach, self._reach + 1)
        same &= (steps >= -reaches[:, :1]) & (steps <= reaches[:, 1:])
        for path, inside in zip(paths, same, strict=True):
            free = inside & self._is_free(path)
            if not free[self._reach]:
                continue
            ends = np.flatnonzero(~free)
            after = np.searchsorted(ends, self._reach)
            first = ends[after - 1] + 1 if after else 0
            last = ends[after] if after < len(ends) else len(path)
            last = first + self._until_it_meets_itself(path[first:last])
            if last - first >= _FEWEST:
                self._add(path[first:last])

    def _until_it_meets_itself(self, line: Field) -> int:
        """Returns how many points a line has before it comes too close to itself."""
        away = np.hypot(*(line[:, None] - line[None, :]).T)
        apart = np.arange(len(line))
        later = apart[:, None] - apart[None, :] > 2 * _STEPS_PER_SEPARATION
        meets = (later & (away < _NEAREST * self._separation)).any(axis=1)
        return int(np.argmax(meets)) if meets.any() else len(line)

    def _trace(self, seeds: Field) -> Field:
        """Returns paths (n, 2 reach + 1, 2) through the seeds, by the midpoint method."""
        side = self._plan.angle.shape[0]
        scale = side / (1 + 2 * BEYOND)
        sense = np.repeat(np.array([-1, 1], np.float32), len(seeds))[:, None]
        points = np.tile((seeds + np.float32(BEYOND)) * np.float32(scale), (2, 1))
        path = [points]
        for _ in range(self._reach):
            for start in (0.5, 1.0):
                cell = np.clip(points.astype(np.int32), 0, side - 1)
                way = self._way.take(cell[:, 1] * side + cell[:, 0], axis=0)
                points = path[-1] + np.float32(start) * sense * way
            path.append(points)
        both = np.stack(path, axis=1) / np.float32(scale) - np.float32(BEYOND)
        back, forth = both[: len(seeds)], both[len(seeds) :]
        return np.concatenate([back[:, :0:-1], forth], axis=1)

    def _add(self, line: Field) -> None:
        self._lines.append(line)
        self._to_flank.append(line)
        column, row = self._on_map(line)
        down, across = self._disc
        rows = np.clip(row[:, None] + down, 0, _MAP - 1)
        columns = np.clip(column[:, None] + across, 0, _MAP - 1)
        self._taken[rows, columns] = True

    def _is_free(self, points: Field) -> Mask:
        inside = (np.abs(points - 0.5) < 0.5 + BEYOND).all(axis=1)
        column, row = self._on_map(points)
        free: Mask = inside & ~self._taken[row, column]
        return free

    @staticmethod
    def _on_map(points: Field) -> tuple[Numbers, Numbers]:
        places = ((points + BEYOND) * (_MAP / (1 + 2 * BEYOND))).astype(np.int64)
        column, row = np.clip(places, 0, _MAP - 1).T
        return column, row


@dataclass(frozen=True, eq=False)
class Pieces:
    """Lines cut into short straight pieces, in order.

    Attributes:
        x, y, angle, length: (n,), of each piece, which overlaps its neighbours.
        begun, left: (n,), how far it is from the start and from the end of its line.
    """

    x: Field
    y: Field
    angle: Field
    length: Field
    begun: Field
    left: Field


def cut(lines: list[Field], finer: int = 2) -> Pieces:
    """Cuts lines into pieces.

    Args:
        lines: at least one, as :func:`evenly_spaced` returns them.
        finer: pieces for each pair of neighbouring points.
    """
    starts, ends, begun, left = [], [], [], []
    for line in lines:
        pieces = (len(line) - 1) * finer
        at = np.arange(pieces + 1) / finer
        points = np.stack([np.interp(at, np.arange(len(line)), side) for side in line.T], axis=1)
        step = float(np.hypot(*(line[1] - line[0]))) / finer
        starts.append(points[:-1])
        ends.append(points[1:])
        begun.append((np.arange(pieces) + 0.5) * step)
        left.append(begun[-1][::-1])
    first, last = np.concatenate(starts), np.concatenate(ends)
    x, y = ((first + last) / 2).T.astype(np.float32)
    along_x, along_y = (last - first).T.astype(np.float32)
    return Pieces(
        x, y, np.arctan2(along_y, along_x), 1.4 * np.hypot(along_x, along_y),
        np.concatenate(begun).astype(np.float32), np.concatenate(left).astype(np.float32),
    )  # fmt: skip
