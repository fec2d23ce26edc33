"""What the statistics of a picture should become, and how far they are from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.masks.regions import Region, StyleImage
from nst_core.neighbors.strength import strength_of
from nst_core.objective.losses import (
    STYLE_LOSSES,
    Statistics,
    gram_loss,
    relative_moments_loss,
)
from nst_core.objective.neighbor_aims import OwnPart

# The statistics of each style layer, by its name.
StatisticsByLayer = Mapping[str, Statistics]


class StyleTargets:
    """The styles of all regions, as statistics of feature maps.

    Args:
        regions: which styles go where.
        settings: layers, weights and the loss.
        measure: returns a painting's statistics.
        own: what of each region stays like the photograph, and is to have its statistics; none:
            nothing.
        layers: those that are compared, with their weights; None: all of the settings'.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        settings: Settings,
        measure: Callable[[StyleImage], StatisticsByLayer],
        own: Sequence[OwnPart] = (),
        layers: Mapping[str, float] | None = None,
    ) -> None:
        self._layers = layers or settings.style_layer_weights
        self._is_relative = settings.style_loss == NEIGHBORS
        self._loss = (
            relative_moments_loss if self._is_relative else STYLE_LOSSES[settings.style_loss]
        )
        self._weight = (
            strength_of(settings).gram_share if self._is_relative else settings.style_weight
        )
        self._shares = [region.share for region in regions]
        self._targets = [_mean(region.style_images, measure) for region in regions]
        if own:
            self._targets = [
                _with_own(target, part, measure)
                for target, part in zip(self._targets, own, strict=True)
            ]

    @property
    def compares_means(self) -> bool:
        """Whether the loss depends on the means of the maps, too."""
        return self._loss is not gram_loss

    @property
    def magnitude(self) -> float:
        """The weighted loss of feature maps that are all zero."""
        return self.loss([_nothing(target) for target in self._targets]).item()

    def loss(self, found: Sequence[StatisticsByLayer]) -> Tensor:
        """Sums the weighted losses of all regions and layers (Gatys et al. 2016, equation 5).

        As in the published notebook, each layer has the weight 1 / channels^2, so that wide layers
        do not dominate. Beside neighbours, all layers count alike.

        Args:
            found: for each region, the statistics of the picture there.
        """
        losses = [
            share * weight / self._divisor(target[layer]) * self._loss(there[layer], target[layer])
            for share, there, target in zip(self._shares, found, self._targets, strict=True)
            for layer, weight in self._layers.items()
        ]
        return self._weight * torch.stack(losses).sum()

    def _divisor(self, target: Statistics) -> int:
        return 1 if self._is_relative else len(target.mean) ** 2


def _mean(
    style_images: Sequence[StyleImage], measure: Callable[[StyleImage], StatisticsByLayer]
) -> StatisticsByLayer:
    """Returns the weighted mean of the paintings' statistics, for each layer."""
    total = sum(painting.weight for painting in style_images)
    return _mixed([(painting.weight / total, measure(painting)) for painting in style_images])


def _with_own(
    target: StatisticsByLayer, own: OwnPart, measure: Callable[[StyleImage], StatisticsByLayer]
) -> StatisticsByLayer:
    """Returns what a region's statistics are where a part of it stays as the photograph has it.

    Otherwise what is painted would make up for what is not, with strokes too strong.
    """
    if not own.is_seen:
        return target
    return _mixed([(1 - own.share, target), (own.share, measure(own.photograph))])


def _mixed(parts: Sequence[tuple[float, StatisticsByLayer]]) -> StatisticsByLayer:
    """Returns sums of statistics, each times its number."""
    return {
        layer: Statistics(
            torch.stack([part * found[layer].gram for part, found in parts]).sum(dim=0),
            torch.stack([part * found[layer].mean for part, found in parts]).sum(dim=0),
        )
        for layer in parts[0][1]
    }


def _nothing(target: StatisticsByLayer) -> StatisticsByLayer:
    return {
        layer: Statistics(torch.zeros_like(found.gram), torch.zeros_like(found.mean))
        for layer, found in target.items()
    }
