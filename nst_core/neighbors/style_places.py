"""The places of the paintings that a picture may choose from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.neighbors.columns import PLACE, listed, stacked
from nst_core.neighbors.loss import directions, mean_of


def even_usage(height: int, width: int, visible: Tensor | None, weight: float) -> Tensor:
    """Returns how much each place of a painting is to be used, (places,); together the weight.

    Args:
        height, width: of the painting, in pixels.
        visible: how much each pixel counts, (1, 1, height, width), 0..1; None: all alike. A
            painting that is nowhere visible counts as 0 everywhere.
        weight: against the other paintings, above 0. The painting's places share it.
    """
    rows, across = height // PLACE, width // PLACE
    if visible is None:
        return torch.full((rows * across,), weight / (rows * across))
    shown = F.avg_pool2d(visible, PLACE).flatten()
    return shown * (weight / shown.sum().clamp(min=torch.finfo(shown.dtype).tiny))


@dataclass(frozen=True, eq=False)
class StylePlaces:
    """Places of one or more paintings.

    Attributes:
        directions: how each place differs from the mean of all, (places, channels), of length 1;
            see :func:`nst_core.neighbors.loss.directions`.
        mean: of the columns, each place counting as it is desired, (channels,), float32 or better.
        desired: share of the picture that each place would have if the whole painting were used
            evenly, (places,), at least 0, together 1. Places with 0 are never chosen.
        factors: what each layer was multiplied by; the picture's columns need the same.
        shapes: rows and columns of the places of each painting, one painting after another.
        channels: how many each layer has within a column, in the columns' order.
    """

    directions: Tensor
    mean: Tensor
    desired: Tensor
    factors: Mapping[str, float]
    shapes: Sequence[tuple[int, int]]
    channels: Mapping[str, int]

    def to(self, device: torch.device) -> StylePlaces:
        """Returns the same places on another device."""
        return replace(
            self,
            directions=self.directions.to(device),
            mean=self.mean.to(device),
            desired=self.desired.to(device),
        )

    def in_layers(self, layers: Collection[str]) -> StylePlaces:
        """Returns the same places as some of the layers alone see them."""
        if all(layer in layers for layer in self.factors):
            return self
        channels = {layer: count for layer, count in self.channels.items() if layer in layers}
        seen, mean = (
            torch.cat([parts[layer] for layer in channels], dim=-1)
            for parts in map(self._by_layer, (self.directions, self.mean))
        )
        return replace(
            self,
            directions=directions(seen, torch.zeros_like(mean)).to(seen.dtype),
            mean=mean,
            factors={layer: self.factors[layer] for layer in channels},
            channels=channels,
        )

    def _by_layer(self, columns: Tensor) -> Mapping[str, Tensor]:
        parts = torch.split(columns, list(self.channels.values()), dim=-1)
        return dict(zip(self.channels, parts, strict=True))


@dataclass(frozen=True, eq=False)
class PaintingPlaces:
    """What is known of each place of a painting, whole or put together from tiles.

    Attributes:
        maps: of each layer, (1, channels, rows, columns) on the grid, not equalised.
        desired: how much each place is to be used, (places,), as :func:`even_usage` has it.
    """

    maps: Mapping[str, Tensor]
    desired: Tensor


def gathered(paintings: Sequence[PaintingPlaces], weights: Mapping[str, float]) -> StylePlaces:
    """Gathers places of paintings, their layers equalised.

    Layers differ in size by a factor of twenty; each is divided by its mean norm over the places,
    so that its weight says what it counts.

    Args:
        paintings: those that a region is painted after; rotated copies count as paintings.
        weights: of each layer within a column, as from
            :func:`nst_core.neighbors.columns.depth_weights`.

    Returns:
        The places, in the number format of the paintings' maps.

    Raises:
        ValueError: if nothing of the paintings is visible.
    """
    desired = torch.cat([painting.desired for painting in paintings])
    if not desired.sum() > 0:
        raise ValueError("no place of the paintings is visible; at least one must be")
    desired = desired / desired.sum()
    factors = {
        layer: weight / _mean_norm(paintings, layer, desired) for layer, weight in weights.items()
    }
    columns = torch.cat([listed(stacked(painting.maps, factors)) for painting in paintings])
    mean = mean_of(columns, desired)
    shapes = [_shape(painting) for painting in paintings]
    channels = {layer: paintings[0].maps[layer].shape[1] for layer in factors}
    found = directions(columns, mean).to(columns.dtype)
    return StylePlaces(found, mean, desired, factors, shapes, channels)


def _shape(painting: PaintingPlaces) -> tuple[int, int]:
    rows, columns = next(iter(painting.maps.values())).shape[2:]
    return rows, columns


def _mean_norm(paintings: Sequence[PaintingPlaces], layer: str, desired: Tensor) -> float:
    norms = [painting.maps[layer].float().norm(dim=1).flatten() for painting in paintings]
    # A layer that is dead all over the paintings has nothing to say, whatever it is divided by.
    return float((torch.cat(norms) * desired).sum()) or 1.0
