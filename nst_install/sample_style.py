"""Paints the demo's style picture: swirling thick strokes in blues and yellows.

Run with the engine's Python (``python -m nst_install.sample_style FILE``): unlike the rest of the
package, it needs numpy and Pillow. The same seed always paints the same picture, which therefore
need not be shipped.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Array = NDArray[np.float64]

SIZE = 512
# Painted larger and reduced, so that bristles get soft edges.
_CANVAS = 2 * SIZE

_NIGHT = np.array([[14, 22, 62], [28, 58, 128], [52, 108, 182], [112, 172, 212], [196, 222, 214]])
_LIGHT = np.array([[214, 120, 24], [240, 178, 38], [252, 220, 92], [255, 246, 196]])
_EARTH = np.array([[10, 20, 30], [18, 52, 58], [44, 92, 62], [122, 132, 48]])

# Centre (x, y) and reach of each whirl, as parts of the side; the sign is the sense of turning.
_WHIRLS = (
    (0.30, 0.30, 0.20), (0.72, 0.22, -0.15), (0.56, 0.52, 0.17), (0.12, 0.60, -0.12),
    (0.90, 0.52, 0.11), (0.06, 0.10, 0.10), (0.48, 0.07, -0.08),
)  # fmt: skip


@dataclass(frozen=True)
class Brush:
    """A round of strokes: how many, how wide and how long, in canvas pixels."""

    strokes: int
    width: float
    length: int


_BRUSHES = (Brush(900, 44, 26), Brush(2600, 24, 24), Brush(4200, 13, 20), Brush(1800, 8, 14))
_STEP = 5.0


def paint(seed: int = 7) -> Image.Image:
    """Returns the picture, SIZE pixels square."""
    rng = np.random.default_rng(seed)
    canvas = Image.new("RGB", (_CANVAS, _CANVAS), (24, 40, 92))
    draw = ImageDraw.Draw(canvas)
    for x, y, reach in _WHIRLS:
        # No stroke turns as sharply as the eye of a whirl: it is filled beforehand.
        draw.circle((x * _CANVAS, y * _CANVAS), 0.4 * abs(reach) * _CANVAS, (250, 214, 96))
    for brush in _BRUSHES:
        _strokes(draw, brush, rng)
    return _lit(canvas).resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def flow(points: Array) -> Array:
    """Returns the unit direction of the strokes at some points (rows of x and y)."""
    x, y = points.T / _CANVAS
    sky = np.stack([np.ones_like(x), 0.35 * np.cos(5.0 * x + 1.0)])
    for centre_x, centre_y, reach in _WHIRLS:
        away_x, away_y = x - centre_x, y - centre_y
        distance = np.hypot(away_x, away_y)
        strength = np.sign(reach) * 6.0 * np.exp(-((distance / reach) ** 2))
        sky += strength * np.stack([-away_y, away_x]) / (distance + 1e-6)
    # The land rolls along its own outline.
    land = np.stack([np.ones_like(x), 1.2 * np.cos(7.0 * x) + 0.5 * np.sin(19.0 * x + 9.0 * y)])
    direction = np.where(y > _horizon(x), land, sky).T
    unit: Array = direction / (np.hypot(*direction.T)[:, None] + 1e-6)
    return unit


def _colours(points: Array, rng: np.random.Generator) -> Array:
    """Returns the paint for strokes: the motif's colour, mixed by a hand that is never exact."""
    x, y = points.T / _CANVAS
    unsure = rng.standard_normal((2, len(points)))
    earth = _mix(_EARTH, 0.35 + 0.35 * np.sin(16.0 * x + 22.0 * y) + 0.25 * unsure[0])
    glow, ring = np.zeros_like(x), np.zeros_like(x)
    for centre_x, centre_y, reach in _WHIRLS:
        distance = np.hypot(x - centre_x, y - centre_y) / abs(reach)
        glow = np.maximum(glow, 1.15 - 1.25 * distance)
        ring += np.cos(9.0 * distance) * np.exp(-(distance**2) / 2)
    light = _mix(_LIGHT, 1.35 * glow - 0.35 + 0.22 * unsure[0])
    night = _mix(_NIGHT, 0.36 + 0.26 * ring + 0.16 * np.sin(11.0 * y + 3.0 * x) + 0.2 * unsure[0])
    sky = np.where((glow + 0.12 * unsure[1] > 0.45)[:, None], light, night)
    return np.where((y > _horizon(x))[:, None], earth, sky)


def _strokes(draw: ImageDraw.ImageDraw, brush: Brush, rng: np.random.Generator) -> None:
    """Draws a round of strokes, all of them following the flow."""
    # Some begin outside, so that the edges are covered too.
    points = rng.uniform(-0.12 * _CANVAS, 1.05 * _CANVAS, (brush.strokes, 2))
    path = [points]
    for _ in range(brush.length):
        path.append(path[-1] + _STEP * flow(path[-1]))
    lines = np.stack(path, axis=1)
    colours = _colours(lines[:, brush.length // 2], rng)
    lengths = (rng.uniform(0.5, 1.0, brush.strokes) * (brush.length + 1)).astype(int)
    for line, colour, length in zip(lines, colours, lengths, strict=True):
        _stroke(draw, line[:length], colour, brush.width, rng)


def _stroke(
    draw: ImageDraw.ImageDraw, line: Array, colour: Array, width: float, rng: np.random.Generator
) -> None:
    """Draws one stroke as a bundle of bristles."""
    along = np.gradient(line, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / _STEP
    # The brush is set down and lifted: thin at both ends.
    swell = np.sin(np.linspace(0.25, np.pi - 0.12, len(line)))[:, None] ** 0.5
    for offset in np.arange(-0.5, 0.5, 2.2 / width):
        bristle = line + normal * swell * (offset * width + rng.uniform(-0.6, 0.6))
        # Each bristle carries a little more or less paint; the rim of a stroke is darker.
        shade = np.clip(colour * (1.0 - 0.5 * offset**2) + rng.normal(0.0, 11.0), 0, 255)
        first = int(rng.uniform(0, 0.15) * len(line))
        last = len(line) - int(rng.uniform(0, 0.25) * len(line))
        red, green, blue = (int(value) for value in shade)
        draw.line(bristle[first:last].ravel().tolist(), fill=(red, green, blue), width=3)


def _lit(canvas: Image.Image) -> Image.Image:
    """Returns the canvas as if its thick paint stood out and were lit from the upper left."""
    pixels = np.asarray(canvas, dtype=np.float64)
    slope_y, slope_x = np.gradient(pixels.mean(axis=2))
    light = np.clip(-0.55 * (slope_x + slope_y), -26, 26)
    return Image.fromarray(np.clip(pixels + light[..., None], 0, 255).astype(np.uint8))


def _horizon(x: Array) -> Array:
    height: Array = 0.80 - 0.07 * np.sin(4.0 * x + 0.4) - 0.03 * np.sin(11.0 * x)
    return height


def _mix(palette: NDArray[np.int64], shade: Array) -> Array:
    """Returns the palette's colours at shades from 0, its darkest, to 1."""
    place = np.clip(shade, 0.0, 1.0) * (len(palette) - 1)
    steps = np.arange(len(palette))
    return np.stack([np.interp(place, steps, channel) for channel in palette.T], axis=1)


if __name__ == "__main__":
    paint().save(Path(sys.argv[1]))
