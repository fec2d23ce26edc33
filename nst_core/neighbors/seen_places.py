"""What the network sees at each place of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from nst_core.neighbors.columns import on_grid
from nst_core.networks.vgg import Vgg


def seen_places(network: Vgg, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
    """Looks at a picture.

    Args:
        network: computes the feature maps.
        image: (1, 3, height, width), R'G'B', 0..1.
        layers: names of the maps.

    Returns:
        Of each layer (1, channels, rows, columns) on the grid of places, in the network's number
        format.
    """
    return places_of(network.features(image, layers), image.shape, network.dtype)


def places_of(
    features: Mapping[str, Tensor], shape: torch.Size, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Returns what :func:`seen_places` does, of feature maps that were computed before.

    Args:
        features: by layer, (1, channels, ...).
        shape: of the picture, (1, 3, height, width).
        dtype: the network's number format.
    """
    return {layer: on_grid(maps, layer, *shape[2:]).to(dtype) for layer, maps in features.items()}
