"""The content loss as a local term: the picture's feature maps are to be the photograph's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_contract.vgg_layers import stride
from nst_core.objective.local_term import TilePart
from nst_core.objective.losses import content_loss
from nst_core.pictures.tile_margins import Tile


class ContentTerm:
    """See :class:`nst_core.objective.local_term.LocalTerm`.

    Args:
        content: the photograph's maps (1, channels, ...) of each content layer; may lie in another
            memory than the maps of tiles.
        settings: gives layers and weights.
    """

    magnitude = 0.0
    choices: Sequence[Tensor] = ()

    def __init__(self, content: Mapping[str, Tensor], settings: Settings) -> None:
        self._content = content
        self._weight = settings.content_weight
        self._layer_weights = settings.content_layer_weights
        self.layers = list(self._layer_weights)

    def loss(self, features: Mapping[str, Tensor], height: int, width: int) -> Tensor:  # noqa: ARG002
        losses = [
            weight * content_loss(features[layer], self._content[layer])
            for layer, weight in self._layer_weights.items()
        ]
        return self._weight * torch.stack(losses).sum()

    def of_tile(self, features: Mapping[str, Tensor], tile: Tile) -> TilePart:
        found = {layer: self._of_layer(layer, features[layer], tile) for layer in self.layers}
        return TilePart(
            [loss for loss, _ in found.values()],
            {layer: by_maps for layer, (_, by_maps) in found.items()},
        )

    def _of_layer(self, layer: str, maps: Tensor, tile: Tile) -> tuple[float, Tensor]:
        factor = stride(layer)
        # Of the squared difference of one sample of the whole picture.
        weight = self._weight * self._layer_weights[layer] / self._content[layer].numel()
        target = tile.cover(self._content[layer], maps, factor)
        difference = maps.detach().float() - target.float()
        loss = weight * tile.own_of_tile(difference, factor).square().sum().item()
        return loss, (2 * weight * difference).to(maps.dtype)
