"""The brushes, knives and nibs that the painters hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.builtin_styles.arrays import Field, limited
from nst_core.builtin_styles.noise import Noise, smoothstep
from nst_core.builtin_styles.strokes import Brush

_VARIANTS = 8


def bristles(rng: np.random.Generator, dryness: float = 0.5) -> Brush:
    """A round hog-hair brush, full of paint.

    Args:
        rng: decides how each hair runs.
        dryness: at 0 a stroke covers to its end, at 1 it breaks up halfway.
    """
    along, across = _plane(48, 160)
    variants = []
    for _ in range(_VARIANTS):
        noise = Noise(rng)
        hair = noise.fractal(along * 0.25, across, 6.0, 3, gain=0.8)
        first = 0.05 + 0.06 * noise(_at(3.3), across, 9.0) + 0.1 * across**2
        last = 1 - dryness * (0.22 + 0.25 * noise(_at(7.7), across, 11.0))
        load = smoothstep(0, 0.05, along - first) * smoothstep(-0.02, 0.05, last - along)
        worn = smoothstep(0.25, 1.0, along) * dryness
        load = load * smoothstep(-0.25, 0.1, hair + 0.75 - worn)
        # Paint is pushed to the rims and piles up where the brush is set down.
        rim = smoothstep(0.6, 0.85, np.abs(across)) * (1 - smoothstep(0.85, 1, np.abs(across)))
        heap = np.exp(-(((along - 0.12) / 0.09) ** 2)) * (1 - across**2)
        relief = 0.45 + 0.3 * hair + 0.3 * rim + 0.25 * heap
        variants.append((load, limited(relief) * load, hair - 0.4 * rim))
    return _brush(limited(np.sin((0.94 * along[0] + 0.06) * np.pi)) ** 0.4, variants)


def dab(rng: np.random.Generator) -> Brush:
    """The tip of a small round brush, set down once: a dot with a raised rim."""
    along, across = _plane(32, 32)
    along = 2 * along - 1
    variants = []
    for _ in range(_VARIANTS):
        noise = Noise(rng)
        bearing = np.arctan2(across, along)
        wobble = 0.1 * noise(np.cos(bearing) * 0.5 + 5, np.sin(bearing) * 0.5 + 5, 2.2)
        distance = np.hypot(along, across) + wobble
        load = 1 - smoothstep(0.82, 0.98, distance)
        rim = np.exp(-(((distance - 0.7) / 0.16) ** 2))
        grain = noise(along, across, 2.5)
        relief = 0.55 + 0.35 * rim + 0.2 * grain
        variants.append((load, limited(relief) * load, 0.5 * grain - 0.4 * rim))
    return _brush(np.ones(32), variants)


def nib(rng: np.random.Generator, *, steady: bool = False) -> Brush:
    """A pen, needle or gouge, which draws an even line.

    Args:
        rng: decides where the ink runs thin.
        steady: if so, it never does.
    """
    along, across = _plane(8, 32)
    starved = 0.0 if steady else 0.25
    return _brush(
        np.ones(32),
        [
            (1 - starved * smoothstep(0.1, 0.7, Noise(rng)(along, across, 3.0)),)
            for _ in range(_VARIANTS)
        ],
    )


def wet(rng: np.random.Generator) -> Brush:
    """A soft, wet brush: pale inside, with the colour settling at the rim."""
    along, across = _plane(32, 96)
    variants = []
    for _ in range(_VARIANTS):
        noise = Noise(rng)
        pooled = noise.fractal(along * 2.5, across, 1.6, 3)
        rim = smoothstep(0.55, 0.95, np.abs(across + 0.1 * noise(along * 3, across, 2.0)))
        dry = smoothstep(-0.1, 0.35, noise(along * 0.6, across, 7.0) + 1.15 - 1.1 * along)
        variants.append(((0.55 + 0.22 * pooled + 0.32 * rim) * (0.35 + 0.65 * dry),))
    return _brush(limited(np.sin(np.pi * (0.04 + 0.96 * along[0]) ** 0.8)) ** 0.6, variants)


def knife(rng: np.random.Generator) -> Brush:
    """A palette knife: a smooth flat slab with streaks, a sharp rim and a heap at its end."""
    along, across = _plane(64, 128)
    variants = []
    for _ in range(_VARIANTS):
        noise = Noise(rng)
        sway = across + 0.12 * noise(along * 2, _at(4.0), 1.0)
        streaks = noise.fractal(along * 0.1, sway, 1.6, 4, gain=0.6)
        first = 0.03 + 0.05 * noise(_at(0.0), across, 4.0)
        last = 0.92 + 0.1 * noise(_at(9.0), across, 6.0)
        side = 0.9 + 0.08 * noise(along * 5, _at(2.0), 1.0)
        load = smoothstep(0, 0.02, along - first) * smoothstep(0, 0.03, last - along)
        load = load * smoothstep(0, 0.05, side - np.abs(across))
        # Towards the end the knife skips over the ground.
        bare = noise.fractal(along * 2, sway * 3, 3.0, 2) + along - 0.75
        load = load * (1 - 0.8 * smoothstep(0.35, 0.6, bare))
        rim = np.exp(-(((np.abs(across) - side + 0.07) / 0.05) ** 2))
        heap = np.exp(-(((along - last + 0.04) / 0.03) ** 2))
        relief = 0.35 + 0.1 * streaks + 0.45 * rim + 0.65 * heap
        variants.append((load, limited(relief) * load, streaks + 0.5 * heap))
    return _brush(np.ones(128), variants)


def _plane(rows: int, columns: int) -> tuple[Field, Field]:
    """Returns positions along as (1, columns), 0..1, and across as (rows, 1), -1..1."""
    along = (np.arange(columns, dtype=np.float32) + 0.5) / columns
    across = (np.arange(rows, dtype=np.float32) + 0.5) / rows * 2 - 1
    return along[None, :], across[:, None]


def _at(place: float) -> Field:
    return np.array([[place]], np.float32)


def _brush(outline: Field, variants: Sequence[tuple[Field, ...]]) -> Brush:
    """Returns a brush.

    Args:
        outline: as in :class:`Brush`.
        variants: load, relief and tint of each; without the last two the paint is flat.
    """
    kinds = [np.stack(kind).astype(np.float32) for kind in zip(*variants, strict=True)]
    flat = np.zeros_like(kinds[0])
    load, relief, tint = (*kinds, flat, flat)[:3]
    return Brush(outline.astype(np.float32), limited(load), relief, tint)
