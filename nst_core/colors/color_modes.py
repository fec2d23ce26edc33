"""Whose colours the result has (Gatys et al. 2016, "Preserving color in neural artistic style
transfer"): what happens to the styles before painting, and to the picture afterwards.

At full resolution, in numpy: what counts here is the picture as people see it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nst_contract.settings import Settings
from nst_core.colors.cielab import from_lab, to_lab
from nst_core.colors.recolor import recolor
from nst_core.masks.regions import StyleImage
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Array, Picture, shown, to_rgb, to_tensor

# How many levels a channel's histogram distinguishes.
_LEVELS = 4096


def for_color(inputs: Inputs, settings: Settings) -> Inputs:
    """Returns the inputs with the styles recoloured as the settings ask.

    Args:
        inputs: the pictures as supplied.
        settings: ``color`` and ``color_strength``.
    """
    if settings.color == "style" or not settings.color_strength:
        return inputs
    return replace(
        inputs,
        styles=[
            replace(style, picture=_in_colors_of(inputs.content, style.picture, settings))
            for style in inputs.styles
        ],
    )


def finish(painted: Array, content: Picture, settings: Settings) -> Array:
    """Returns the painted colours adjusted as the settings ask.

    Args:
        painted: (height, width, 3), R'G'B', 0..1, of the content's size.
        content: the photograph, whose colours may be kept.
        settings: ``color`` and ``color_strength``.

    Returns:
        Colours of the same shape, 0..1. With ``luminance`` their lightness is the painting's and
        their a* and b* are the photograph's, as far as sRGB can show that; with ``histogram``
        each channel has the photograph's histogram.
    """
    strength = settings.color_strength
    if settings.color == "luminance":
        lab = to_lab(painted)
        lab[..., 1:] = _mixed(lab[..., 1:], to_lab(shown(content))[..., 1:], strength)
        return from_lab(lab)
    if settings.color == "histogram":
        matched = match_histograms(painted, shown(content), _visible(content))
        return _mixed(painted, matched, strength)
    return painted


def _in_colors_of(content: Picture, style: Picture, settings: Settings) -> Picture:
    """Returns a style recoloured towards the photograph, by as much as the strength says."""
    painting, strength = shown(style), settings.color_strength
    match settings.color:
        case "linear":
            wanted = to_rgb(recolor(to_tensor(style), [StyleImage(to_tensor(content))]))
            return style.with_rgb(_mixed(painting, wanted, strength))
        case "histogram":
            wanted = match_histograms(painting, shown(content), _visible(content), _visible(style))
            return style.with_rgb(_mixed(painting, wanted, strength))
        case _:
            return style.with_rgb(_in_greys(painting, shown(content), strength))


def _in_greys(painting: Array, photograph: Array, strength: float) -> Array:
    """Returns a painting in greys whose lightness has the photograph's mean and deviation.

    Gatys et al. 2016, "Preserving color", section 5, equation 10, in L* of CIELAB.
    """
    lab, light = to_lab(painting), to_lab(photograph)[..., 0]
    deviation = float(lab[..., 0].std()) or 1.0
    matched = (lab[..., 0] - lab[..., 0].mean()) * (light.std() / deviation) + light.mean()
    lab[..., 0] = _mixed(lab[..., 0], matched.clip(0, 100), strength)
    lab[..., 1:] *= 1 - strength
    return from_lab(lab)


def match_histograms(
    colors: Array,
    like: Array,
    like_visible: NDArray[np.bool_] | None = None,
    visible: NDArray[np.bool_] | None = None,
) -> Array:
    """Gives each channel the histogram of the same channel in another picture: the n-th lightest
    value becomes as light as the n-th lightest there.

    Args:
        colors, like: (height, width, 3), 0..1; their sizes may differ.
        like_visible, visible: which of their pixels count, (height, width); None for all.

    Returns:
        Colours of the shape of ``colors``.
    """
    matched = np.empty_like(colors)
    for channel in range(3):
        own_levels, own = _cumulative(colors[..., channel], visible)
        levels, shares = _cumulative(like[..., channel], like_visible)
        table = np.interp(own, shares, levels)
        matched[..., channel] = np.interp(colors[..., channel], own_levels, table)
    return matched


def _cumulative(
    values: Array, visible: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the levels that occur, and for each the share of values below it plus half of those
    at it.

    Equal values have no order among themselves, so each counts as the middle one.
    """
    counted = values if visible is None else values[visible]
    indices = np.rint(counted.ravel() * (_LEVELS - 1)).astype(np.intp)
    counts = np.bincount(indices, minlength=_LEVELS)
    occurs = np.flatnonzero(counts)
    shares = (np.cumsum(counts) - counts / 2)[occurs] / counts.sum()
    return occurs / (_LEVELS - 1), shares


def _visible(picture: Picture) -> NDArray[np.bool_] | None:
    return None if picture.alpha is None else picture.alpha > 0


def _mixed(one: Array, other: Array, strength: float) -> Array:
    mixed: Array = (one + np.float32(strength) * (other - one)).astype(np.float32)
    return mixed
