"""Gradient noise: smooth random fields that look the same at any resolution."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.arrays import Field, Numbers

_PERIOD = 256
# Keeps neighbouring octaves from having their zeros in the same places.
_SHIFT = (17.13, 71.71)
# Averaged over pixels r times as wide as its bumps, noise falls to exp(-0.7 r^2) of its height
# (measured); below 0.3 its values at the pixels' centres no longer resemble the means.
_LOST, _LEAST_SEEN = 0.7, 0.3


class Noise:
    """A random field over the whole plane (Perlin 2002, "Improving noise").

    Args:
        rng: decides the field; the number of draws is the same however the field is used.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        angles = rng.uniform(0, 2 * np.pi, (_PERIOD, _PERIOD)).astype(np.float32)
        self._east, self._south = np.cos(angles), np.sin(angles)

    def __call__(self, x: Field, y: Field, frequency: float) -> Field:
        """Returns the field at some points: about -1..1, mean 0.

        Args:
            x, y: points, in sides of the picture; their shapes must broadcast.
            frequency: bumps along one side of the picture.
        """
        x, y = np.broadcast_arrays(x * np.float32(frequency), y * np.float32(frequency))
        left, top = np.floor(x), np.floor(y)
        right_of, below = x - left, y - top
        column, row = left.astype(np.int32) % _PERIOD, top.astype(np.int32) % _PERIOD
        next_column, next_row = (column + 1) % _PERIOD, (row + 1) % _PERIOD

        def corner(i: Numbers, j: Numbers, dx: Field, dy: Field) -> Field:
            place = i * _PERIOD + j
            slope: Field = self._east.take(place) * dx + self._south.take(place) * dy
            return slope

        across, down = _fade(right_of), _fade(below)
        upper = corner(row, column, right_of, below)
        upper += across * (corner(row, next_column, right_of - 1, below) - upper)
        lower = corner(next_row, column, right_of, below - 1)
        lower += across * (corner(next_row, next_column, right_of - 1, below - 1) - lower)
        lower -= upper
        lower *= down
        lower += upper
        lower *= np.float32(1.5)
        return lower

    def fractal(
        self,
        x: Field,
        y: Field,
        frequency: float,
        octaves: int,
        *,
        gain: float = 0.5,
        pixels: int | None = None,
    ) -> Field:
        """Returns a sum of octaves, each of twice the frequency and ``gain`` times the height.

        Args:
            x, y, frequency: as for a call; the frequency is the first octave's.
            octaves: how many.
            gain: below 1; the larger, the rougher.
            pixels: along one side, if the points are the pixels of a picture: octaves too fine
                for it fade, as they would if a larger picture were scaled down.

        Returns:
            About -1..1, mean 0.
        """
        total = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
        height, sum_of_squares = 1.0, 0.0
        for octave in range(octaves):
            seen = 1.0 if pixels is None else np.exp(-_LOST * (frequency / pixels) ** 2)
            if seen > _LEAST_SEEN:
                shift_x, shift_y = (np.float32(octave * shift / frequency) for shift in _SHIFT)
                total += np.float32(height * seen) * self(x + shift_x, y + shift_y, frequency)
            sum_of_squares += height**2
            height *= gain
            frequency *= 2
        total /= np.float32(sum_of_squares**0.5)
        return total


def _fade(t: Field) -> Field:
    faded: Field = t * t * t * (t * (t * 6 - 15) + 10)
    return faded


def grid(pixels: int) -> tuple[Field, Field]:
    """Returns x as (1, pixels) and y as (pixels, 1): the pixels' centres, in sides."""
    places = (np.arange(pixels, dtype=np.float32) + np.float32(0.5)) / np.float32(pixels)
    return places[None, :], places[:, None]


def smoothstep(low: float, high: float, values: Field) -> Field:
    """Returns 0 up to ``low``, 1 from ``high`` on, and a smooth transition in between."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    step: Field = t * t * (3 - 2 * t)
    return step
