"""How a picture is cut into tiles, each with a margin as wide as the network can see."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_contract.vgg_layers import LAYERS, stride
from nst_core.pictures.picture import Size

# Tiles lie on the grid of the deepest pooling in use, so that all of them pool the same pixels.
GRID = 16
# On this coarser grid even Winograd's own tiles (nst_core.networks.winograd) at the deepest layer
# are those of the whole picture. Rounding is then the same too, and so is every choice that the
# poolings make between nearly equal values: the gradient agrees a hundred times better.
ALIGNMENT = 64

# Rows and columns of a picture.
Window = tuple[slice, slice]


@dataclass(frozen=True)
class Margins:
    """How far to look beyond a tile, in pixels, for results that are exact to rounding.

    Attributes:
        feature: for the feature maps of the tile's own pixels.
        gradient: for the gradient with respect to these pixels.
    """

    feature: int
    gradient: int


def margins(layers: Iterable[str]) -> Margins:
    """Returns the margins that a network needs if it computes ``layers``.

    As the poolings are aligned, a feature sees as far as the convolutions before it add up to: 70
    pixels at relu5_1. A gradient sees twice as far, but the outermost fifth has so little weight
    that it is lost in rounding (measured: 112 pixels are enough for relu5_1).
    """
    order = list(LAYERS)
    deepest = max(order.index(layer) for layer in layers)
    sight = sum(stride(name) for name in order[: deepest + 1] if name.startswith("relu"))
    return Margins(_up(sight, GRID), _up(round(1.6 * sight), ALIGNMENT))


def _up(length: int, grid: int) -> int:
    return -(-length // grid) * grid


@dataclass(frozen=True)
class Span:
    """One side of a tile, in pixels: its own part, and that part with the margin around it."""

    inner: tuple[int, int]
    outer: tuple[int, int]

    def within_tile(self, factor: int, end: int) -> slice:
        """Returns the tile's own part within its feature maps, which are smaller by ``factor``.

        Pooling drops what does not fill its window, so the last part ends where the maps do.
        """
        own, start = self.within_picture(factor, end), self.outer[0] // factor
        return slice(own.start - start, own.stop - start)

    def within_picture(self, factor: int, end: int) -> slice:
        """Returns the tile's own part within the whole picture's feature maps."""
        first, last = self.inner[0] // factor, min(self.inner[1], end) // factor
        return slice(first, max(first, last))


@dataclass(frozen=True)
class Tile:
    """A part of a picture, with its margin.

    Attributes:
        rows, columns: its position.
        height, width: of the whole picture, in pixels.
    """

    rows: Span
    columns: Span
    height: int
    width: int

    @property
    def window(self) -> Window:
        """The tile with its margin, as rows and columns of the picture."""
        return slice(*self.rows.outer), slice(*self.columns.outer)

    @property
    def size(self) -> Size:
        """Width and height of the tile with its margin, in pixels."""
        (top, bottom), (left, right) = self.rows.outer, self.columns.outer
        return right - left, bottom - top

    def cut(self, image: Tensor, device: torch.device) -> Tensor:
        """Cuts the tile with its margin out of the whole picture, and returns it on the device."""
        rows, columns = self.window
        return image[..., rows, columns].to(device).contiguous()

    def own_of_tile(self, maps: Tensor, factor: int) -> Tensor:
        """Returns the tile's own part of its maps (..., height, width), smaller by ``factor``."""
        rows = self.rows.within_tile(factor, self.height)
        columns = self.columns.within_tile(factor, self.width)
        return maps[..., rows, columns]

    def put(self, own: Tensor, whole: Tensor, factor: int) -> None:
        """Writes the tile's own part to its place in the whole picture's maps."""
        top, left = self.rows.inner[0] // factor, self.columns.inner[0] // factor
        height, width = own.shape[-2:]
        whole[..., top : top + height, left : left + width] = own.to(whole.device)

    def own_of_picture(self, whole: Tensor, factor: int) -> Tensor:
        """Returns the tile's own part of the whole picture's maps."""
        rows = self.rows.within_picture(factor, self.height)
        columns = self.columns.within_picture(factor, self.width)
        return whole[..., rows, columns]

    def cover(self, whole: Tensor, maps: Tensor, factor: int) -> Tensor:
        """Returns the part of the whole picture's maps that the tile's ``maps`` cover."""
        top, left = self.rows.outer[0] // factor, self.columns.outer[0] // factor
        height, width = maps.shape[-2:]
        return whole[..., top : top + height, left : left + width].to(maps.device)


def spans(length: int, tile: int, margin: int) -> list[Span]:
    """Cuts a side of ``length`` pixels into parts of at most ``tile``, on the grid.

    Args:
        length: of the picture's side.
        tile: multiple of GRID.
        margin: how far to look beyond a part, up to the picture's edge.
    """
    return [
        Span(
            (start, min(start + tile, length)),
            (max(0, start - margin), min(start + tile + margin, length)),
        )
        for start in range(0, length, tile)
    ]


def cut(image: Tensor, tile: Size, margin: int) -> list[Tile]:
    """Cuts a picture into tiles, row by row.

    Args:
        image: (1, 3, height, width).
        tile: width and height of a tile without its margin, multiples of GRID.
        margin: multiple of GRID.
    """
    height, width = image.shape[2:]
    rows, columns = spans(height, tile[1], margin), spans(width, tile[0], margin)
    return [Tile(row, column, height, width) for row, column in itertools.product(rows, columns)]
