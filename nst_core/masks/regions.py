"""Where in the picture which style is painted, at one scale and at each layer of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.vgg_layers import stride


@dataclass(frozen=True, eq=False)
class StyleImage:
    """A style at the size at which it is looked at.

    Attributes:
        image: (1, 3, height, width), R'G'B', 0..1, float32.
        visible: how much each pixel counts, (1, 1, height, width), 0..1; None: all alike.
        weight: against the other paintings of its region.
    """

    image: Tensor
    visible: Tensor | None = None
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the picture, and what it is to look like.

    Attributes:
        paintings: one or more; their statistics are averaged by their weights.
        mask: how much each pixel of the picture belongs to it, (1, 1, height, width), 0..1;
            None: the whole picture.
        share: of the picture's area, 0..1. The region's loss counts that much, so that styles
            are as strong in small regions as in large ones.
    """

    style_images: Sequence[StyleImage]
    mask: Tensor | None = None
    share: float = 1.0


def everywhere(*images: Tensor) -> list[Region]:
    """Returns the one region in which styles (1, 3, height, width) are mixed alike."""
    return [Region([StyleImage(image) for image in images])]


def at_layer(mask: Tensor, layer: str) -> Tensor:
    """Returns a mask for a layer's feature maps: each position gets the mean over its pixels.

    The pixels that it takes the mean of are those that the poolings bring together there.
    """
    return F.avg_pool2d(mask, stride(layer))


def shares(
    mask: Tensor | None, layers: Mapping[str, float], height: int, width: int
) -> dict[str, Tensor | float]:
    """Returns, for each layer, what each position counts, of all positions together 1.

    Args:
        mask: (1, 1, height, width), or None for the whole picture.
        layers: by name.
        height, width: of the picture.

    Returns:
        (1, 1, height, width) at the layer, or one number for all positions.
    """
    if mask is None:
        return {
            layer: 1 / ((height // stride(layer)) * (width // stride(layer))) for layer in layers
        }
    found = {layer: at_layer(mask, layer) for layer in layers}
    return {layer: maps / maps.sum() for layer, maps in found.items()}
