"""What a loss that is local to places offers, computed for a whole picture or tile by tile.

The style loss needs sums over the whole picture before there is any gradient. A local term does
not: each position has a target of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.neighbors import columns
from nst_core.pictures.tile_margins import Margins, Tile, margins


@dataclass(frozen=True, eq=False)
class TilePart:
    """What a tile contributes.

    Attributes:
        losses: parts of the term, of the tile's own positions.
        by_maps: for each layer of the term, the gradient by all of the tile's maps, margin
            included.
    """

    losses: Sequence[float]
    by_maps: Mapping[str, Tensor]


class LocalTerm(Protocol):
    """A weighted loss that is local to places.

    Attributes:
        layers: whose feature maps it looks at.
        magnitude: what it adds to the objective's.
        choices: the places of the paintings that were chosen, (places,) for each region; none if
            it has no such targets.
    """

    @property
    def layers(self) -> Sequence[str]: ...

    @property
    def magnitude(self) -> float: ...

    @property
    def choices(self) -> Sequence[Tensor]: ...

    def loss(self, features: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        """Returns the loss of a whole picture, differentiable.

        Args:
            features: maps (1, channels, ...) of at least the term's layers.
            height, width: of the picture.
        """
        ...

    def of_tile(self, features: Mapping[str, Tensor], tile: Tile) -> TilePart:
        """Returns a tile's part of the loss and of its gradient."""
        ...


def margins_of(settings: Settings) -> Margins:
    """Returns how far tiles look beyond themselves for the losses that the settings ask for."""
    style = settings.style_layer_weights
    if settings.style_loss == NEIGHBORS:
        return columns.margins(style)
    return margins([*settings.content_layer_weights, *style])
