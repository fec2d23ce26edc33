"""A palette taken from a photograph."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.arrays import Field, Numbers
from nst_core.builtin_styles.palettes import Palette
from nst_core.colors.cielab import to_lab
from nst_core.pictures.picture import Picture

# Enough pixels to represent the colours.
_SAMPLES = 20_000
# Multiples of the golden section, less whole numbers, are spread evenly (Knuth, volume 3, 6.4): as
# integers, so that they are the same on every processor.
_WHOLE = np.uint64(2**32)
_GOLDEN_SECTION = np.uint64(2654435769)
_CLUSTERS, _ROUNDS = 3, 20
# Pixels are sorted from dark to light, and each colour of a ramp is the mean of those between two
# of these shares.
_SHARES = (0.0, 0.04, 0.3, 0.7, 0.96, 1.0)
# Ink and paper are the means of this share of all pixels at either end.
_ENDS = 0.02


def palette_of(picture: Picture) -> Palette:
    """Returns the colours of a picture as a palette.

    Its pixels fall into three groups by hue, by k-means (Lloyd 1982) in a* and b*. The largest is
    the main ramp, with the picture's darkest and lightest colours added; the more vivid of the
    other two is the accent. Fully transparent pixels do not count; one must be visible.
    """
    rgb = picture.rgb if picture.alpha is None else picture.rgb[picture.alpha > 0]
    pixels = _sampled(rgb.reshape(-1, 3))
    pixels = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
    lab = to_lab(pixels[None])[0]
    pixels = pixels[np.argsort(lab[:, 0], kind="stable")]
    lab = lab[np.argsort(lab[:, 0], kind="stable")]
    group = _groups(lab[:, 1:])
    sizes = np.bincount(group, minlength=_CLUSTERS)
    main = int(sizes.argmax())
    others = [number for number in range(_CLUSTERS) if number != main]
    second, accent = sorted(others, key=lambda number: _vividness(lab[group == number]))
    ends = max(1, round(_ENDS * len(pixels)))
    ramp = [pixels[:ends].mean(axis=0), *_ramp(pixels[group == main]), pixels[-ends:].mean(axis=0)]
    return Palette(
        np.array(ramp, np.float32),
        *(
            _ramp(pixels[group == number] if sizes[number] else pixels)
            for number in (second, accent)
        ),
    )


def _sampled(pixels: Field) -> Field:
    """Returns one of every few pixels (n, 3), which are given row by row.

    At equal distances they would come from a few columns only, if the width is a multiple of that.
    """
    step = np.uint64(max(1, len(pixels) // _SAMPLES))
    parts = np.arange(len(pixels) // int(step), dtype=np.uint64)
    within = parts * _GOLDEN_SECTION % _WHOLE * step // _WHOLE
    sampled: Field = pixels[parts * step + within]
    return sampled


def _groups(hues: Field) -> Numbers:
    """Returns the group number of each row; groups may be empty."""
    centres = [hues.mean(axis=0)]
    while len(centres) < _CLUSTERS:
        # The next centre starts as far as possible from the others.
        centres.append(hues[_distances(hues, np.array(centres)).min(axis=1).argmax()])
    middles = np.array(centres)
    for _ in range(_ROUNDS):
        nearest = _distances(hues, middles).argmin(axis=1)
        for number in range(_CLUSTERS):
            if (nearest == number).any():
                middles[number] = hues[nearest == number].mean(axis=0)
    group: Numbers = _distances(hues, middles).argmin(axis=1)
    return group


def _distances(hues: Field, centres: Field) -> Field:
    distances: Field = np.linalg.norm(hues[:, None] - centres[None], axis=2)
    return distances


def _vividness(lab: Field) -> float:
    return float(np.hypot(lab[:, 1], lab[:, 2]).mean()) if len(lab) else 0.0


def _ramp(pixels: Field) -> Field:
    """Returns a ramp made from pixels (n, 3) that are sorted from dark to light."""
    marks = np.array(_SHARES) * len(pixels)
    firsts = np.minimum(np.floor(marks[:-1]).astype(int), len(pixels) - 1)
    lasts = np.maximum(np.ceil(marks[1:]).astype(int), firsts + 1)
    means = [pixels[a:b].mean(axis=0) for a, b in zip(firsts, lasts, strict=True)]
    return np.array(means, np.float32)
