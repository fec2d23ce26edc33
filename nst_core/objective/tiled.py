"""The exact objective of a whole picture, in the memory of one tile, spread over all devices.

Gram matrices and means are sums over positions, so they can be summed tile by tile. The objective
depends only on these sums and on a term that is local to places, such as the content loss. That
gives the gradient with respect to every feature map; a second pass carries it back to the pixels,
again tile by tile. Each tile is computed with a margin as wide as the network can see, so the
result is that of :class:`nst_core.objective.whole.WholeObjective` up to rounding, and no seam can
show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from nst_contract.settings import MIN_SIDE, NEIGHBORS, Settings
from nst_contract.vgg_layers import stride
from nst_core.distributed.group_interface import Order, ProcessGroup, SingleProcess
from nst_core.masks.regions import Region, StyleImage, shares
from nst_core.neighbors.columns import PLACE, on_grid
from nst_core.networks.vgg import Vgg
from nst_core.objective.content_term import ContentTerm
from nst_core.objective.evaluation import Evaluation
from nst_core.objective.local_term import LocalTerm, margins_of
from nst_core.objective.losses import Statistics, statistics_gradient
from nst_core.objective.neighbor_aims import OwnPart, Photograph
from nst_core.objective.neighbor_term import UNMATCHED, Matching, matched
from nst_core.objective.style_targets import StatisticsByLayer, StyleTargets
from nst_core.pictures.picture import Size
from nst_core.pictures.tile_margins import GRID, Tile, cut

T = TypeVar("T")
# For one region or painting: how much each position counts, at each layer.
Shares = dict[str, Tensor | float]


class TiledObjective:
    """The same as :class:`nst_core.objective.whole.WholeObjective`, for pictures of any size.

    Args:
        networks: one for each device that takes part, identical except for the device.
        content: (1, 3, height, width), R'G'B', 0..1, float32; may be on a different device from
            the networks.
        regions: which styles go where, at the content's size.
        settings: layers, losses and weights.
        tile: width and height of a tile without its margin, in pixels; multiples of GRID.
        group: the processes that take part; each of them must make the same calls.
        matching: with neighbours, what the choice of places starts from; the leader's counts.
        strength: with neighbours, how strongly each pixel is painted, (1, 1, height, width), 0..1;
            None: all fully.
        compared: the style layers that each evaluation compares, with their weights; None: all.
        visible: with neighbours, how much of each pixel is visible, (1, 1, height, width), 0..1;
            None: all.
    """

    def __init__(
        self,
        networks: Sequence[Vgg],
        content: Tensor,
        regions: Sequence[Region],
        settings: Settings,
        tile: Size,
        group: ProcessGroup | None = None,
        matching: Matching = UNMATCHED,
        strength: Tensor | None = None,
        compared: Mapping[str, float] | None = None,
        visible: Tensor | None = None,
    ) -> None:
        if any(side < GRID or side % GRID for side in tile):
            raise ValueError(f"tile is {tile}; both sides must be multiples of {GRID}")
        is_matched = settings.style_loss == NEIGHBORS
        self._seen_layers = settings.style_layer_weights
        self._style_layers = compared or settings.style_layer_weights
        local_layers = list(self._style_layers if is_matched else settings.content_layer_weights)
        self._margins = margins_of(settings)
        self._tile = tile
        self._group = group or SingleProcess()
        self._devices = [
            _DeviceShare(network, local_layers, list(self._style_layers)) for network in networks
        ]
        self._channels = self._devices[0].channels([*local_layers, *self._seen_layers])
        self._dtype = networks[0].dtype
        self._local: LocalTerm
        own: Sequence[OwnPart] = ()
        if is_matched:
            photograph = Photograph.of(content, regions, settings, self._look, strength, visible)
            device = networks[0].device
            self._local = matched(
                photograph,
                regions,
                settings,
                self._look,
                matching,
                self._group,
                device,
                compared,
            )
            own = [photograph.own_part(region) for region in regions]
        else:
            maps = self._put_together(content, {layer: stride(layer) for layer in local_layers})
            self._local = ContentTerm(maps, settings)
        self._regions = [self._shares(content, region.mask) for region in regions]
        self._targets = StyleTargets(regions, settings, self._measure, own, compared)

    @property
    def magnitude(self) -> float:
        """The style loss of a picture whose feature maps are all zero, and the neighbours'."""
        return self._targets.magnitude + self._local.magnitude

    @property
    def choices(self) -> Sequence[Tensor]:
        """With neighbours, the places that were chosen for each region; otherwise none."""
        return self._local.choices

    def loss(self, image: Tensor) -> float:
        """Returns the loss at ``image``."""
        return self.evaluate(image).loss

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates the loss and its gradient at ``image``, which has the content's shape."""
        image = image.detach().contiguous()
        self._group.send_order(Order.EVALUATE)
        return self.share(image)

    def share(self, image: Tensor) -> Evaluation:
        """Does this process's part of an evaluation of the leader's picture."""
        self._group.broadcast(image)
        # With no more than one tile each, the second pass reuses the feature maps of the first.
        devices = self._group.size * len(self._devices)
        keep = len(cut(image, self._tile, self._margins.gradient)) <= devices
        style, by_region = self._style(self._statistics(image, self._regions, keep=keep))
        parts = _Parts(by_region, self._regions, self._local)
        gradient = torch.zeros_like(image, memory_format=torch.contiguous_format)
        losses = self._each(
            image,
            self._margins.gradient,
            lambda device, tiles: device.add_gradient(image, tiles, parts, gradient),
        )
        content = torch.tensor([sum(losses)])
        self._group.all_reduce(content)
        self._group.all_reduce(gradient)
        return Evaluation(content.item() + style, content.item(), style, gradient)

    def _style(self, found: Sequence[StatisticsByLayer]) -> tuple[float, list[StatisticsByLayer]]:
        """Returns the style loss and its gradient with respect to each region's statistics."""
        leaves = [
            {layer: Statistics(s.gram.requires_grad_(), s.mean.requires_grad_())
             for layer, s in there.items()}
            for there in found
        ]  # fmt: skip
        loss = self._targets.loss(leaves)
        flat = [t for there in leaves for s in there.values() for t in (s.gram, s.mean)]
        gradients = iter(torch.autograd.grad(loss, flat, materialize_grads=True))
        return loss.item(), [
            {layer: Statistics(next(gradients), next(gradients)) for layer in there}
            for there in leaves
        ]

    def _measure(self, painting: StyleImage) -> StatisticsByLayer:
        whole = self._shares(painting.image, painting.visible)
        return self._statistics(painting.image, [whole])[0]

    def _statistics(
        self, image: Tensor, regions: Sequence[Shares], *, keep: bool = False
    ) -> list[StatisticsByLayer]:
        """Returns the statistics of the whole picture in each region, on the CPU."""
        margin = self._margins.gradient if keep else self._margins.feature
        sums = [self._no_statistics() for _ in regions]
        for part in self._each(
            image, margin, lambda device, tiles: device.sum_up(image, tiles, regions, keep)
        ):
            for there, more in zip(sums, part, strict=True):
                for layer, statistics in more.items():
                    there[layer].gram.add_(statistics.gram.cpu())
                    there[layer].mean.add_(statistics.mean.cpu())
        for there in sums:
            for statistics in there.values():
                self._group.all_reduce(statistics.gram)
                self._group.all_reduce(statistics.mean)
        return sums

    def _no_statistics(self) -> StatisticsByLayer:
        channels = {layer: self._channels[layer] for layer in self._style_layers}
        return {
            layer: Statistics(torch.zeros(n, n), torch.zeros(n)) for layer, n in channels.items()
        }

    def _shares(self, image: Tensor, mask: Tensor | None) -> Shares:
        height, width = image.shape[2:]
        return shares(None if mask is None else mask.cpu(), self._style_layers, height, width)

    def _look(self, image: Tensor) -> Mapping[str, Tensor]:
        """Returns what the network sees at each place, in its number format, on the CPU."""
        return self._put_together(image, dict.fromkeys(self._seen_layers, PLACE))

    def _put_together(self, image: Tensor, factors: Mapping[str, int]) -> dict[str, Tensor]:
        """Returns maps of the whole picture, on the CPU.

        Args:
            factors: by how much each layer's maps are to be smaller than the picture: as they come
                from the network, or as places are.
        """
        height, width = image.shape[2:]
        whole = {
            layer: torch.zeros(
                1, self._channels[layer], height // factor, width // factor, dtype=self._dtype
            )
            for layer, factor in factors.items()
        }
        self._each(
            image,
            self._margins.feature,
            lambda device, tiles: device.put_maps(image, tiles, factors, whole),
        )
        for maps in whole.values():
            self._group.all_reduce(maps)
        return whole

    def _each(
        self, image: Tensor, margin: int, work: Callable[[_DeviceShare, Sequence[Tile]], T]
    ) -> list[T]:
        """Deals out the tiles to all devices, and returns the results of this process's own."""
        tiles = cut(image, self._tile, margin)
        first, everyone = (
            self._group.rank * len(self._devices),
            self._group.size * len(self._devices),
        )
        parts = [tiles[first + i :: everyone] for i in range(len(self._devices))]
        if len(parts) == 1:
            return [work(self._devices[0], parts[0])]
        with ThreadPoolExecutor(len(parts)) as pool:
            return list(pool.map(work, self._devices, parts))


