"""Colours as a distribution: its mean and covariance, and maps from one to another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# Added to the variances, in squared units of 0..1 (half a step of 8 bits): a picture of one
# colour or of greys has directions without any spread, which cannot be stretched to another's.
_LEAST_VARIANCE = (0.5 / 255) ** 2


def recolor(content: Tensor, styles: Sequence[Tensor]) -> Tensor:
    """Gives the content the mean and covariance of the styles' colours.

    The linear map that does so with the least change of colours in the mean (Pitie and Kokaram
    2007, "The linear Monge-Kantorovitch linear colour mapping", equation 4).

    Args:
        content: (1, 3, height, width), R'G'B', 0..1, float32.
        styles: one or more pictures of the same layout and of any size, which count alike.

    Returns:
        A picture of the content's shape, clipped to 0..1.
    """
    mean, covariance = _moments(content)
    moments = [_moments(style) for style in styles]
    wanted_mean = torch.stack([mean for mean, _ in moments]).mean(dim=0)
    wanted = torch.stack([covariance for _, covariance in moments]).mean(dim=0)
    root, inverse_root = _power(covariance, 0.5), _power(covariance, -0.5)
    stretch = inverse_root @ _power(root @ wanted @ root, 0.5) @ inverse_root
    shift = wanted_mean - stretch @ mean
    mapped = torch.einsum("cd,ndhw->nchw", stretch.to(content), content)
    return (mapped + shift.to(content).view(1, 3, 1, 1)).clamp(0, 1).contiguous()


def _moments(image: Tensor) -> tuple[Tensor, Tensor]:
    """Returns mean (3,) and covariance (3, 3) of the colours, float64."""
    # On the CPU: not every accelerator has float64, and there is little to do.
    colors = image.flatten(start_dim=2).squeeze(0).cpu().double()
    mean = colors.mean(dim=1)
    apart = colors - mean[:, None]
    covariance = apart @ apart.T / colors.shape[1]
    return mean, covariance + _LEAST_VARIANCE * torch.eye(3, dtype=torch.float64)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Returns a power of a symmetric positive definite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    powers = values.clamp(min=_LEAST_VARIANCE**2).pow(exponent)
    raised: Tensor = vectors @ powers.diag() @ vectors.T
    return raised
