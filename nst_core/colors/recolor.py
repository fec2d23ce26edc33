"""Colours as a distribution: its mean and covariance, and maps from one to another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nst_core.masks.regions import Region, StyleImage

# Added to the variances: the square of half an 8-bit step, on the scale 0..1. The colours of a
# grey or single-coloured picture have no spread in some directions, and nothing to stretch there.
_LEAST_VARIANCE = (0.5 / 255) ** 2


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
    mean, covariance = _moments(image, mask)
    total = sum(painting.weight for painting in style_images)
    moments = [(p.weight / total, *_moments(p.image, p.visible)) for p in style_images]
    wanted_mean = torch.stack([part * mean for part, mean, _ in moments]).sum(dim=0)
    wanted = torch.stack([part * covariance for part, _, covariance in moments]).sum(dim=0)
    root, inverse_root = _power(covariance, 0.5), _power(covariance, -0.5)
    stretch = inverse_root @ _power(root @ wanted @ root, 0.5) @ inverse_root
    shift = wanted_mean - stretch @ mean
    mapped = torch.einsum("cd,ndhw->nchw", stretch.to(image), image)
    return (mapped + shift.to(image).view(1, 3, 1, 1)).clamp(0, 1).contiguous()


def recolor_regions(image: Tensor, regions: Sequence[Region]) -> Tensor:
    """Gives each region of a picture the colours of its styles, mixed along soft edges.

    Args:
        image: (1, 3, height, width), R'G'B', 0..1, float32.
        regions: which styles are to be where; outside all of them, colours stay.

    Returns:
        A picture of the same shape, clipped to 0..1.
    """
    mixed = image.clone()
    for region in regions:
        recolored = recolor(image, region.style_images, region.mask)
        if region.mask is None:
            return recolored
        mixed += region.mask * (recolored - image)
    return mixed.clamp(0, 1)


def _moments(image: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Returns mean (3,) and covariance (3, 3) of the colours, float64."""
    # On the CPU: not every accelerator has float64, and there is little to compute.
    colors = image.flatten(start_dim=2).squeeze(0).cpu().double()
    if mask is None:
        mean = colors.mean(dim=1)
        apart = colors - mean[:, None]
        covariance = apart @ apart.T / colors.shape[1]
    else:
        share = mask.flatten().cpu().double()
        share = share / share.sum()
        mean = colors @ share
        apart = colors - mean[:, None]
        covariance = (apart * share) @ apart.T
    return mean, covariance + _LEAST_VARIANCE * torch.eye(3, dtype=torch.float64)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Returns a power of a symmetric positive definite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    powers = values.clamp(min=_LEAST_VARIANCE**2).pow(exponent)
    raised: Tensor = vectors @ powers.diag() @ vectors.T
    return raised
