"""Feature columns: what the layers of a network say about one place of a picture, stacked.

A place is a square of PLACE x PLACE pixels. Its column depends on the picture within the network's
sight alone, so that columns can be computed tile by tile (see :func:`margins`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor
from torch.autograd.function import once_differentiable

from nst_contract.vgg_layers import LAYERS, stride
from nst_core.pictures.tile_margins import ALIGNMENT, GRID, Margins

# Pixels on a side of a place: columns are a quarter of the picture's sides, as in the paper.
PLACE = 4
# Numbers that are converted at a time: few enough to stay in a processor's cache; on accelerators,
# as many as are worth asking for, and take little memory.
_STRIP, _LARGE_STRIP = 2**18, 2**25


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
        (1, channels, height // PLACE, width // PLACE), float32 or better.
    """
    factor = stride(layer)
    if factor < PLACE:
        averages: Tensor = _Averages.apply(maps, PLACE // factor)  # type: ignore[no-untyped-call]
        return averages
    maps = maps.to(_exact(maps))
    if factor > PLACE:
        enlarged: Tensor = _Enlarged.apply(maps, factor // PLACE)  # type: ignore[no-untyped-call]
        maps = enlarged
        below, right = height // PLACE - maps.shape[2], width // PLACE - maps.shape[3]
        if below or right:
            maps = F.pad(maps, (0, right, 0, below), mode="replicate")
    return maps


def _exact(maps: Tensor) -> torch.dtype:
    return torch.promote_types(maps.dtype, torch.float32)


def _empty(beside: Tensor, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Returns maps on the same device, in the network's own layout."""
    return torch.empty(
        (1, *shape), dtype=dtype, device=beside.device, memory_format=torch.channels_last
    )


class _Averages(torch.autograd.Function):
    """Averages squares of positions in float32, without a copy of the maps in float32.

    The first layers' maps are the largest tensors of an evaluation, and their gradient says the
    same of all positions of a square.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, side: int) -> Tensor:
        ctx.shape, ctx.dtype, ctx.side = maps.shape, maps.dtype, side
        if maps.dtype == _exact(maps):
            return F.avg_pool2d(maps, side)
        _, channels, height, width = maps.shape
        averages = _empty(maps, (channels, height // side, width // side), _exact(maps))
        strip_size = _STRIP if maps.device.type == "cpu" else _LARGE_STRIP
        rows = max(1, strip_size // (channels * width * side))
        for first in range(0, height // side, rows):
            strip = maps[:, :, first * side : (first + rows) * side].to(_exact(maps))
            averages[:, :, first : first + rows] = F.avg_pool2d(strip, side)
        return averages

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        side, (_, channels, height, width) = ctx.side, ctx.shape
        each = (gradient / side**2).to(ctx.dtype)
        by_maps = _empty(each, (channels, height, width), ctx.dtype)
        down, across = height // side, width // side
        # What the squares leave over at the lower and right edge.
        by_maps[:, :, down * side :] = 0
        by_maps[:, :, :, across * side :] = 0
        squares = by_maps[:, :, : down * side, : across * side]
        squares = torch.unflatten(torch.unflatten(squares, 3, (across, side)), 2, (down, side))
        squares.copy_(each[:, :, :, None, :, None])
        return by_maps, None


class _Enlarged(torch.autograd.Function):
    """Bilinear interpolation between the centres of positions, by a whole factor.

    In steps that all systems' packages of torch round alike: they round a product and a sum at once
    where there are whole vectors of numbers, as there are of the networks' channels. torch's own
    interpolation leaves that to each compiler.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, factor: int) -> Tensor:
        ctx.factor = factor
        return _enlarged(_enlarged(maps, 2, factor), 3, factor)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _gathered(_gathered(gradient, 3, ctx.factor), 2, ctx.factor), None


def _enlarged(maps: Tensor, axis: int, factor: int) -> Tensor:
    """Returns maps with each position of an axis in parts."""
    shape = list(maps.shape[1:])
    shape[axis - 1] *= factor
    result = _empty(maps, shape, maps.dtype)
    for away, part in zip(_away(factor), _parts(result, axis, factor), strict=True):
        for here, there in _neighbors(maps.shape[axis], away):
            own, neighbor = maps.narrow(axis, *here), maps.narrow(axis, *there)
            torch.lerp(own, neighbor, abs(away), out=part.narrow(axis, *here))
    return result


def _gathered(gradient: Tensor, axis: int, factor: int) -> Tensor:
    """Returns the gradient by what :func:`_enlarged` was given."""
    parts = _parts(gradient, axis, factor)
    by_maps = torch.zeros_like(parts[0])
    for away, part in zip(_away(factor), parts, strict=True):
        by_maps.add_(part, alpha=1 - abs(away))
        for here, there in _neighbors(part.shape[axis], away):
            by_maps.narrow(axis, *there).add_(part.narrow(axis, *here), alpha=abs(away))
    return by_maps


def _parts(maps: Tensor, axis: int, factor: int) -> Sequence[Tensor]:
    """Returns views of the first part of all positions of an axis, of the second, and so on."""
    parts: Sequence[Tensor] = torch.unflatten(maps, axis, (-1, factor)).unbind(axis + 1)
    return parts


def _neighbors(count: int, away: float) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Returns positions, and the neighbours that parts so far away lie towards, as first and count.

    Beyond the edge, the position itself stands in.
    """
    if away < 0:
        return [((1, count - 1), (0, count - 1)), ((0, 1), (0, 1))]
    return [((0, count - 1), (1, count - 1)), ((count - 1, 1), (count - 1, 1))]


def _away(factor: int) -> list[float]:
    """Returns how far the centres of a position's parts are from its own, as a part of it."""
    return [(2 * part + 1 - factor) / (2 * factor) for part in range(factor)]


def columns(
    features: Mapping[str, Tensor], factors: Mapping[str, float], height: int, width: int
) -> Tensor:
    """Returns the columns of all places. Differentiable.

    Args:
        features: maps (1, channels, ...) of at least the layers in ``factors``.
        factors: what each layer is multiplied by, as :mod:`nst_core.neighbors.style_places`
            makes them: from the style alone, the same for every picture that is compared with it.
            A single layer's columns serve to match that layer by itself.
        height, width: of the picture, or of the tile with its margin, in pixels.

    Returns:
        (1, channels of all layers, height // PLACE, width // PLACE), float32 or better.
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
    parts = [maps[layer] for layer in factors]
    columns: Tensor = _Stacked.apply(  # type: ignore[no-untyped-call]
        tuple(factors.values()), *parts
    )
    return columns


class _Stacked(torch.autograd.Function):
    """Multiplies maps straight into their place in the columns."""

    @staticmethod
    def forward(ctx: Any, factors: Sequence[float], *maps: Tensor) -> Tensor:
        ctx.factors, ctx.channels = factors, [part.shape[1] for part in maps]
        first, *_ = maps
        columns = _empty(first, (sum(ctx.channels), *first.shape[2:]), first.dtype)
        for place, part, factor in zip(
            torch.split(columns, ctx.channels, dim=1), maps, factors, strict=True
        ):
            torch.mul(part, factor, out=place)
        return columns

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        parts = torch.split(gradient, ctx.channels, dim=1)
        return None, *(part * factor for part, factor in zip(parts, ctx.factors, strict=True))


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
    sight += stride(deepest) if stride(deepest) > PLACE else 0
    return Margins(_up(sight, GRID), _up(round(1.6 * sight), ALIGNMENT))


def _up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
