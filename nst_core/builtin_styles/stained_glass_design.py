"""What the stained glass shows: a sun in rings of glass over hills and water, and roses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_core.builtin_styles.arrays import Field, Mask, Numbers
from nst_core.builtin_styles.layout import apart
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND

# More than there ever are.
MOST_PIECES = 4096
_STRAY = 0.12
_FAR = 9.0
_TURN = np.float32(2 * np.pi)


@dataclass(frozen=True)
class _Course:
    """A band of glass.

    Attributes:
        until: where the band ends, in the coordinate that runs across the bands.
        cuts: how often it is cut per unit of the coordinate that runs along it.
        ramp, shade: the look of its pieces.
    """

    until: float
    cuts: int
    ramp: int
    shade: float


_SUN = (
    _Course(0.045, 0, ACCENT, 0.95), _Course(0.085, 10, ACCENT, 0.72),
    _Course(0.14, 14, SECOND, 0.55), _Course(0.2, 12, ACCENT, 0.62),
    _Course(0.265, 20, SECOND, 0.4), _Course(0.34, 16, MAIN, 0.8), _Course(0.41, 24, MAIN, 0.5),
    _Course(0.49, 22, MAIN, 0.65), _Course(0.58, 30, MAIN, 0.35), _Course(0.68, 28, MAIN, 0.5),
    _Course(0.79, 36, MAIN, 0.25), _Course(_FAR, 34, MAIN, 0.4),
)  # fmt: skip
# The level, height and frequency of the waves, and the bands below.
_HILLS = (
    (0.62, 0.05, 6.0, (_Course(0.04, 11, ACCENT, 0.25), _Course(0.085, 14, ACCENT, 0.12),
                       _Course(_FAR, 12, ACCENT, 0.3))),
    (0.74, 0.04, 8.0, (_Course(0.04, 12, SECOND, 0.45), _Course(0.085, 11, ACCENT, 0.3),
                       _Course(_FAR, 14, SECOND, 0.2))),
    (0.85, 0.025, 11.0, (_Course(0.04, 11, MAIN, 0.8), _Course(0.085, 14, MAIN, 0.4),
                         _Course(0.135, 12, MAIN, 0.6), _Course(_FAR, 15, MAIN, 0.3))),
)  # fmt: skip
_ROSES = (0.12, 0.1, 0.085, 0.075, 0.07)
_ROSE_LOOKS = ((SECOND, ACCENT), (ACCENT, SECOND), (SECOND, MAIN))


class Window:
    """Pieces of glass.

    Args:
        x, y: (pixels, pixels), positions; where they wander, so do the cuts.
        rng: decides everything else.

    Attributes:
        piece: (pixels, pixels), the number of each pixel's piece.
        distance: how far the nearest cut is, in sides of the picture.
        ramps, shades: (MOST_PIECES,), the look of each piece.
    """

    def __init__(self, x: Field, y: Field, rng: np.random.Generator) -> None:
        self._x, self._y, self._rng = x, y, rng
        self.piece = np.zeros(x.shape, np.int32)
        self.distance = np.full_like(x, _FAR)
        self.ramps = np.zeros(MOST_PIECES, np.int32)
        self.shades = np.zeros(MOST_PIECES, np.float32)
        self._pieces = 0
        sun = rng.uniform(0.3, 0.7), rng.uniform(0.26, 0.36)
        self._add_sun(*sun)
        self._add_hills()
        for x_of, y_of, radius in apart(
            rng, _ROSES, (0.08, 0.92), (0.45, 0.95), taken=[(*sun, 0.18)]
        ):
            self._add_rose(x_of, y_of, radius)

    def _add_sun(self, x: float, y: float) -> None:
        right, down = self._x - x, self._y - y
        out = np.hypot(right, down)
        around = np.arctan2(down, right) / _TURN
        everywhere = np.ones(out.shape, np.bool_)
        self._lay(_SUN, everywhere, out, around, 1 / (_TURN * out + 1e-6), closed=True)

    def _add_hills(self) -> None:
        first, second = self._rng.uniform(0, 2 * np.pi, 2)
        for number, (level, height, waves, courses) in enumerate(_HILLS):
            wave = np.sin(waves * self._x + first + 2.1 * number)
            wave += 0.4 * np.sin(2.3 * waves * self._x + second)
            below = self._y - level + height * wave
            slanting = self._x + 0.35 * self._y * self._rng.choice((-1, 1))
            self._lay(courses, below > 0, below, slanting, np.full_like(below, 1.06))
            self._cut_along(below)

    def _add_rose(self, x: float, y: float, radius: float) -> None:
        rng = self._rng
        right, down = self._x - x, self._y - y
        petals, phase = int(rng.integers(5, 9)), rng.uniform(0, 2 * np.pi)
        turn = np.arctan2(down, right)
        away = np.hypot(right, down)
        out = away / (radius * (1 + 0.09 * np.cos(petals * turn + phase)))
        one, other = _ROSE_LOOKS[rng.integers(len(_ROSE_LOOKS))]
        courses = (
            _Course(0.3, 0, other, 0.85),
            _Course(0.66, petals, one, 0.7),
            _Course(_FAR, 2 * petals, one, 0.4),
        )
        around = (turn + phase / petals) / _TURN
        self._lay(courses, out < 1, out, around, 1 / (_TURN * away + 1e-6), closed=True)
        self._cut_along(out - 1)

    def _lay(
        self,
        courses: tuple[_Course, ...],
        where: Mask,
        across: Field,
        along: Field,
        growth: Field,
        *,
        closed: bool = False,
    ) -> None:
        """Fills a region, over what was there, with bands cut like courses of bricks.

        Args:
            courses: the bands.
            where: (pixels, pixels), the region.
            across, along: (pixels, pixels), its coordinates.
            growth: (pixels, pixels), how fast ``along`` grows, per side of the picture.
            closed: whether ``along`` goes round in a circle, from 1/2 straight on to -1/2.
        """
        ends = np.array([course.until for course in courses[:-1]], np.float32)
        steep = _growth(across)
        self.distance[where] = _FAR
        across, along, growth, steep = across[where], along[where], growth[where], steep[where]
        band = np.searchsorted(ends, across)
        cell, gap = self._bricks(courses, band, along, closed=closed)
        gap = np.minimum(gap / growth, np.abs(across[:, None] - ends).min(axis=1) / steep)
        self.distance[where] = np.minimum(self.distance[where], gap)
        self._number(courses, where, band, cell)

    def _bricks(
        self,
        courses: tuple[_Course, ...],
        band: Numbers,
        along: Field,
        *,
        closed: bool,
    ) -> tuple[Numbers, Field]:
        """Returns which brick of its band each pixel is in, and how far along the next cut is."""
        rng = self._rng
        cuts = np.array([course.cuts for course in courses], np.float32)[band]
        shift = rng.uniform(0, 1, len(courses)).astype(np.float32)[band]
        # Bricks differ in length: each cut is moved by a different part of it.
        moved = rng.uniform(-0.3, 0.3, (len(courses), 64)).astype(np.float32)
        around = np.where(cuts > 0, cuts, 1).astype(np.int64) if closed else np.int64(64)
        place = along * cuts + shift
        nearest = np.rint(place).astype(np.int64)
        cut = nearest + moved[band, nearest % around]
        cell = np.where(place < cut, nearest - 1, nearest) % around
        gap = np.where(cuts > 0, np.abs(place - cut) / np.maximum(cuts, 1), _FAR)
        return cell, gap.astype(np.float32)

    def _number(
        self,
        courses: tuple[_Course, ...],
        where: Mask,
        band: Numbers,
        cell: Numbers,
    ) -> None:
        """Numbers the new pieces, and chooses their looks."""
        rng = self._rng
        # All possible pieces, visible or not: which are visible depends on the size of a pixel.
        numbers = np.arange(len(courses) * 64)
        self.piece[where] = self._pieces + band * 64 + cell
        new = slice(self._pieces, self._pieces + len(numbers))
        ramps = np.array([course.ramp for course in courses])[numbers // 64]
        stray = rng.uniform(0, 1, len(numbers)) < _STRAY
        self.ramps[new] = np.where(stray, rng.integers(0, 3, len(numbers)), ramps)
        self.shades[new] = np.array([course.shade for course in courses])[numbers // 64]
        self._pieces += len(numbers)

    def _cut_along(self, field: Field) -> None:
        """Adds the cut along which a field is 0."""
        self.distance = np.minimum(self.distance, np.abs(field) / _growth(field))


def _growth(field: Field) -> Field:
    """Returns how fast a field grows, per side of the picture; at least 0.001."""
    south, east = np.gradient(field)
    growth: Field = np.maximum(np.hypot(east, south) * np.float32(len(field)), 1e-3)
    return growth
