"""The losses of Gatys, Ecker and Bethge (CVPR 2016): pure functions of tensors.

All of them compute in float32 whatever the number format of the feature maps: sums over a
million positions would drown in bfloat16's 8 bits.
"""

from __future__ import annotations

from torch import Tensor


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
    return maps @ maps.T / maps.shape[1]


def gram_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two Gram matrices (equation 4, as a mean over the entries).

    Args:
        gram, target: (channels, channels).
    """
    return (gram - target).square().mean()
