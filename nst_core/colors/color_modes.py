"""Whose colours the result has (Gatys et al. 2016, "Preserving color in neural artistic style
transfer"): what happens to the styles before painting, and to the picture afterwards.

At full resolution, in numpy: what counts here is the picture as people see it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.colors.cielab import from_lab, to_lab
from nst_core.colors.recolor import recolor
from nst_core.masks.regions import StyleImage
from nst_core.masks.sharing import alpha_at
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Array, Picture, shown, to_rgb, to_tensor

# How many levels a channel's histogram distinguishes.
_LEVELS = 4096
# Rows of a picture that are counted at a time.
_STRIP = 256


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


def finish(
    painted: Array, content: Picture, settings: Settings, mask: Array | None = None
) -> Array:
    """Returns the painted colours adjusted as the settings ask.

    Args:
        painted: (height, width, 3), R'G'B', 0..1, of the content's size.
        content: the photograph, whose colours may be kept.
        settings: ``color`` and ``color_strength``.
        mask: how much of each pixel is painted, (height, width), 0..1; None for all of it.

    Returns:
        Colours of the same shape, 0..1. With ``luminance`` their lightness is the painting's and
        their a* and b* are the photograph's, as far as sRGB can show that; with ``histogram``
        what is seen of the painting has the histogram of what is seen of the photograph, in each
        channel.
    """
    strength = settings.color_strength
    if settings.color == "luminance":
        lab = to_lab(painted)
        lab[..., 1:] = _mixed(lab[..., 1:], to_lab(shown(content))[..., 1:], strength)
        return from_lab(lab)
    if settings.color == "histogram":
        visible = _visible(content)
        seen = visible if mask is None else mask if visible is None else mask * visible
        matched = match_histograms(painted, shown(content), visible, seen)
        return _mixed(painted, matched, strength)
    return painted


def _in_colors_of(content: Picture, style: Picture, settings: Settings) -> Picture:
    """Returns a style recoloured towards the photograph, by as much as the strength says."""
    painting, strength = shown(style), settings.color_strength
    match settings.color:
        case "linear":
            photograph = StyleImage(to_tensor(content), _mask(content))
            wanted = to_rgb(recolor(to_tensor(style), [photograph], _mask(style)))
            return style.with_rgb(_mixed(painting, wanted, strength))
        case "histogram":
            wanted = match_histograms(painting, shown(content), _visible(content), _visible(style))
            return style.with_rgb(_mixed(painting, wanted, strength))
        case _:
            return style.with_rgb(_in_greys(style, content, strength))


def _in_greys(style: Picture, content: Picture, strength: float) -> Array:
    """Returns a painting in greys whose lightness has the photograph's mean and deviation.

    Gatys et al. 2016, "Preserving color", section 5, equation 10, in L* of CIELAB.
    """
    lab, light = to_lab(shown(style)), to_lab(shown(content))[..., 0]
    mean, deviation = _mean_and_deviation(lab[..., 0], _visible(style))
    wanted_mean, wanted_deviation = _mean_and_deviation(light, _visible(content))
    stretch = wanted_deviation / (float(deviation) or 1.0)
    matched = (lab[..., 0] - mean) * stretch + wanted_mean
    lab[..., 0] = _mixed(lab[..., 0], matched.clip(0, 100), strength)
    lab[..., 1:] *= 1 - strength
    return from_lab(lab)


def _mean_and_deviation(values: Array, visible: Array | None) -> tuple[np.float32, np.float32]:
    mean = np.average(values, weights=visible)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=visible))


def match_histograms(
    colors: Array,
    like: Array,
    like_visible: Array | None = None,
    visible: Array | None = None,
) -> Array:
    """Gives each channel the histogram of the same channel in another picture: the n-th lightest
    value becomes as light as the n-th lightest there.

    Args:
        colors, like: (height, width, 3), 0..1; their sizes may differ.
        like_visible, visible: how much each of their pixels counts, (height, width), at least 0;
            None if all count alike.

    Returns:
        Colours of the shape of ``colors``; the same where none of them counts.
    """
    if visible is not None and not visible.any():
        return colors
    matched = np.empty_like(colors)
    for channel in range(3):
        own_levels, own = _cumulative(colors[..., channel], visible)
        levels, shares = _cumulative(like[..., channel], like_visible)
        table = np.interp(own, shares, levels)
        matched[..., channel] = np.interp(colors[..., channel], own_levels, table)
    return matched


def _cumulative(
    values: Array, visible: Array | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the levels that occur, and for each the share of values below it plus half of those
    at it.

    Equal values have no order among themselves, so each counts as the middle one.
    """
    counts = np.zeros(_LEVELS)
    # Strip by strip: numbers of levels, and what they count, are twice as large as the samples.
    for top in range(0, len(values), _STRIP):
        rows = slice(top, top + _STRIP)
        levels = np.rint(values[rows].ravel() * (_LEVELS - 1)).astype(np.intp)
        weights = None if visible is None else visible[rows].ravel()
        counts += np.bincount(levels, weights, _LEVELS)
    occurs = np.flatnonzero(counts)
    shares = (np.cumsum(counts) - counts / 2)[occurs] / counts.sum()
    return occurs / (_LEVELS - 1), shares


def _mask(picture: Picture) -> Tensor | None:
    """Returns how much each pixel counts in any statistics, (1, 1, height, width), 0..1; None if
    all count alike."""
    return alpha_at(picture.alpha, (picture.width, picture.height))


def _visible(picture: Picture) -> Array | None:
    """Returns the same as (height, width), not to be written to: not even a copy."""
    return None if picture.alpha is None or picture.alpha.min() == 1 else picture.alpha


def _mixed(one: Array, other: Array, strength: float) -> Array:
    mixed: Array = (one + np.float32(strength) * (other - one)).astype(np.float32)
    return mixed
