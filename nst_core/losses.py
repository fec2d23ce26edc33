"""The losses of Gatys, Ecker and Bethge (CVPR 2016): pure functions of tensors.

All of them compute in float32 whatever the number format of the feature maps: sums over a
million positions would drown in bfloat16's 8 bits.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of feature maps (equation 1, as a mean).

    Args:
        features, target: of the same shape.

    Returns:
        A scalar, 0 if both are equal.
    """
    return (features.float() - target.float()).square().mean()


def gram_matrix(features: Tensor) -> Tensor:
    """Correlations between feature maps, averaged over positions (equation 3, over h * w).

    Args:
        features: (1, channels, height, width).

    Returns:
        (channels, channels), symmetric, float32.
    """
    maps = features.float().flatten(start_dim=2).squeeze(0)
    gram: Tensor = _GramMatrix.apply(maps)  # type: ignore[no-untyped-call]
    return gram


def gram_gradient(maps: Tensor, symmetric: Tensor, positions: int) -> Tensor:
    """Carries a gradient by a Gram matrix over to the feature maps.

    Args:
        maps: (channels, positions looked at), float32.
        symmetric: (channels, channels), the gradient by the Gram matrix plus its transpose.
        positions: those of the whole picture, over which the Gram matrix was averaged.

    Returns:
        The gradient by ``maps``, in the layout channels_last, in which the network computes.
    """
    return (maps.T @ (symmetric / positions)).T


class _GramMatrix(torch.autograd.Function):
    """F F^T / positions, with one matrix product in its gradient where autograd makes two."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        ctx.save_for_backward(maps)
        gram: Tensor = maps @ maps.T / maps.shape[1]
        return gram

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (maps,) = ctx.saved_tensors
        return gram_gradient(maps, gradient + gradient.T, maps.shape[1])


def gram_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two Gram matrices (equation 4, as a mean over the entries).

    Args:
        gram, target: (channels, channels).
    """
    return (gram - target).square().mean()
