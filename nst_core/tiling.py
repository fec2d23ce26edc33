"""The whole objective, exactly, in the memory of one tile.

Gram matrices are sums over positions, so they can be summed tile by tile. The objective is a
function of these sums alone (and of the content loss, a sum as well), which gives the gradient
with respect to every feature map in closed form; a second pass carries it back to the pixels,
again tile by tile. Each tile is computed with a margin as wide as the network can see, so that
the result is that of :class:`nst_core.objective.Objective` to rounding, and no seam can show.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_core.losses import range_penalty
from nst_core.objective import CONTENT_LAYER, STYLE_LAYERS, Evaluation, style_loss
from nst_core.settings import Settings
from nst_core.vgg import Vgg19, stride

# Tiles lie on the grid of the deepest pooling that is passed, so that all pool alike.
GRID = 16
# How far a feature at relu5_1, and the gradient of a pixel through it, can see; measured to be
# exact to rounding (72 and 112 pixels), rounded up to the grid.
FEATURE_MARGIN = 80
GRADIENT_MARGIN = 112


@dataclass(frozen=True)
class Span:
    """One side of a tile, in pixels: its own part, and that part with the margin around it."""

    inner: tuple[int, int]
    outer: tuple[int, int]

    def crop(self, factor: int, end: int) -> slice:
        """Returns the tile's own part within its feature maps, which are smaller by ``factor``.

        Pooling drops what does not fill its window, so that the last part ends with the maps.
        """
        first = (self.inner[0] - self.outer[0]) // factor
        last = (min(self.inner[1], end // factor * factor) - self.outer[0]) // factor
        return slice(first, max(first, last))


def spans(length: int, tile: int, margin: int) -> list[Span]:
    """Cuts a side of ``length`` pixels into parts of at most ``tile``, on the grid.

    Args:
        length: of the picture's side.
        tile: multiple of GRID.
        margin: how far to look beyond a part, where there is something.
    """
    return [
        Span(
            (start, min(start + tile, length)),
            (max(0, start - margin), min(start + tile + margin, length)),
        )
        for start in range(0, length, tile)
    ]


class TiledObjective:
    """The same as :class:`nst_core.objective.Objective`, for pictures of any size.

    Args:
        network: computes the feature maps.
        content: (1, 3, height, width), R'G'B', 0..1, float32; may lie in another memory than the
            network's.
        styles: one or more pictures of the same layout and of any size.
        settings: gives the weights.
        tile: side of a tile without its margin, in pixels; a multiple of GRID.
    """

    def __init__(
        self,
        network: Vgg19,
        content: Tensor,
        styles: Sequence[Tensor],
        settings: Settings,
        tile: int,
    ) -> None:
        if tile < GRID or tile % GRID:
            raise ValueError(f"tile is {tile}; it must be a multiple of {GRID}")
        self._network = network
        self._settings = settings
        self._tile = tile
        with torch.no_grad():
            self._content = self._content_features(content)
            grams = [self._sum_grams(style) for style in styles]
            self._grams = {
                layer: torch.stack([gram[layer] for gram in grams]).mean(dim=0)
                for layer in STYLE_LAYERS
            }

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates loss and gradient at ``image``, which has the content's shape."""
        image = image.detach()
        with torch.no_grad():
            grams = self._sum_grams(image)
        style, gram_gradients = self._style(grams)
        gradient = torch.zeros_like(image, memory_format=torch.contiguous_format)
        content = 0.0
        for rows, columns in self._tiles(image, GRADIENT_MARGIN):
            part, part_gradient = self._gradient(image, rows, columns, gram_gradients)
            content += part
            gradient[..., slice(*rows.inner), slice(*columns.inner)] = part_gradient
        penalty = self._settings.range_weight * range_penalty(image)
        excess = image - image.clamp(0, 1)
        gradient += 2 * self._settings.range_weight * excess
        return Evaluation(content + style + penalty.item(), content, style, gradient)

    def _style(self, grams: dict[str, Tensor]) -> tuple[float, dict[str, Tensor]]:
        """Returns the style loss and its gradient with respect to each Gram matrix."""
        leaves = {layer: gram.detach().requires_grad_() for layer, gram in grams.items()}
        loss = self._settings.style_weight * style_loss(leaves, self._grams)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        return loss.item(), dict(zip(leaves, gradients, strict=True))

    def _gradient(
        self, image: Tensor, rows: Span, columns: Span, gram_gradients: dict[str, Tensor]
    ) -> tuple[float, Tensor]:
        """Returns a tile's part of the content loss, and the gradient of its own pixels."""
        tile = _outer(image, rows, columns).to(self._network.device).requires_grad_()
        features = self._network.features(tile, [CONTENT_LAYER, *STYLE_LAYERS])
        outputs, gradients = [], []
        for layer in STYLE_LAYERS:
            maps = features[layer]
            # The Gram matrix is F F^T / positions, and its gradient is symmetric.
            positions = _positions(image, stride(layer))
            flat = maps.detach().float().flatten(start_dim=2).squeeze(0)
            outputs.append(maps)
            gradients.append((2 / positions * gram_gradients[layer] @ flat).view_as(maps))
        content, content_gradient = self._content_part(features[CONTENT_LAYER], rows, columns)
        outputs.append(features[CONTENT_LAYER])
        gradients.append(content_gradient)
        gradients = [g.to(o.dtype) for g, o in zip(gradients, outputs, strict=True)]
        (whole,) = torch.autograd.grad(outputs, tile, gradients)
        own = whole[
            ...,
            slice(rows.inner[0] - rows.outer[0], rows.inner[1] - rows.outer[0]),
            slice(columns.inner[0] - columns.outer[0], columns.inner[1] - columns.outer[0]),
        ]
        return content, own.to(image.device)

    def _content_part(self, maps: Tensor, rows: Span, columns: Span) -> tuple[float, Tensor]:
        """Returns a tile's part of the content loss and its gradient by all of the tile's maps."""
        factor = stride(CONTENT_LAYER)
        top, left = rows.outer[0] // factor, columns.outer[0] // factor
        height, width = maps.shape[2:]
        target = self._content[..., top : top + height, left : left + width]
        difference = maps.detach().float() - target.to(maps.device).float()
        weight = self._settings.content_weight / self._content.numel()
        limits = [side * factor for side in self._content.shape[2:]]
        own = difference[..., rows.crop(factor, limits[0]), columns.crop(factor, limits[1])]
        return weight * own.square().sum().item(), 2 * weight * difference

    def _sum_grams(self, image: Tensor) -> dict[str, Tensor]:
        """Returns the Gram matrices of the whole picture."""
        sums: dict[str, Tensor] = {}
        for rows, columns in self._tiles(image, FEATURE_MARGIN):
            tile = _outer(image, rows, columns).to(self._network.device)
            for layer, maps in self._network.features(tile, STYLE_LAYERS).items():
                own = _own(maps, image, layer, rows, columns).float().flatten(start_dim=1)
                part = own @ own.T
                sums[layer] = sums[layer] + part if layer in sums else part
        return {layer: gram / _positions(image, stride(layer)) for layer, gram in sums.items()}

    def _content_features(self, content: Tensor) -> Tensor:
        factor = stride(CONTENT_LAYER)
        height, width = (side // factor for side in content.shape[2:])
        whole: Tensor | None = None
        for rows, columns in self._tiles(content, FEATURE_MARGIN):
            tile = _outer(content, rows, columns).to(self._network.device)
            maps = self._network.features(tile, [CONTENT_LAYER])[CONTENT_LAYER]
            own = _own(maps, content, CONTENT_LAYER, rows, columns)
            if whole is None:
                whole = torch.empty(1, own.shape[0], height, width, dtype=own.dtype)
            top, left = rows.inner[0] // factor, columns.inner[0] // factor
            whole[0, :, top : top + own.shape[1], left : left + own.shape[2]] = own
        assert whole is not None  # noqa: S101 (a picture has at least one tile)
        return whole

    def _tiles(self, image: Tensor, margin: int) -> Iterator[tuple[Span, Span]]:
        height, width = image.shape[2:]
        return itertools.product(
            spans(height, self._tile, margin), spans(width, self._tile, margin)
        )


def _outer(image: Tensor, rows: Span, columns: Span) -> Tensor:
    return image[..., slice(*rows.outer), slice(*columns.outer)].contiguous()


def _own(maps: Tensor, image: Tensor, layer: str, rows: Span, columns: Span) -> Tensor:
    """Returns (channels, height, width) of a tile's maps without the margin."""
    factor = stride(layer)
    height, width = image.shape[2:]
    return maps[0, :, rows.crop(factor, height), columns.crop(factor, width)]


def _positions(image: Tensor, factor: int) -> int:
    height, width = image.shape[2:]
    return int(height // factor) * int(width // factor)
