"""Woodcut: light gouged out of a dark block, printed over blocks of flat colour."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nst_core.builtin_styles import brushes, landscape
from nst_core.builtin_styles.arrays import Field
from nst_core.builtin_styles.canvas import coverage
from nst_core.builtin_styles.landscape import Landscape
from nst_core.builtin_styles.noise import Noise, grid, smoothstep
from nst_core.builtin_styles.palettes import ACCENT, MAIN, SECOND, Palette, mix
from nst_core.builtin_styles.streamlines import BEYOND, FlowField, cut, evenly_spaced
from nst_core.builtin_styles.strokes import Strokes

_SEPARATION = 0.0115
_LONGEST = 0.24
# Anything darker than this stays uncut.
_DARK = 0.06
# A gouge enters the wood slowly and leaves it fast.
_ENTRY, _EXIT = 0.03, 0.008

# Ramp and shade of the colour block under each kind of thing.
_BLOCKS = {
    landscape.SKY: (SECOND, 0.66),
    landscape.CLOUD: (MAIN, 1.0),
    landscape.MOUNTAIN: (SECOND, 0.45),
    landscape.HILL: (ACCENT, 0.7),
    landscape.TREE: (ACCENT, 0.42),
    landscape.TRUNK: (MAIN, 0.75),
    landscape.ROCK: (SECOND, 0.85),
}


def paint(pixels: int, palette: Palette, rng: np.random.Generator) -> Field:
    """Returns the picture, (pixels, pixels, 3), 0..1."""
    land = Landscape(rng)
    gouged = _gouged(pixels, land, rng)
    noise = Noise(rng)
    x, y = grid(pixels)
    # The grain of the wood, stretched along the board, and the roughness of the paper.
    bowed = y + 0.02 * noise(x, y, 2.5)
    grain = noise.fractal(x * 0.1, bowed, 45.0, 4, gain=0.75, pixels=pixels)
    speck = noise.fractal(x, y, 150.0, 2, pixels=pixels)
    fibre = noise.fractal(x + 2, y, 90.0, 3, pixels=pixels)
    # Thin colour that shows the grain, and strong ink that misses only its hollows.
    colour = np.clip(0.86 - 0.25 * np.abs(grain) + 0.12 * speck, 0, 1)[..., None]
    paper = mix(palette.main, 0.97 + 0.03 * fibre)
    printed = paper + colour * (_blocks(pixels, land, palette) - paper)
    ink = (1 - gouged) * smoothstep(-1.0, -0.55, 0.55 - 0.9 * grain - 0.4 * speck)
    return printed + ink[..., None] * (mix(palette.main, 0.0) - printed)


def _gouged(pixels: int, land: Landscape, rng: np.random.Generator) -> Field:
    """Returns how much of the block is cut away, (pixels, pixels), 0..1."""
    plan = FlowField(land.angle, np.where(land.tone > _DARK, land.region, -1).astype(np.int32))
    pieces = cut(evenly_spaced(plan, _SEPARATION, _LONGEST, rng), finer=3)
    tone = np.clip(plan.at(land.tone, pieces.x, pieces.y), 0, 1)
    shape = np.minimum(pieces.begun / _ENTRY, pieces.left / _EXIT)
    trembling = rng.uniform(0.9, 1.08, len(tone))
    width = _SEPARATION * (0.12 + 0.84 * tone**0.7) * np.clip(shape, 0.15, 1) * trembling
    strokes = Strokes.of(pieces.x, pieces.y, pieces.angle, pieces.length, width)
    return coverage(pixels, strokes, brushes.nib(rng, steady=True), rng)


def _blocks(pixels: int, land: Landscape, palette: Palette) -> Field:
    """Returns the blocks of colour, (pixels, pixels, 3)."""
    looks = np.array([_BLOCKS[kind] for kind in range(len(_BLOCKS))])
    colours = palette.mixed(looks[:, 0], looks[:, 1])[land.kind]
    side = len(colours)
    margin = side * BEYOND / (1 + 2 * BEYOND)
    box = (margin, margin, side - margin, side - margin)
    layers = [
        Image.fromarray(np.ascontiguousarray(layer)).resize(
            (pixels, pixels), Image.Resampling.BICUBIC, box
        )
        for layer in np.moveaxis(colours, 2, 0)
    ]
    return np.stack([np.asarray(layer) for layer in layers], axis=-1).clip(0, 1)
