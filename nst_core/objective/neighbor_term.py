"""Nearest-neighbour style as a local term: places are to look like places of the paintings.

The choice is made once, by :func:`matched`, for all evaluations of a scale. No content loss is
needed beside it: places that look like parts of the photograph are chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.distributed.group_interface import ProcessGroup, SingleProcess
from nst_core.masks.regions import Region, StyleImage
from nst_core.neighbors.columns import PLACE, columns, depth_weights, listed, stacked
from nst_core.neighbors.loss import cosine_loss
from nst_core.neighbors.matching import match
from nst_core.neighbors.orientations import ORIENTATIONS, Orientation
from nst_core.neighbors.query import query
from nst_core.neighbors.strength import strength_of
from nst_core.neighbors.style_places import PaintingPlaces, StylePlaces, even_usage, gathered
from nst_core.neighbors.tone import TONE, tone_weight
from nst_core.objective.local_term import TilePart
from nst_core.objective.neighbor_aims import Aims, Look, Photograph
from nst_core.pictures.tile_margins import Tile

# Of the deepest block against the middle one, within a column: broad strokes before grain.
_DEPTH = 2.5


@dataclass(frozen=True, eq=False)
class Matching:
    """What the choice of places starts from.

    Attributes:
        so_far: the painting that the scale starts from, at its size; None: there is none.
        choices: those of an interrupted run, (places,) for each region, which are taken as they
            are; None: there are none yet.
    """

    so_far: Tensor | None = None
    choices: Sequence[Tensor] | None = None


UNMATCHED = Matching()


@dataclass(frozen=True, eq=False)
class _Target:
    """What the places of one region are to look like.

    Attributes:
        style: places to choose from.
        share: of the picture's area.
        weight: how much each place belongs to the region, (1, 1, rows, columns); None: all wholly.
        total: sum of the weights.
        choice: (1, 1, rows, columns), indices of the style's places.
        aims: (1, channels, rows, columns), which way to lie from the style's mean, where places
            are to look like the photograph as well; None: as the chosen places do.
    """

    style: StylePlaces
    share: float
    weight: Tensor | None
    total: float
    choice: Tensor
    aims: Tensor | None = None

    @property
    def fixed(self) -> list[Tensor]:
        """What differs from place to place, as maps: what :meth:`loss` needs of them."""
        maps = [self.choice if self.aims is None else self.aims]
        return maps if self.weight is None else [*maps, self.weight]

    def loss(self, found: Tensor, fixed: Sequence[Tensor]) -> Tensor:
        """Returns the part of the loss of some places.

        Args:
            found: columns of these places as maps.
            fixed: as :attr:`fixed`, of the same places.
        """
        style = self.style
        aims = listed(fixed[0])
        if self.aims is None:
            aims = torch.index_select(style.directions, 0, aims.flatten().to(style.mean.device))
        counts = fixed[1].flatten() if len(fixed) > 1 else None
        center = style.mean.to(found.device)
        distance = cosine_loss(listed(found), aims.to(found.device), center, counts, self.total)
        return self.share * distance


class NeighborTerm:
    """See :class:`nst_core.objective.local_term.LocalTerm`."""

    def __init__(self, layers: Sequence[str], targets: Sequence[_Target]) -> None:
        self.layers = layers
        self._targets = targets

    @property
    def magnitude(self) -> float:
        """The loss of places that have nothing in common with their aims."""
        return sum(target.share for target in self._targets)

    @property
    def choices(self) -> Sequence[Tensor]:
        return [target.choice.flatten() for target in self._targets]

    def loss(self, features: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        losses = [
            target.loss(columns(features, target.style.factors, height, width), target.fixed)
            for target in self._targets
        ]
        return torch.stack(losses).sum()

    def of_tile(self, features: Mapping[str, Tensor], tile: Tile) -> TilePart:
        leaves = {layer: features[layer].detach().requires_grad_() for layer in self.layers}
        height, width = (end - start for start, end in (tile.rows.outer, tile.columns.outer))
        losses, own = [], []
        with torch.enable_grad():
            for target in self._targets:
                found = columns(leaves, target.style.factors, height, width)
                around = [tile.cover(maps, found, PLACE) for maps in target.fixed]
                losses.append(target.loss(found, around))
                # The margin's places have part in the gradient of the tile's own pixels, but
                # count in the loss of the tiles that they belong to.
                inner = [tile.own_of_tile(maps, PLACE) for maps in (found.detach(), *around)]
                own.append(target.loss(inner[0], inner[1:]).item())
            gradients = torch.autograd.grad(torch.stack(losses).sum(), list(leaves.values()))
        return TilePart(own, dict(zip(leaves, gradients, strict=True)))


def matched(
    photograph: Photograph,
    regions: Sequence[Region],
    settings: Settings,
    look: Look,
    matching: Matching,
    group: ProcessGroup | None = None,
    device: torch.device | None = None,
    compared: Collection[str] | None = None,
) -> NeighborTerm:
    """Chooses a place of the paintings for each of the picture's, and returns the term.

    Args:
        photograph: what is painted, and how much of it.
        regions: which style is to be where; each is matched with its own styles alone.
        settings: gives layers, their weights, the balance and the seed.
        look: sees the places of a picture.
        matching: what the choice starts from; only the leader's counts.
        group: the processes that make the same calls; all get the leader's choice.
        device: where to compare places; None: where ``look`` has them.
        compared: the layers that each evaluation compares; None: all. Places are chosen by all.
    """
    group = group or SingleProcess()
    content = photograph.image
    styles = places_of_styles(regions, settings, look)
    chooser = _Chooser(content, settings, look, group, device)
    masks = [
        None if region.mask is None else F.avg_pool2d(region.mask, PLACE) for region in regions
    ]
    choices = chooser.choose(styles, masks, matching)
    aims = Aims(photograph, settings.style_layer_weights, look)
    layers = list(compared or settings.style_layer_weights)
    shares = [region.share for region in regions]
    return term_of(
        layers, [style.in_layers(layers) for style in styles], shares, masks, choices, aims
    )


def term_of(
    layers: Sequence[str],
    styles: Sequence[StylePlaces],
    shares: Sequence[float],
    masks: Sequence[Tensor | None],
    choices: Sequence[Tensor],
    aims: Aims,
) -> NeighborTerm:
    """Returns the term for places that were chosen.

    Args:
        layers: that are compared.
        styles: what was chosen from in each region, as these layers see it.
        shares: of the picture's area, for each region.
        masks: how much each place belongs to a region, (1, 1, rows, columns); None: all wholly.
        choices: indices of the style's places, for each region, (rows, columns).
        aims: what of the photograph the places are to look like besides.
    """
    targets = []
    for style, share, mask, choice in zip(styles, shares, masks, choices, strict=True):
        home = style.mean.device
        weight = None if mask is None else mask.to(home)
        total = float(choice.numel() if weight is None else weight.sum())
        shaped = choice.to(home)[None, None]
        targets.append(_Target(style, share, weight, total, shaped, aims.toward(style, shaped)))
    return NeighborTerm(layers, targets)


def places_of_styles(
    regions: Sequence[Region], settings: Settings, look: Look, *, is_toned: bool = False
) -> list[StylePlaces]:
    """Returns what there is to choose from in each region.

    Args:
        regions: which styles are to be where.
        settings: give layers, their weights and the orientations.
        look: sees the places of a picture, and their tone if that counts.
        is_toned: whether it does.
    """
    depths = depth_weights(settings.style_layer_weights, _DEPTH)
    weights = {
        layer: weight * depths[layer] for layer, weight in settings.style_layer_weights.items()
    }
    if is_toned:
        weights[TONE] = tone_weight(weights.values())
    orientations = ORIENTATIONS[settings.orientations]
    return [
        gathered(
            [
                _places(painting, orientation, look, 1 / len(orientations))
                for painting in region.style_images
                for orientation in orientations
            ],
            weights,
        )
        for region in regions
    ]


def _places(
    painting: StyleImage, orientation: Orientation, look: Look, share: float
) -> PaintingPlaces:
    """Returns the places of a painting in one orientation, which gets a share of its weight."""
    image = orientation.of(painting.image)
    maps = look(image)
    visible = None if painting.visible is None else orientation.of(painting.visible)
    usage = even_usage(image.shape[2], image.shape[3], visible, share * painting.weight)
    return PaintingPlaces(maps, usage.to(next(iter(maps.values())).device))


class _Chooser:
    """Chooses, or takes over what was chosen; the arguments are those of :func:`matched`."""

    def __init__(
        self,
        content: Tensor,
        settings: Settings,
        look: Look,
        group: ProcessGroup,
        device: torch.device | None,
    ) -> None:
        self._content = content
        self._settings = settings
        self._look = look
        self._group = group
        self._device = device

    def choose(
        self, styles: Sequence[StylePlaces], masks: Sequence[Tensor | None], matching: Matching
    ) -> list[Tensor]:
        """Returns (rows, columns) for each region, the leader's in all processes."""
        rows, across = (side // PLACE for side in self._content.shape[2:])
        choices = [torch.zeros(rows * across, dtype=torch.int64) for _ in styles]
        if self._group.broadcast_value(matching.choices is not None):
            choices = choices if matching.choices is None else [c.cpu() for c in matching.choices]
        else:
            seen = self._query_places(matching.so_far)
            if self._group.rank == 0:
                choices = [
                    self._match(listed(stacked(seen, style.factors)), style, mask).cpu()
                    for style, mask in zip(styles, masks, strict=True)
                ]
        for choice in choices:
            self._group.broadcast(choice)
        return [choice.view(rows, across) for choice in choices]

    def _query_places(self, so_far: Tensor | None) -> Mapping[str, Tensor]:
        photograph = strength_of(self._settings).photograph
        picture = query(self._content, so_far, photograph).contiguous()
        if self._group.size > 1:
            # The others have not painted what is so far; the content must not be overwritten.
            picture = picture.clone()
            self._group.broadcast(picture)
        return self._look(picture)

    def _match(self, places: Tensor, style: StylePlaces, mask: Tensor | None) -> Tensor:
        device = self._device or places.device
        return match(
            places.to(device),
            style.to(device),
            balance=strength_of(self._settings).balance,
            weight=None if mask is None else mask.flatten().to(device),
            seed=self._settings.seed,
            columns=self._content.shape[3] // PLACE,
        )
