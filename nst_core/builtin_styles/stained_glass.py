"""Stained glass: pieces of coloured glass in lead, with daylight behind them."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.arrays import Field, limited
from nst_core.builtin_styles.noise import Noise, grid, smoothstep
from nst_core.builtin_styles.palettes import Palette
from nst_core.builtin_styles.stained_glass_design import MOST_PIECES, Window

# Half the width of a came (a strip of lead), and how far the glass cutter's hand strays, in sides.
_CAME = 0.0042
_WANDER = 0.008
# Lead is a little bluer than grey.
_LEAD = np.array([0.95, 1.0, 1.05], np.float32)


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    noise = Noise(rng)
    x, y = np.broadcast_arrays(*grid(pixels))
    astray_x, astray_y = (np.float32(_WANDER) * noise(x + shift, y, 5.0) for shift in (0, 5))
    window = Window(x + astray_x, y + astray_y, rng)
    glass = _glass(window, noise, x, y, palette, rng)
    lead = _lead(window.distance, noise, x, y)[..., None] * _LEAD
    cover = np.clip((np.float32(_CAME) - window.distance) * pixels + 0.5, 0, 1)[..., None]
    return limited(glass + cover * (lead - glass))


def _glass(
    window: Window, noise: Noise, x: Field, y: Field, palette: Palette, rng: np.random.Generator
) -> Field:
    pixels = len(x)
    turn, shift, paler = rng.uniform(0, 1, (3, MOST_PIECES)).astype(np.float32)
    # Streaks and ripples run in a different direction in each piece, the one it was drawn in.
    angle = (np.pi * turn).astype(np.float32)[window.piece]
    along = np.cos(angle) * x + np.sin(angle) * y
    across = np.cos(angle) * y - np.sin(angle) * x + 3 * shift[window.piece]
    streaks = noise.fractal(0.3 * along, across, 14.0, 4, gain=0.6, pixels=pixels)
    shade = window.shades + 0.22 * (paler - 0.5)
    colour = palette.mixed(window.ramps[window.piece], shade[window.piece] + 0.17 * streaks)
    ripple = noise.fractal(0.6 * along + 7, across, 26.0, 3, gain=0.6, pixels=pixels)
    south, east = np.gradient(ripple * np.float32(pixels / 40))
    bubbles = smoothstep(0.62, 0.7, noise(x + 9, y, 60.0)) * smoothstep(0.1, 0.5, noise(x, y, 9.0))
    daylight = 1.04 + 0.3 * noise.fractal(x, y, 1.6, 2) + 0.14 * (0.5 - y)
    glow = daylight + np.clip(-0.11 * (south + east), -0.25, 0.3) + 0.25 * bubbles
    # Dirt gathers along the lead.
    glow *= 0.5 + 0.5 * smoothstep(0.2 * _CAME, 4.5 * _CAME, window.distance)
    glow = glow[..., None]
    return limited(colour * glow + 0.12 * limited(glow - 1))


def _lead(distance: Field, noise: Noise, x: Field, y: Field) -> Field:
    """Returns rounded cames, lit from the upper left."""
    pixels = len(x)
    rounded = np.sqrt(np.clip(1 - (distance / np.float32(_CAME)) ** 2, 0, 1))
    south, east = np.gradient(rounded * np.float32(_CAME * pixels))
    light = np.clip(0.16 * (south + east), -0.2, 0.35)
    rough = noise.fractal(x, y, 70.0, 3, gain=0.7, pixels=pixels)
    return limited(0.13 + light + 0.04 * rough, 0.02)
