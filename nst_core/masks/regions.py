"""Where each style is painted in the picture, at one scale and at each layer of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.vgg_layers import stride


@dataclass(frozen=True, eq=False)
class StyleImage:
    """A style picture at the size at which the network sees it.

    Attributes:
        image: (1, 3, height, width), R'G'B', 0..1, float32.
        visible: how much each pixel counts, (1, 1, height, width), 0..1; None if all count alike.
        weight: relative to the other style images of its region.
    """

    image: Tensor
    visible: Tensor | None = None
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the picture, and what it should look like.

    Attributes:
        style_images: one or more; the mean of their statistics is taken, by their weights.
        mask: how much each pixel of the picture belongs to it, (1, 1, height, width), 0..1;
            None for the whole picture.
        share: its share of the picture's area, 0..1. The region's loss is weighted by it, so that
            styles are as strong in small regions as in large ones.
    """

    style_images: Sequence[StyleImage]
    mask: Tensor | None = None
    share: float = 1.0


def everywhere(*images: Tensor) -> list[Region]:
    """Returns one region, the whole picture, with styles (1, 3, height, width) mixed equally."""
    return [Region([StyleImage(image) for image in images])]


def is_seen(mask: Tensor, factor: int) -> bool:
    """Tells whether any position counts at the layer with this stride, and so at all before it."""
    height, width = (side // factor * factor for side in mask.shape[2:])
    return bool(mask[..., :height, :width].any())


def at_layer(mask: Tensor, layer: str) -> Tensor:
    """Returns a mask for a layer's feature maps: the mean over the pixels of each position.

    These are the pixels that the poolings before the layer merge into that position.
    """
    return F.avg_pool2d(mask, stride(layer))


def shares(
    mask: Tensor | None, layers: Mapping[str, float], height: int, width: int
) -> dict[str, Tensor | float]:
    """Returns, for each layer, how much each position counts; all positions add up to 1.

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
