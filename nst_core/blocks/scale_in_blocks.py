"""A scale that is painted block by block: what its blocks share, and what each one's aim is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.blocks.known_styles import KnownStyle, look_to_choose, styles_of
from nst_core.blocks.layout import Block
from nst_core.blocks.quilted_start import Quilts
from nst_core.blocks.sample import looked_at, parts
from nst_core.colors.recolor import Recoloring, recolor_regions
from nst_core.distributed.group_interface import ProcessGroup, SingleProcess
from nst_core.masks.regions import Region, is_seen
from nst_core.neighbors.columns import PLACE, listed, margins, stacked
from nst_core.neighbors.matching import Matcher
from nst_core.neighbors.orientations import ORIENTATIONS
from nst_core.neighbors.query import query
from nst_core.neighbors.seen_places import seen_places
from nst_core.neighbors.strength import strength_of
from nst_core.networks.threads import times_as_many_threads
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.objective.local_term import LocalTerm
from nst_core.objective.neighbor_aims import (
    Aims,
    Photograph,
    colored_part,
    painted_parts,
    surface_part,
)
from nst_core.objective.neighbor_term import term_of
from nst_core.pictures.tile_margins import Tile, Window
from nst_core.scales.scale_inputs import ScaleInputs

# A place of a painting costs more if it is shown already within so many rows and columns, painted
# there or not: blocks start from a quilt, in which each choice is seen.
_NEARBY = 8
# Rows of a picture whose colours are changed at a time.
_STRIP = 256


@dataclass(frozen=True, eq=False)
class Prices:
    """What is decided for all blocks together: see :class:`nst_core.neighbors.matching.Matcher`.

    Attributes:
        mean: of the columns of a region's places, (channels,).
        prices: of its styles' places, (places,).
    """

    mean: Tensor
    prices: Tensor


class ObjectiveOfPlaces:
    """The distance of places from those that they are to look like, and nothing else.

    There is no Gram loss: the coarser scales have seen to it that all of the painting is there. A
    block that had to have a whole painting's statistics, or those of its own places, would differ
    in tone from the block beside it (docs/performance.md#blocks).

    Args:
        network: computes the feature maps.
        local: the distance.
    """

    def __init__(self, network: Vgg, local: LocalTerm) -> None:
        self._network = network
        self._local = local

    @property
    def magnitude(self) -> float:
        """The loss of a picture that has nothing in common with its aims."""
        return self._local.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Returns the loss and its gradient at a picture of the window's size."""
        image = image.detach().contiguous().requires_grad_()
        features = self._network.features(image, self._local.layers)
        loss = self._local.loss(features, *image.shape[2:])
        (gradient,) = torch.autograd.grad(loss, image)
        value = loss.item()
        return Evaluation(value, value, 0.0, gradient.contiguous())


@dataclass(frozen=True, eq=False)
class PreparedBlock:
    """What to paint in a block.

    Attributes:
        objective: of a picture of the window's size.
        start: what to start from, (1, 3, height, width), R'G'B', 0..1: put together from the
            chosen places of the paintings, as far as it is to look like these, and from the
            photograph.
    """

    objective: ObjectiveOfPlaces
    start: Tensor


class ScaleInBlocks:
    """The aims of a scale's blocks.

    Args:
        network: computes the feature maps.
        scale_inputs: the pictures of the scale, on the network's device.
        settings: how to paint, with neighbours.
        compared: the style layers that each evaluation compares, with their weights.
        so_far: the picture that the scale starts from, (1, 3, height, width), R'G'B', 0..1.
        prices: those of an interrupted run, one for each region; None: there are none yet.
        group: the processes that make the same calls; all get the leader's prices.
        known: the styles of another scale of the run.

    Attributes:
        sight: how far around a window the picture is looked at to choose places, in pixels.
        styles: of each region.
    """

    def __init__(
        self,
        network: Vgg,
        scale_inputs: ScaleInputs,
        settings: Settings,
        compared: Mapping[str, float],
        so_far: Tensor,
        prices: Sequence[Prices] | None = None,
        group: ProcessGroup | None = None,
        known: Sequence[KnownStyle] = (),
    ) -> None:
        self._network = network
        self._inputs = scale_inputs
        self._settings = settings
        self._compared = list(compared)
        self.sight = margins(settings.style_layer_weights).feature
        content, regions = scale_inputs.content, scale_inputs.regions
        with torch.no_grad():
            self._recolorings = [
                Recoloring.of(content, region.style_images, region.mask) for region in regions
            ]
            self._painted = painted_parts(
                content, settings, self._look, scale_inputs.strength, scale_inputs.visible
            )
            self.styles = styles_of(network, regions, settings, self._compared, known)
            self._matchers = self._agreed(so_far, prices, group or SingleProcess())

    @property
    def prices(self) -> Sequence[Prices]:
        """What was decided for each region."""
        return [Prices(matcher.mean, matcher.prices) for matcher in self._matchers]

    @cached_property
    def photograph_part(self) -> float:
        """How much the photograph counts beside the picture so far when places are chosen, 0..1.

        Less where the picture is finer than the paintings: strokes in a painting's own size would
        be smaller there than those that are painted already, which are to stay.
        """
        sides = [
            max(painting.image.shape[2:])
            for region in self._inputs.regions
            for painting in region.style_images
        ]
        wanted = max(self._inputs.content.shape[2:]) * self._settings.style_scale
        return strength_of(self._settings).photograph * min(1.0, max(sides) / wanted)

    def inputs_of(self, window: Window) -> ScaleInputs:
        """Returns the part of the pictures that lies in a window."""
        inputs = self._inputs
        return replace(
            inputs,
            content=_cut(inputs.content, window).contiguous(),
            regions=[
                replace(region, mask=_cut_mask(region.mask, window)) for region in inputs.regions
            ],
            mask=_cut_mask(inputs.mask, window),
            strength=_cut_mask(inputs.strength, window),
            visible=_cut_mask(inputs.visible, window),
        )

    def is_painted(self, block: Block) -> bool:
        """Tells whether anything in a block's window is to be painted."""
        return bool(self._regions_in(block)[0])

    def prepared(self, block: Block, picture: Tensor) -> PreparedBlock:
        """Returns what to paint in a block in which something is to be painted.

        Args:
            block: which one.
            picture: the whole picture as it is now, (1, 3, height, width), R'G'B', 0..1.
        """
        there, masks = self._regions_in(block)
        counted = float(block.seen(margins(self._compared).feature).sum())
        with torch.no_grad():
            photograph = self._photograph(block.window)
            choices = self._choices(block, picture, there)
            local = term_of(
                self._compared,
                [self.styles[number].compared for number in there],
                [float(mask.sum()) / counted for mask in masks],
                [F.avg_pool2d(mask, PLACE) for mask in masks],
                choices,
                Aims(photograph, self._settings.style_layer_weights, self._look_shallow),
            )
            chosen = dict(zip(there, choices, strict=True))
            quilt = self._quilts.over(_cut(picture, block.window), chosen, block.window)
            own = photograph.image
            start = own + surface_part(photograph.painted) * (quilt - own)
        return PreparedBlock(ObjectiveOfPlaces(self._network, local), start)

    def in_final_colors(self, picture: Tensor) -> Tensor:
        """Gives a finished picture exactly the paintings' colours, as far as it is painted.

        See :class:`nst_core.run.coarse_to_fine.CoarseToFine`, which does the same at once.

        Args:
            picture: (1, 3, height, width), 0..1; it is changed.
        """
        inputs = self._inputs
        recolorings = [
            Recoloring.of(picture, region.style_images, region.mask) for region in inputs.regions
        ]
        height, width = picture.shape[2:]
        for top in range(0, height, _STRIP):
            window = slice(top, min(height, top + _STRIP)), slice(0, width)
            strip, here = _cut(picture, window), self.inputs_of(window)
            recolored = recolor_regions(strip, here.regions, recolorings)
            colored = colored_part(here.strength, self._settings).to(strip)
            strip.copy_(torch.lerp(strip, recolored, colored))
        return picture

    def _regions_in(self, block: Block) -> tuple[list[int], list[Tensor]]:
        """Returns which regions there are, and how much each pixel belongs to each and counts."""
        content = self._inputs.content
        seen = block.seen(margins(self._compared).feature).to(content)
        masks = [
            seen if region.mask is None else seen * _cut(region.mask, block.window)
            for region in self._inputs.regions
        ]
        there = [number for number, mask in enumerate(masks) if is_seen(mask, PLACE)]
        return there, [masks[number] for number in there]

    def _photograph(self, window: Window) -> Photograph:
        inputs = self.inputs_of(window)
        painted = self._painted if self._painted.ndim == 0 else _cut(self._painted, window)
        colored = colored_part(inputs.strength, self._settings).to(inputs.content)
        recolored = recolor_regions(inputs.content, inputs.regions, self._recolorings)
        return Photograph(torch.lerp(inputs.content, recolored, colored), painted)

    def _choices(self, block: Block, picture: Tensor, regions: Sequence[int]) -> list[Tensor]:
        """Returns the choices for the window's places, (rows, columns), in some of the regions."""
        around = block.around(self.sight)
        maps = self._query_places(picture, around.window)
        choices = []
        for number in regions:
            found = stacked(maps, self.styles[number].factors)
            choice = self._matchers[number].choose(listed(found), found.shape[3], _NEARBY)
            own = around.own_of_tile(choice.view(found.shape[2:]), PLACE)
            choices.append(own.contiguous())
        return choices

    @cached_property
    def _quilts(self) -> Quilts:
        shapes = [style.compared.shapes for style in self.styles]
        return Quilts(self._inputs.regions, shapes, ORIENTATIONS[self._settings.orientations])

    def _query_places(self, picture: Tensor, window: Window) -> Mapping[str, Tensor]:
        shown = self._photograph(window).image
        so_far = _cut(picture, window)
        seen = query(shown, so_far, self.photograph_part).contiguous()
        return look_to_choose(self._network, self._settings, seen)

    def _agreed(
        self, so_far: Tensor, prices: Sequence[Prices] | None, group: ProcessGroup
    ) -> list[Matcher]:
        """Returns how places are chosen in each region, at the leader's prices."""
        matchers = []
        # By the leader; the others get them below.
        are_known = group.broadcast_value(prices is not None)
        for number, (region, style) in enumerate(
            zip(self._inputs.regions, self.styles, strict=True)
        ):
            found = None if prices is None else prices[number]
            if not are_known:
                found = self._found_prices(region, style, so_far, group)
            if found is None:
                matcher = style.matcher
                found = Prices(torch.empty_like(matcher.mean), torch.empty_like(matcher.prices))
            mean, price = (x.to(so_far.device) for x in (found.mean, found.prices))
            group.broadcast(mean)
            group.broadcast(price)
            matchers.append(replace(style.matcher, mean=mean, prices=price))
        return matchers

    def _found_prices(
        self, region: Region, style: KnownStyle, so_far: Tensor, group: ProcessGroup
    ) -> Prices | None:
        """Returns the prices of a region's places, by a sample; to the leader alone."""
        height, width = so_far.shape[2:]
        tiles = parts(height, width, region.mask, self.sight)

        def look(tile: Tile) -> Tensor:
            maps = stacked(self._query_places(so_far, tile.window), style.factors)
            return listed(tile.own_of_tile(maps, PLACE))

        sample = looked_at(tiles, so_far, look, group)
        if group.rank:
            return None
        weight = None
        if region.mask is not None:
            own = [tile.own_of_picture(region.mask, 1) for tile in tiles]
            weight = torch.cat([F.avg_pool2d(mask, PLACE).flatten() for mask in own])
        # The others wait for the prices.
        with times_as_many_threads(group.size_here if group.size > 1 else 1):
            matcher = style.matcher.priced(
                torch.cat(sample),
                style.desired,
                balance=strength_of(self._settings).balance,
                weight=weight if weight is not None and weight.any() else None,
                seed=self._settings.seed,
            )
        return Prices(matcher.mean, matcher.prices)

    def _look(self, image: Tensor) -> Mapping[str, Tensor]:
        return seen_places(self._network, image, self._settings.style_layer_weights)

    def _look_shallow(self, image: Tensor) -> Mapping[str, Tensor]:
        """What is seen in those layers alone that are compared."""
        return seen_places(self._network, image, self._compared)


def _cut(maps: Tensor, window: Window) -> Tensor:
    return maps[..., window[0], window[1]]


def _cut_mask(mask: Tensor | None, window: Window) -> Tensor | None:
    return None if mask is None else _cut(mask, window)
