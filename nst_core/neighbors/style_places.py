"""The places of the paintings that a picture may choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.neighbors.columns import GRID, columns, listed, on_grid


@dataclass(frozen=True, eq=False)
class PaintingFeatures:
    """What a network found in a painting.

    Attributes:
        features: maps (1, channels, ...) of each layer.
        height, width: of the painting, in pixels.
        visible: how much each pixel counts, (1, 1, height, width), 0..1; None: all alike.
        weight: against the other paintings, above 0. The painting's places share it.
    """

    features: Mapping[str, Tensor]
    height: int
    width: int
    visible: Tensor | None = None
    weight: float = 1.0

    def desired(self) -> Tensor:
        """Returns how much each place is to be used, (places,); together the weight.

        A painting that is nowhere visible counts as 0 everywhere.
        """
        rows, across = self.height // GRID, self.width // GRID
        device = next(iter(self.features.values())).device
        if self.visible is None:
            return torch.full((rows * across,), self.weight / (rows * across), device=device)
        shown = F.avg_pool2d(self.visible.to(device), GRID).flatten()
        return shown * (self.weight / shown.sum().clamp(min=torch.finfo(shown.dtype).tiny))


@dataclass(frozen=True, eq=False)
class StylePlaces:
    """Places of one or more paintings.

    Attributes:
        columns: (places, channels).
        desired: share of the picture that each place would have if the whole painting were used
            evenly, (places,), at least 0, together 1. Places with 0 are never chosen.
        factors: what each layer was multiplied by; the picture's columns need the same.
    """

    columns: Tensor
    desired: Tensor
    factors: Mapping[str, float]


def style_places(
    paintings: Sequence[PaintingFeatures], weights: Mapping[str, float]
) -> StylePlaces:
    """Gathers the places of paintings, their layers equalised.

    Layers differ in size by a factor of twenty; each is divided by its mean norm over the places,
    so that its weight says what it counts.

    Args:
        paintings: those that a region is painted after; rotated copies count as paintings.
        weights: of each layer within a column, as from
            :func:`nst_core.neighbors.columns.depth_weights`.

    Raises:
        ValueError: if nothing of the paintings is visible.
    """
    desired = torch.cat([painting.desired() for painting in paintings])
    if not desired.sum() > 0:
        raise ValueError("no place of the paintings is visible; at least one must be")
    desired = desired / desired.sum()
    factors = {
        layer: weight / _mean_norm(paintings, layer, desired) for layer, weight in weights.items()
    }
    found = [
        listed(columns(painting.features, factors, painting.height, painting.width))
        for painting in paintings
    ]
    return StylePlaces(torch.cat(found), desired, factors)


def _mean_norm(paintings: Sequence[PaintingFeatures], layer: str, desired: Tensor) -> float:
    norms = torch.cat(
        [
            on_grid(painting.features[layer], layer, painting.height, painting.width)
            .norm(dim=1)
            .flatten()
            for painting in paintings
        ]
    )
    # A layer that is dead all over the paintings has nothing to say, whatever it is divided by.
    return float((norms * desired).sum()) or 1.0
