"""The loss of a whole picture can be computed tile by tile, in one pass, exactly."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.neighbors.columns import PLACE, columns, depth_weights, listed, margins, on_grid
from nst_core.neighbors.loss import cosine_loss
from nst_core.neighbors.matching import match
from nst_core.neighbors.style_places import PaintingPlaces, StylePlaces, even_usage, gathered
from nst_core.networks.vgg import Vgg
from nst_core.pictures.tile_margins import cut
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


class Painted:
    """A photograph matched with a painting, and another picture that is to look like that."""

    def __init__(self, network: Vgg, height: int, width: int) -> None:
        self.network = network
        content, style = tensor(photograph(COFFEE, width, height)), tensor(photograph(CAT, 96, 64))
        self.image = content.flip(3)
        self.style = self._places(style)
        query = columns(network.features(content, LAYERS), self.style.factors, height, width)
        rows, across = query.shape[2:]
        self.choice = match(listed(query), self.style, balance=0.9).view(1, 1, rows, across)
        generator = torch.Generator().manual_seed(0)
        self.weight = torch.rand(1, 1, rows, across, generator=generator)

    def _places(self, style: Tensor) -> StylePlaces:
        features = self.network.features(style, LAYERS)
        height, width = style.shape[2:]
        maps = {layer: on_grid(features[layer], layer, height, width) for layer in LAYERS}
        painting = PaintingPlaces(maps, even_usage(height, width, None, 1.0))
        return gathered([painting], depth_weights(LAYERS, 1.7))

    def whole(self) -> tuple[float, Tensor]:
        image = self.image.clone().requires_grad_()
        loss = self._loss(self._columns(image), self.choice, self.weight)
        (gradient,) = torch.autograd.grad(loss, image)
        return loss.item(), gradient

    def tiled(self, side: int, margin: int) -> tuple[float, Tensor]:
        """Returns loss and gradient, each tile seeing ``margin`` pixels beyond itself.

        The gradient of a tile's own pixels is that of all places within its margin.
        """
        total, gradient = 0.0, torch.full_like(self.image, torch.nan)
        for tile in cut(self.image, (side, side), margin):
            part = tile.cut(self.image, self.image.device).requires_grad_()
            found = self._columns(part)
            covered = [tile.cover(maps, found, PLACE) for maps in (self.choice, self.weight)]
            (by_pixel,) = torch.autograd.grad(self._loss(found, *covered), part)
            tile.put(tile.own_of_tile(by_pixel, 1), gradient, 1)
            own = [tile.own_of_tile(maps, PLACE) for maps in (found.detach(), *covered)]
            total += self._loss(*own).item()
        return total, gradient

    def _columns(self, image: Tensor) -> Tensor:
        features = self.network.features(image, LAYERS)
        return columns(features, self.style.factors, *image.shape[2:])

    def _loss(self, found: Tensor, choice: Tensor, weight: Tensor) -> Tensor:
        return cosine_loss(
            listed(found),
            self.style.directions[choice.flatten()],
            self.style.mean,
            weight.flatten(),
            float(self.weight.sum()),
        )


@pytest.mark.parametrize(("height", "width", "side"), [(173, 262, 96), (64, 331, 128)])
def test_loss_and_gradient_are_those_of_the_whole_picture(
    network: Vgg, height: int, width: int, side: int
) -> None:
    painted = Painted(network, height, width)
    loss, gradient = painted.whole()
    in_tiles, by_tiles = painted.tiled(side, margins(LAYERS).gradient)
    assert in_tiles == pytest.approx(loss, rel=1e-5)
    assert (by_tiles - gradient).norm() / gradient.norm() < 1e-4


def test_a_margin_that_is_too_narrow_would_show(network: Vgg) -> None:
    painted = Painted(network, 173, 262)
    loss, gradient = painted.whole()
    narrow, by_narrow = painted.tiled(96, 16)
    assert abs(narrow - loss) > 1e-4 * loss
    assert (by_narrow - gradient).norm() / gradient.norm() > 1e-3
