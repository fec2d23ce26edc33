"""Colours as a distribution: its mean and covariance, and maps from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from nst_core.masks.regions import Region, StyleImage
from nst_core.networks.device import exact_device

# Added to the variances: the square of half an 8-bit step, on the scale 0..1. The colours of a
# grey or single-coloured picture have no spread in some directions, and nothing to stretch there.
_LEAST_VARIANCE = (0.5 / 255) ** 2
# Pixels whose moments are summed up at a time.
_PART = 2**20


def recolor(
    image: Tensor, style_images: Sequence[StyleImage], mask: Tensor | None = None
) -> Tensor:
    """Gives a picture the mean and covariance of the paintings' colours.

    Of all linear maps that do so, this one changes colours least on average (Pitie and Kokaram
    2007, "The linear Monge-Kantorovitch linear colour mapping", equation 4).

    Args:
        image: (1, 3, height, width), R'G'B', 0..1, float32.
        style_images: one or more; their moments are averaged by their weights.
        mask: how much each pixel of the picture counts towards its own moments, (1, 1, height,
            width); None if all count alike.

    Returns:
        A picture of the same shape, clipped to 0..1.
    """
    return Recoloring.of(image, style_images, mask).of_colors(image)


class Recoloring(NamedTuple):
    """An affine map of colours.

    Attributes:
        stretch: (3, 3), float64.
        shift: (3,), float64.
    """

    stretch: Tensor
    shift: Tensor

    @classmethod
    def of(
        cls, image: Tensor, style_images: Sequence[StyleImage], mask: Tensor | None = None
    ) -> Recoloring:
        """Returns the map that :func:`recolor` applies, whose arguments these are."""
        mean, covariance = _moments(image, mask)
        total = sum(painting.weight for painting in style_images)
        moments = [(p.weight / total, *_moments_of_style(p)) for p in style_images]
        wanted_mean = torch.stack([part * mean for part, mean, _ in moments]).sum(dim=0)
        wanted = torch.stack([part * covariance for part, _, covariance in moments]).sum(dim=0)
        root, inverse_root = _power(covariance, 0.5), _power(covariance, -0.5)
        stretch = inverse_root @ _power(root @ wanted @ root, 0.5) @ inverse_root
        return cls(stretch, wanted_mean - stretch @ mean)

    def of_colors(self, image: Tensor) -> Tensor:
        """Returns a picture, or a part of one, (1, 3, height, width), in its new colours."""
        mapped = torch.einsum("cd,ndhw->nchw", self.stretch.to(image), image)
        return (mapped + self.shift.to(image).view(1, 3, 1, 1)).clamp(0, 1).contiguous()


def recolor_regions(
    image: Tensor, regions: Sequence[Region], recolorings: Sequence[Recoloring] | None = None
) -> Tensor:
    """Gives each region of a picture the colours of its styles, mixed along soft edges.

    Args:
        image: (1, 3, height, width), R'G'B', 0..1, float32.
        regions: which styles are to be where; outside all of them, colours stay.
        recolorings: one for each region, where the picture is a part of another one; None: those
            that give the picture itself its styles' colours.

    Returns:
        A picture of the same shape, clipped to 0..1.
    """
    if recolorings is None:
        recolorings = [Recoloring.of(image, region.style_images, region.mask) for region in regions]
    mixed = image.clone()
    for region, recoloring in zip(regions, recolorings, strict=True):
        recolored = recoloring.of_colors(image)
        if region.mask is None:
            return recolored
        mixed += region.mask * (recolored - image)
    return mixed.clamp(0, 1)


# Of paintings that are still in use: at each evaluation, the picture is given their colours.
_KNOWN: WeakKeyDictionary[StyleImage, tuple[Tensor, Tensor]] = WeakKeyDictionary()


def _moments_of_style(painting: StyleImage) -> tuple[Tensor, Tensor]:
    """Returns what :func:`_moments` does, computed once for each painting."""
    if painting not in _KNOWN:
        _KNOWN[painting] = _moments(painting.image, painting.visible)
    return _KNOWN[painting]


def _moments(image: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Returns mean (3,) and covariance (3, 3) of the colours, float64, on the CPU."""
    home = exact_device(image.device)
    colors = image.flatten(start_dim=2).squeeze(0).to(home)
    share = torch.ones(1, device=home) if mask is None else mask.flatten().to(home)
    share = share.expand(colors.shape[1])
    total, mean = (torch.zeros(shape, dtype=torch.float64, device=home) for shape in ((), 3))
    # Part by part: in float64, a large picture's colours would take twice its memory.
    for part, counts in zip(torch.split(colors, _PART, 1), torch.split(share, _PART), strict=True):
        total += counts.double().sum()
        mean += _exact(part) @ counts.double()
    mean /= total
    covariance = torch.zeros(3, 3, dtype=torch.float64, device=home)
    for part, counts in zip(torch.split(colors, _PART, 1), torch.split(share, _PART), strict=True):
        apart = _exact(part) - mean[:, None]
        covariance += (apart * (counts.double() / total)) @ apart.T
    return mean.cpu(), covariance.cpu() + _LEAST_VARIANCE * torch.eye(3, dtype=torch.float64)


def _exact(colors: Tensor) -> Tensor:
    """Returns (3, pixels) in float64, channel by channel, however they lie in memory."""
    return colors.to(torch.float64, memory_format=torch.contiguous_format)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Returns a power of a symmetric positive definite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    powers = values.clamp(min=_LEAST_VARIANCE**2).pow(exponent)
    raised: Tensor = vectors @ powers.diag() @ vectors.T
    return raised
