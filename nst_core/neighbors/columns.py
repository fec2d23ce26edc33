"""Feature columns: what the layers of a network say about one place of a picture, stacked.

A place is a square of GRID x GRID pixels. Its column depends on the picture within the network's
sight alone, so that columns can be computed tile by tile (see :func:`margins`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.vgg_layers import LAYERS, stride
from nst_core.pictures.tile_margins import ALIGNMENT, Margins
from nst_core.pictures.tile_margins import GRID as TILE_GRID

# Pixels on a side of a place: columns are a quarter of the picture's sides, as in the paper.
GRID = 4


def depth_weights(layers: Iterable[str], depth: float) -> dict[str, float]:
    """Returns the weight of each layer within a column.

    Args:
        layers: by name.
        depth: weight of the deepest block; the shallowest gets 1 / depth and those between follow
            geometrically, so that the middle keeps 1. Above 1, strokes and shapes count for more
            than colour and grain.
    """
    steps = {layer: math.log2(stride(layer)) for layer in layers}
    first, last = min(steps.values()), max(steps.values())
    middle, half = (first + last) / 2, (last - first) / 2
    return {
        layer: float(depth ** ((step - middle) / half)) if half else 1.0
        for layer, step in steps.items()
    }


def on_grid(maps: Tensor, layer: str, height: int, width: int) -> Tensor:
    """Brings a layer's maps to one value for each place.

    Finer maps are averaged over the place. Coarser ones are interpolated bilinearly between their
    positions' centres: taken as they are, the network's squares of 8 pixels would all but double
    the seams between neighbours that are matched with different parts of the painting. What the
    poolings left over at the lower and right edge continues the last position.

    Args:
        maps: (1, channels, ...) of the layer.
        height, width: of the picture, or of the tile with its margin, in pixels.

    Returns:
        (1, channels, height // GRID, width // GRID), float32 or better.
    """
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    factor = stride(layer)
    if factor < GRID:
        return F.avg_pool2d(maps, GRID // factor)
    if factor > GRID:
        maps = F.interpolate(
            maps, scale_factor=factor // GRID, mode="bilinear", align_corners=False
        )
        below, right = height // GRID - maps.shape[2], width // GRID - maps.shape[3]
        maps = F.pad(maps, (0, right, 0, below), mode="replicate")
    return maps


def columns(
    features: Mapping[str, Tensor], factors: Mapping[str, float], height: int, width: int
) -> Tensor:
    """Returns the columns of all places. Differentiable.

    Args:
        features: maps (1, channels, ...) of at least the layers in ``factors``.
        factors: what each layer is multiplied by, as :class:`nst_core.neighbors.style_places`
            makes them: from the style alone, the same for every picture that is compared with it.
            A single layer's columns serve to match that layer by itself.
        height, width: of the picture, or of the tile with its margin, in pixels.

    Returns:
        (1, channels of all layers, height // GRID, width // GRID), float32 or better.
    """
    return stacked(
        {layer: on_grid(features[layer], layer, height, width) for layer in factors}, factors
    )


def stacked(maps: Mapping[str, Tensor], factors: Mapping[str, float]) -> Tensor:
    """Returns columns of maps that are on the grid already, in their number format.

    Args:
        maps: (1, channels, rows, columns) of at least the layers in ``factors``.
        factors: as for :func:`columns`.
    """
    return torch.cat([maps[layer] * factor for layer, factor in factors.items()], dim=1)


def listed(maps: Tensor) -> Tensor:
    """Returns maps (1, channels, height, width) as one row for each place: (places, channels)."""
    # In this way the gradient keeps the layout channels_last, in which the network computes.
    return maps.permute(0, 2, 3, 1).flatten(end_dim=2)


def margins(layers: Iterable[str]) -> Margins:
    """Returns how far to look beyond a tile for its own columns, and for their gradient.

    As :func:`nst_core.pictures.tile_margins.margins`, and one position more of the deepest layer,
    which the interpolation reads.
    """
    order = list(LAYERS)
    deepest = max(layers, key=order.index)
    last = order.index(deepest)
    sight = sum(stride(name) for name in order[: last + 1] if name.startswith("relu"))
    sight += stride(deepest) if stride(deepest) > GRID else 0
    return Margins(_up(sight, TILE_GRID), _up(round(1.6 * sight), ALIGNMENT))


def _up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
