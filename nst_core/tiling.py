"""The whole objective, exactly, in the memory of one tile, spread over whatever computes.

Gram matrices are sums over positions, so they can be summed tile by tile. The objective is a
function of these sums alone (and of the content loss, a sum as well), which gives the gradient
with respect to every feature map in closed form; a second pass carries it back to the pixels,
again tile by tile. Each tile is computed with a margin as wide as the network can see, so that
the result is that of :class:`nst_core.objective.Objective` to rounding, and no seam can show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from nst_core.layers import stride
from nst_core.losses import gram_gradient
from nst_core.objective import (
    CONTENT_LAYER,
    STYLE_LAYERS,
    Evaluation,
    magnitude,
    mean_grams,
    style_loss,
)
from nst_core.pyramid import Size
from nst_core.settings import MIN_SIDE, Settings
from nst_core.team import Alone, Order, Team
from nst_core.tiles import FEATURE_MARGIN, GRADIENT_MARGIN, GRID, Tile, cut
from nst_core.vgg import Vgg

T = TypeVar("T")


class TiledObjective:
    """The same as :class:`nst_core.objective.Objective`, for pictures of any size.

    Args:
        networks: one for each device that takes part, alike but for the device.
        content: (1, 3, height, width), R'G'B', 0..1, float32; may lie in another memory than the
            networks'.
        styles: one or more pictures of the same layout and of any size.
        settings: gives the weights.
        tile: width and height of a tile without its margin, in pixels; multiples of GRID.
        team: the processes that take part; each of them must make the same calls.
    """

    def __init__(
        self,
        networks: Sequence[Vgg],
        content: Tensor,
        styles: Sequence[Tensor],
        settings: Settings,
        tile: Size,
        team: Team | None = None,
    ) -> None:
        if any(side < GRID or side % GRID for side in tile):
            raise ValueError(f"tile is {tile}; both sides must be multiples of {GRID}")
        self._settings = settings
        self._tile = tile
        self._team = team or Alone()
        self._workers = [_Worker(network) for network in networks]
        self._channels = _channels(networks[0])
        self._dtype = networks[0].dtype
        self._content = self._content_maps(content)
        self._grams = mean_grams([self._sum_grams(style) for style in styles])

    @property
    def magnitude(self) -> float:
        """The style loss of a picture whose feature maps are all zero."""
        return magnitude(self._grams, self._settings)

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates loss and gradient at ``image``, which has the content's shape."""
        image = image.detach().contiguous()
        self._team.call(Order.EVALUATE)
        return self.share(image)

    def share(self, image: Tensor) -> Evaluation:
        """Does this process's part of an evaluation of the leader's picture."""
        self._team.spread(image)
        # With one tile each, the second pass takes over the feature maps of the first.
        workers = self._team.size * len(self._workers)
        keep = len(cut(image, self._tile, GRADIENT_MARGIN)) <= workers
        style, gram_gradients = self._style(self._sum_grams(image, keep=keep))
        parts = _Parts(gram_gradients, self._content, self._settings.content_weight)
        gradient = torch.zeros_like(image, memory_format=torch.contiguous_format)
        losses = self._each(
            image,
            GRADIENT_MARGIN,
            lambda worker, tiles: worker.add_gradient(image, tiles, parts, gradient),
        )
        content = torch.tensor([sum(losses)])
        self._team.add_up(content)
        self._team.add_up(gradient)
        return Evaluation(content.item() + style, content.item(), style, gradient)

    def _style(self, grams: dict[str, Tensor]) -> tuple[float, dict[str, Tensor]]:
        """Returns the style loss and its gradient by each Gram matrix."""
        leaves = {layer: gram.requires_grad_() for layer, gram in grams.items()}
        loss = self._settings.style_weight * style_loss(leaves, self._grams)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        return loss.item(), dict(zip(leaves, gradients, strict=True))

    def _sum_grams(self, image: Tensor, *, keep: bool = False) -> dict[str, Tensor]:
        """Returns the Gram matrices of the whole picture, on the CPU."""
        margin = GRADIENT_MARGIN if keep else FEATURE_MARGIN
        sums = {layer: torch.zeros(2 * [self._channels[layer]]) for layer in STYLE_LAYERS}
        for part in self._each(
            image, margin, lambda worker, tiles: worker.sum_grams(image, tiles, keep)
        ):
            for layer, gram in part.items():
                sums[layer] += gram.cpu()
        for layer, gram in sums.items():
            self._team.add_up(gram)
            gram /= _positions(image, layer)
        return sums

    def _content_maps(self, content: Tensor) -> Tensor:
        factor = stride(CONTENT_LAYER)
        height, width = (side // factor for side in content.shape[2:])
        whole = torch.zeros(1, self._channels[CONTENT_LAYER], height, width, dtype=self._dtype)
        self._each(
            content, FEATURE_MARGIN, lambda worker, tiles: worker.put_content(content, tiles, whole)
        )
        self._team.add_up(whole)
        return whole

    def _each(
        self, image: Tensor, margin: int, work: Callable[[_Worker, Sequence[Tile]], T]
    ) -> list[T]:
        """Deals the tiles out to all workers, and returns what this process's make of theirs."""
        tiles = cut(image, self._tile, margin)
        first, everyone = self._team.rank * len(self._workers), self._team.size * len(self._workers)
        shares = [tiles[first + i :: everyone] for i in range(len(self._workers))]
        if len(shares) == 1:
            return [work(self._workers[0], shares[0])]
        with ThreadPoolExecutor(len(shares)) as pool:
            return list(pool.map(work, self._workers, shares))


@dataclass(frozen=True)
class _Parts:
    """What the gradient of any tile is made of.

    Attributes:
        by_gram: gradient of the loss by the Gram matrix of each style layer.
        content: target (1, channels, height, width) of the whole picture.
        content_weight: of the settings.
    """

    by_gram: dict[str, Tensor]
    content: Tensor
    content_weight: float


class _Worker:
    """One device and its share of the tiles."""

    def __init__(self, network: Vgg) -> None:
        self._network = network
        self._kept: dict[Tile, tuple[Tensor, dict[str, Tensor]]] = {}

    def sum_grams(self, image: Tensor, tiles: Sequence[Tile], keep: bool) -> dict[str, Tensor]:
        """Returns the sums over the tiles' own positions; ``keep`` for :meth:`add_gradient`."""
        sums: dict[str, Tensor] = {}
        for tile in tiles:
            with torch.set_grad_enabled(keep):
                pixels, features = self._features(image, tile, keep)
            if keep:
                self._kept[tile] = pixels, features
            for layer in STYLE_LAYERS:
                own = tile.own(features[layer][0].detach(), stride(layer)).float().flatten(1)
                part = own @ own.T
                sums[layer] = sums[layer] + part if layer in sums else part
        return sums

    def put_content(self, image: Tensor, tiles: Sequence[Tile], whole: Tensor) -> None:
        """Writes the tiles' content features into those of the whole picture."""
        factor = stride(CONTENT_LAYER)
        for tile in tiles:
            with torch.no_grad():
                pixels = tile.cut(image, self._network.device)
                maps = self._network.features(pixels, [CONTENT_LAYER])[CONTENT_LAYER]
            tile.put(tile.own(maps, factor), whole, factor)

    def add_gradient(
        self, image: Tensor, tiles: Sequence[Tile], parts: _Parts, gradient: Tensor
    ) -> float:
        """Writes the gradient of the tiles' own pixels; returns their part of the content loss."""
        content = 0.0
        for tile in tiles:
            pixels, features = (
                self._kept.pop(tile) if tile in self._kept else self._features(image, tile, True)
            )
            outputs, by_output = [], []
            for layer in STYLE_LAYERS:
                outputs.append(features[layer])
                by_output.append(
                    _by_maps(features[layer], parts.by_gram[layer], _positions(image, layer))
                )
            loss, by_content = _content_part(features[CONTENT_LAYER], tile, parts)
            outputs.append(features[CONTENT_LAYER])
            by_output.append(by_content)
            (by_pixel,) = torch.autograd.grad(outputs, pixels, by_output)
            tile.put(tile.own(by_pixel, 1), gradient, 1)
            content += loss
        return content

    def _features(
        self, image: Tensor, tile: Tile, with_gradient: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        pixels = tile.cut(image, self._network.device).requires_grad_(with_gradient)
        layers = [CONTENT_LAYER, *STYLE_LAYERS] if with_gradient else STYLE_LAYERS
        return pixels, self._network.features(pixels, layers)


def _by_maps(maps: Tensor, by_gram: Tensor, positions: int) -> Tensor:
    """Returns the gradient by feature maps: that by their Gram matrix F F^T / positions.

    Gram matrices are symmetric, and so is the gradient by them.
    """
    flat = maps.detach().float().flatten(start_dim=2).squeeze(0)
    gradient = gram_gradient(flat, 2 * by_gram.to(maps.device), positions)
    return gradient.view(maps.shape).to(maps.dtype)


def _content_part(maps: Tensor, tile: Tile, parts: _Parts) -> tuple[float, Tensor]:
    """Returns a tile's part of the content loss, and its gradient by all of the tile's maps."""
    factor = stride(CONTENT_LAYER)
    target = tile.cover(parts.content, maps, factor)
    difference = maps.detach().float() - target.float()
    weight = parts.content_weight / parts.content.numel()
    loss = weight * tile.own(difference, factor).square().sum().item()
    return loss, (2 * weight * difference).to(maps.dtype)


def _positions(image: Tensor, layer: str) -> int:
    """Returns how many positions the layer's feature maps of a picture have."""
    height, width = (int(side) // stride(layer) for side in image.shape[2:])
    return height * width


def _channels(network: Vgg) -> dict[str, int]:
    """Returns how many feature maps each layer has, from a look at the smallest picture."""
    smallest = torch.zeros(1, 3, MIN_SIDE, MIN_SIDE, device=network.device)
    with torch.no_grad():
        features = network.features(smallest, [CONTENT_LAYER, *STYLE_LAYERS])
    return {layer: maps.shape[1] for layer, maps in features.items()}