@dataclass(frozen=True)
class _Parts:
    """What the gradient of any tile is computed from.

    Attributes:
        by_region: gradient of the loss with respect to the statistics of each region and style
            layer.
        regions: how much each position counts in them.
        local: the term that is local to places.
    """

    by_region: Sequence[StatisticsByLayer]
    regions: Sequence[Shares]
    local: LocalTerm


class _DeviceShare:
    """One device and its share of the tiles."""

    def __init__(
        self, network: Vgg, local_layers: Sequence[str], style_layers: Sequence[str]
    ) -> None:
        self._network = network
        self._style_layers = style_layers
        self._layers = list(dict.fromkeys([*local_layers, *style_layers]))
        self._kept: dict[Tile, tuple[Tensor, dict[str, Tensor]]] = {}

    def channels(self, layers: Sequence[str]) -> dict[str, int]:
        """Returns how many feature maps layers have, found by trying the smallest picture."""
        smallest = torch.zeros(1, 3, MIN_SIDE, MIN_SIDE, device=self._network.device)
        with torch.no_grad():
            features = self._network.features(smallest, layers)
        return {layer: maps.shape[1] for layer, maps in features.items()}

    def sum_up(
        self, image: Tensor, tiles: Sequence[Tile], regions: Sequence[Shares], keep: bool
    ) -> Sequence[StatisticsByLayer]:
        """Returns the tiles' part of each region's statistics.

        Args:
            keep: whether to keep the feature maps for :meth:`add_gradient`.
        """
        sums: list[dict[str, Statistics]] = [{} for _ in regions]
        for tile in tiles:
            with torch.set_grad_enabled(keep):
                pixels, features = self._features(image, tile, keep)
            if keep:
                self._kept[tile] = pixels, features
            for layer in self._style_layers:
                own = (
                    tile.own_of_tile(features[layer][0].detach(), stride(layer)).float().flatten(1)
                )
                for there, region in zip(sums, regions, strict=True):
                    part = _own_statistics(own, region[layer], tile, stride(layer))
                    before = there.get(layer)
                    there[layer] = part if before is None else _added(before, part)
        return sums

    def put_maps(
        self,
        image: Tensor,
        tiles: Sequence[Tile],
        factors: Mapping[str, int],
        whole: Mapping[str, Tensor],
    ) -> None:
        """Writes the tiles' own part of each layer's maps into those of the whole picture.

        Args:
            factors: as for :meth:`TiledObjective._put_together`.
        """
        for tile in tiles:
            with torch.no_grad():
                pixels = tile.cut(image, self._network.device)
                features = self._network.features(pixels, factors)
            for layer, factor in factors.items():
                maps = features[layer]
                if factor != stride(layer):
                    maps = on_grid(maps, layer, *pixels.shape[2:])
                tile.put(tile.own_of_tile(maps, factor), whole[layer], factor)

    def add_gradient(
        self, image: Tensor, tiles: Sequence[Tile], parts: _Parts, gradient: Tensor
    ) -> float:
        """Writes the gradient of the tiles' own pixels; returns their part of the local loss."""
        local = 0.0
        for tile in tiles:
            pixels, features = (
                self._kept.pop(tile) if tile in self._kept else self._features(image, tile, True)
            )
            outputs, by_output = [], []
            for layer in self._style_layers:
                outputs.append(features[layer])
                by_output.append(_style_gradient(features[layer], layer, tile, parts))
            part = parts.local.of_tile(features, tile)
            for layer, by_maps in part.by_maps.items():
                outputs.append(features[layer])
                by_output.append(by_maps)
            for loss in part.losses:
                local += loss
            (by_pixel,) = torch.autograd.grad(outputs, pixels, by_output)
            tile.put(tile.own_of_tile(by_pixel, 1), gradient, 1)
        return local

    def _features(
        self, image: Tensor, tile: Tile, with_gradient: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        pixels = tile.cut(image, self._network.device).requires_grad_(with_gradient)
        layers = self._layers if with_gradient else self._style_layers
        return pixels, self._network.features(pixels, layers)


def _own_statistics(own: Tensor, share: Tensor | float, tile: Tile, factor: int) -> Statistics:
    """Returns what a tile's own maps (channels, positions) add to the statistics."""
    if isinstance(share, Tensor):
        counts = tile.own_of_picture(share, factor).to(own.device).flatten()
        return Statistics((own * counts) @ own.T, own @ counts)
    return Statistics(own @ own.T * share, own.sum(dim=1) * share)


def _added(one: Statistics, other: Statistics) -> Statistics:
    return Statistics(one.gram + other.gram, one.mean + other.mean)


def _style_gradient(maps: Tensor, layer: str, tile: Tile, parts: _Parts) -> Tensor:
    """Returns the style loss's gradient with respect to a layer's maps, summed over all regions."""
    flat = maps.detach().float().flatten(start_dim=2).squeeze(0)
    gradient: Tensor | None = None
    for by_statistics, region in zip(parts.by_region, parts.regions, strict=True):
        by, share = by_statistics[layer], region[layer]
        if isinstance(share, Tensor):
            share = tile.cover(share, maps, stride(layer)).flatten()
        part = statistics_gradient(flat, by.gram.to(maps.device), by.mean.to(maps.device), share)
        gradient = part if gradient is None else gradient + part
    assert gradient is not None  # noqa: S101 (there is at least one region)
    return gradient.view(maps.shape).to(maps.dtype)
