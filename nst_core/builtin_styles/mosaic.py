"""Mosaic: tesserae of glass and gold, set in rows that follow the forms."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from nst_core.builtin_styles.arrays import Field, limited
from nst_core.builtin_styles.cells import Cells, cells
from nst_core.builtin_styles.mosaic_design import Design
from nst_core.builtin_styles.noise import Noise, grid, smoothstep
from nst_core.builtin_styles.palettes import Palette, mix
from nst_core.builtin_styles.streamlines import FlowField, evenly_spaced

# The distance from row to row, and how much of it is mortar, in sides of the picture.
_ROW = 0.0175
_MORTAR = 0.0024
_LONGEST = 0.4
# Two tesserae closer than this would not both have room.
_NEAREST = 0.6 * _ROW
_BEVEL = 0.0022
# The share of tesserae that come from another heap.
_STRAY = 0.05


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    design = Design(rng)
    plan = FlowField(design.angle, design.label)
    x, y, angle = _apart(*_set(evenly_spaced(plan, _ROW, _LONGEST, rng), rng))
    colours = _colours(palette, design, plan.at(design.label, x, y), x, y, rng)
    found = cells(pixels, x, y, angle, reach=2.2 * _ROW, squareness=4.0)
    noise = Noise(rng)
    grid_x, grid_y = grid(pixels)
    ragged = noise.fractal(grid_x, grid_y, 120.0, 2, pixels=pixels)
    inside = found.edge - np.float32(_MORTAR / 2) + np.float32(0.0005) * ragged
    cloudy = noise.fractal(grid_x, grid_y, 45.0, 4, gain=0.7, pixels=pixels)
    light = 0.72 + 0.28 * smoothstep(0, _BEVEL, inside) + 0.09 * cloudy
    light += _shimmer(found, len(x), rng)
    glass = colours[found.seed] * light[..., None] + _relief(inside, pixels)[..., None]
    sand = noise.fractal(grid_x, grid_y, 220.0, 2, pixels=pixels)[..., None]
    mortar = 0.6 * mix(palette.main, 0.12) + 0.1 + 0.03 * sand
    cover = np.clip(inside * pixels + 0.5, 0, 1)[..., None]
    return limited(mortar + cover * (glass - mortar))


def _set(lines: list[Field], rng: np.random.Generator) -> tuple[Field, Field, Field]:
    """Returns positions (x, y) and directions of the tesserae along the rows."""
    tesserae = []
    for line in lines:
        points = len(line) - 1
        length = points * float(np.hypot(*(line[1] - line[0])))
        count = max(1, round(length / (_ROW * rng.uniform(0.95, 1.15)) + 0.5))
        at = (np.arange(count) + 0.5 + rng.normal(0, 0.07, count)) / count * points
        along = np.gradient(line, axis=0)
        x, y, east, south = (
            np.interp(at, np.arange(points + 1), side) for side in (*line.T, *along.T)
        )
        tesserae.append(np.stack([x, y, np.arctan2(south, east) + rng.normal(0, 0.05, count)]))
    x, y, angle = np.concatenate(tesserae, axis=1).astype(np.float32)
    return x, y, angle


def _apart(x: Field, y: Field, angle: Field) -> tuple[Field, Field, Field]:
    """Leaves out tesserae that have no room."""
    places = np.stack([x, y], axis=1)
    kept: list[int] = []
    near: dict[tuple[int, int], list[int]] = {}
    for number, (column, row) in enumerate(np.floor(places / _ROW).astype(int).tolist()):
        around = [
            other
            for right, down in product((-1, 0, 1), repeat=2)
            for other in near.get((column + right, row + down), ())
        ]
        if (np.hypot(*(places[around] - places[number]).T) >= _NEAREST).all():
            kept.append(number)
            near.setdefault((column, row), []).append(number)
    return x[kept], y[kept], angle[kept]


def _colours(
    palette: Palette,
    design: Design,
    label: NDArray[np.generic],
    x: Field,
    y: Field,
    rng: np.random.Generator,
) -> Field:
    """Returns the tesserae's colours, (n, 3)."""
    ramp, shade = design.ramps[label], design.shades[label]
    shade = shade + 0.16 * design.noise.fractal(x, y, 3.0, 2) + rng.normal(0, 0.11, len(x))
    stray = rng.uniform(0, 1, len(x)) < _STRAY
    return palette.mixed(np.where(stray, rng.integers(0, 3, len(x)), ramp), shade)


def _shimmer(found: Cells, count: int, rng: np.random.Generator) -> Field:
    """Returns how much more light each pixel reflects: every tessera is tilted its own way."""
    east, south = rng.normal(0, 1, (2, count)).astype(np.float32)
    sloping = east[found.seed] * found.along + south[found.seed] * found.across
    shimmer: Field = np.float32(0.06) * east[found.seed] + np.float32(2.2) * sloping
    return shimmer


def _relief(inside: Field, pixels: int) -> Field:
    """Returns the light on the tesserae's upper left edges, and the shadow opposite."""
    height = smoothstep(-0.0008, _BEVEL, inside) * np.float32(0.0016 * pixels)
    south, east = np.gradient(height)
    return limited(0.32 * (south + east), -0.2, 0.2)
