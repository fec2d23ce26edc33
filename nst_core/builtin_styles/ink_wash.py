"""Ink wash: misty mountains in thin, wet colours on rough paper, and a branch in ink."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles import brushes
from nst_core.builtin_styles.arrays import Field, limited
from nst_core.builtin_styles.branches import branch, reeds
from nst_core.builtin_styles.canvas import coverage
from nst_core.builtin_styles.layout import scattered
from nst_core.builtin_styles.noise import Noise, grid, smoothstep
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND, Palette, mix
from nst_core.builtin_styles.strokes import Brush, Strokes

# The ramps of the mountains, from far to near, and of the clouds.
_RANGES = (MAIN, MAIN, SECOND, MAIN, SECOND, MAIN)
_CLOUDS = (MAIN, ACCENT, SECOND, MAIN)
# How far the darker colour of a dried edge reaches inwards.
_RIM = 0.0035


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    sheet = _Sheet(pixels, palette, rng)
    _paint_sky(sheet, palette, rng)
    _paint_mountains(sheet, palette)
    _drag(sheet, palette, rng)
    _draw_in_ink(sheet, palette, rng)
    return sheet.dried()


class _Sheet:
    """Rough paper that adds up the optical density of the pigments on it (Beer-Lambert law).

    Attributes:
        pixels: along one side.
        x, y: (pixels, pixels), positions.
        noise: the source of its irregularities.
    """

    def __init__(self, pixels: int, palette: Palette, rng: np.random.Generator) -> None:
        self.pixels = pixels
        self.x, self.y = np.broadcast_arrays(*grid(pixels))
        self.noise = Noise(rng)
        self._ragged = self.noise.fractal(self.x, self.y, 9.0, 6, gain=0.55, pixels=pixels)
        self._pooled = self.noise.fractal(self.x + 3, self.y, 3.0, 4)
        self._grain = self.noise.fractal(self.x, self.y + 5, 110.0, 3, gain=0.7, pixels=pixels)
        self._paper = mix(palette.main, 1.0)
        self._density = np.zeros((pixels, pixels, 3), np.float32)

    def wash(
        self,
        depth: Field,
        colour: Field,
        strength: Field | float,
        *,
        wander: float,
        soft: Field,
        rim: float = 0.6,
    ) -> None:
        """Lays a wash.

        Args:
            depth: how far inside the wash's edge a pixel is, in sides; negative outside.
            colour: (3,), of the pigment.
            strength: 1 gives the colour itself.
            wander: how far the edge strays, in sides.
            soft: how far the edge bleeds where the paper is wet, in sides.
            rim: how much darker the edge dries.
        """
        depth = depth + np.float32(wander) * self._ragged
        edge = np.maximum(soft, np.float32(0.6 / self.pixels))
        cover = smoothstep(0, 1, np.float32(0.5) + depth / (2 * edge))
        settled = np.exp(-np.clip(depth, 0, None) / np.float32(_RIM))
        settled *= np.float32(rim) / (1 + edge / np.float32(_RIM))
        self.stain(cover * np.clip(0.8 + 0.3 * self._pooled + settled, 0, None) * strength, colour)

    def stain(self, amount: Field, colour: Field) -> None:
        """Adds ``amount`` times the pigment that gives the colour; it granulates on the paper."""
        absorbed = -np.log(np.clip(colour / self._paper, 0.02, 1))
        self._density += (amount * (1 - 0.35 * self._grain))[..., None] * absorbed

    def draw(self, strokes: Strokes, brush: Brush, colour: Field, rng: np.random.Generator) -> None:
        """Adds pigment with a brush."""
        self.stain(coverage(self.pixels, strokes, brush, rng), colour)

    def dried(self) -> Field:
        """Returns the picture, (pixels, pixels, 3), 0..1."""
        light = (1 + 0.022 * self._grain)[..., None]
        return limited(self._paper * np.exp(-self._density) * light)


def _paint_sky(sheet: _Sheet, palette: Palette, rng: np.random.Generator) -> None:
    x, y, noise = sheet.x, sheet.y, sheet.noise
    veil = smoothstep(-0.3, 0.9, noise.fractal(x + 3, y, 3.0, 4) + 0.5 - y)
    sheet.stain(0.34 * veil, mix(palette.main, 0.55))
    for number in range(16):
        middle_x, middle_y = rng.uniform(0, 1), rng.uniform(0, 0.62)
        radius = 0.19 * rng.uniform(0.3, 1) ** 1.3
        out = np.hypot(x - middle_x, (y - middle_y) * rng.uniform(1.1, 2.0))
        soft = 0.35 * radius * smoothstep(-0.2, 0.5, noise(x + 9 * middle_x, y, 3.5))
        ramp = np.array(_CLOUDS[number % len(_CLOUDS)])
        colour = palette.mixed(ramp, rng.uniform(0.4, 0.62))
        strength = rng.uniform(0.14, 0.36)
        wander = 0.35 * radius
        sheet.wash(radius - out, colour, strength, wander=wander, soft=soft, rim=1.1)


def _paint_mountains(sheet: _Sheet, palette: Palette) -> None:
    x, y, noise = sheet.x, sheet.y, sheet.noise
    for layer, ramp in enumerate(_RANGES):
        near = layer / (len(_RANGES) - 1)
        peaks = noise.fractal(x[:1] + 2.7 * layer, y[:1] * 0 + layer, 2.2 + near, 4, gain=0.45)
        depth = y - 0.3 - 0.5 * near + (0.16 - 0.07 * near) * peaks
        mist = np.exp(-np.clip(depth, 0, None) / np.float32(0.13 + 0.05 * near))
        fold = 1 + 0.5 * noise.fractal(x + layer, 0.6 * depth, 7.0, 3)
        soft = 0.02 * smoothstep(-0.1, 0.5, noise(x + 4 * layer, y, 4.0))
        colour = palette.mixed(np.array(ramp), 0.62 - 0.34 * near)
        sheet.wash(depth, colour, mist * fold * (0.28 + 0.34 * near), wander=0.008, soft=soft)
        # Another colour, dropped into the wet wash.
        spot = smoothstep(0.15, 0.7, noise(x + 8 + layer, y, 4.0)) * (depth > 0) * mist
        sheet.stain(0.32 * spot, mix(palette.accent, 0.45))


def _drag(sheet: _Sheet, palette: Palette, rng: np.random.Generator) -> None:
    """Drags an almost dry brush over the flanks of the mountains."""
    brush = brushes.bristles(rng, dryness=1.0)
    for ramp in (MAIN, SECOND):
        x, y = scattered(rng, 220)
        there = y + 0.2 * sheet.noise(x + 3 * ramp, y, 3.0) > 0.56
        x, y = x[there], y[there]
        steep = 0.7 * np.sign(sheet.noise(x, y * 0.4, 5.0)) + rng.normal(0, 0.25, len(x))
        length, width = rng.uniform(0.07, 0.18, len(x)), rng.uniform(0.02, 0.06, len(x))
        opacity, bend = rng.uniform(0.04, 0.2, len(x)), rng.normal(0, 3, len(x))
        strokes = Strokes.of(x, y, steep, length, width, bend=bend, opacity=opacity)
        sheet.draw(strokes, brush, palette.mixed(np.array(ramp), 0.34), rng)


def _draw_in_ink(sheet: _Sheet, palette: Palette, rng: np.random.Generator) -> None:
    brush = brushes.wet(rng)
    twigs, leaves = branch(rng)
    sheet.draw(reeds(rng), brush, mix(palette.main, 0.14), rng)
    sheet.draw(twigs, brush, mix(palette.main, 0.05), rng)
    sheet.draw(leaves, brush, mix(palette.main, 0.08), rng)
    x, y = scattered(rng, 240)
    size = 0.002 + 0.008 * rng.uniform(0, 1, len(x)) ** 5
    drops = Strokes.of(x, y, 0.0, size, size, opacity=rng.uniform(0.1, 0.6, len(x)))
    for part, ramp in ((slice(0, None, 2), MAIN), (slice(1, None, 2), ACCENT)):
        sheet.draw(drops[part], brushes.dab(rng), palette.mixed(np.array(ramp), 0.3), rng)
