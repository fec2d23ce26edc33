"""How a picture is cut into tiles, each with a margin as wide as the network can see."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_core.pyramid import Size

# Tiles lie on the grid of the deepest pooling that is passed, so that all pool alike.
GRID = 16
# On this coarser grid even Winograd's own tiles (nst_core.winograd) at the deepest layer are those
# of the whole picture. Then rounding is the same too, and with it every choice of the poolings
# between values that are nearly equal: the gradient agrees a hundred times better.
ALIGNMENT = 64
# How far a feature at relu5_1, and the gradient of a pixel through it, can see; measured to be
# exact to rounding (72 and 112 pixels), rounded up to the grid and to the alignment.
FEATURE_MARGIN = 80
GRADIENT_MARGIN = 128


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


@dataclass(frozen=True)
class Tile:
    """A part of a picture, with its margin.

    Attributes:
        rows, columns: where it lies.
        height, width: of the whole picture, in pixels.
    """

    rows: Span
    columns: Span
    height: int
    width: int

    def cut(self, image: Tensor, device: torch.device) -> Tensor:
        """Returns the tile with its margin out of the whole picture, on the device."""
        part = image[..., slice(*self.rows.outer), slice(*self.columns.outer)]
        return part.to(device).contiguous()

    def own(self, maps: Tensor, factor: int) -> Tensor:
        """Returns the tile's own part of its maps (..., height, width), smaller by ``factor``."""
        rows, columns = self.rows.crop(factor, self.height), self.columns.crop(factor, self.width)
        return maps[..., rows, columns]

    def put(self, own: Tensor, whole: Tensor, factor: int) -> None:
        """Writes the tile's own part to its place in the whole picture's maps."""
        top, left = self.rows.inner[0] // factor, self.columns.inner[0] // factor
        height, width = own.shape[-2:]
        whole[..., top : top + height, left : left + width] = own.to(whole.device)

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
        margin: how far to look beyond a part, where there is something.
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
