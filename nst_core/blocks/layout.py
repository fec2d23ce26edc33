"""How a picture is cut into blocks, and which of them must be painted before which."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_core.pictures.picture import Size
from nst_core.pictures.tile_margins import GRID, Span, Tile, Window

# How far on both sides of a border one block's changes fade into the other's, in pixels.
FADING = 16


def margin_for(sight: int) -> int:
    """Returns how far around a block the picture is looked at, in pixels.

    Places that its changes reach see nothing but the picture.

    Args:
        sight: how far the network sees in the layers that are compared, in pixels; a multiple of
            GRID.
    """
    return FADING + sight


# Of the usual layers.
MARGIN = margin_for(GRID)


@dataclass(frozen=True)
class Block:
    """A part of a picture that is optimised on its own.

    Attributes:
        number: position in the order of painting, from 0.
        tile: where it is, with the margin that is looked at as well.
        needs: numbers of the blocks beside it that are painted before it.
    """

    number: int
    tile: Tile
    needs: tuple[int, ...] = ()

    @property
    def window(self) -> Window:
        """What of the picture is looked at."""
        return self.tile.window

    def around(self, sight: int) -> Tile:
        """Returns the window as a tile, of which what the network sees around it is the margin.

        Args:
            sight: how far it sees, in pixels; a multiple of GRID.
        """
        tile = self.tile
        rows = wider(tile.rows, sight, tile.height)
        columns = wider(tile.columns, sight, tile.width)
        return Tile(rows, columns, tile.height, tile.width)

    @property
    def size(self) -> Size:
        """Width and height of the window, in pixels."""
        return self.tile.size

    @property
    def area(self) -> int:
        """Number of the block's own pixels."""
        (top, bottom), (left, right) = self.tile.rows.inner, self.tile.columns.inner
        return (right - left) * (bottom - top)

    def fading(self) -> Tensor:
        """Returns how much of a change each pixel of the window gets, (1, 1, height, width), 0..1.

        What is optimised is a change times this, so that its steps are as large as this squared.
        Across a border one block's falls as a sine while the other's rises: their squares add up
        to 1. Otherwise a band along the border would be painted twice, with more detail than the
        rest, or by half.
        """
        tile = self.tile
        rows, columns = _fading(tile.rows, tile.height), _fading(tile.columns, tile.width)
        return (rows[:, None] * columns)[None, None]

    def seen(self, sight: int) -> Tensor:
        """Returns which pixels of the window the network sees as it does in the whole picture.

        Args:
            sight: how far the network sees, in pixels.

        Returns:
            (1, 1, height, width), 0 or 1.
        """
        rows, columns = (
            _seen(span, side, sight)
            for span, side in (
                (self.tile.rows, self.tile.height),
                (self.tile.columns, self.tile.width),
            )
        )
        return (rows[:, None] * columns)[None, None]


def blocks_of(size: Size, largest: Size, margin: int = MARGIN) -> list[Block]:
    """Returns the blocks of a picture, in the order of painting where there is one process.

    No block is painted at the same time as one beside it, nor at an undecided time: of two blocks
    side by side, it is known which one sees the other painted. So the result does not depend on
    how many processes there are, nor on which of them is quicker.

    Args:
        size: width and height of the picture, in pixels.
        largest: width and height of a block at most, in pixels.
        margin: how far around a block the picture is looked at, in pixels; a multiple of GRID.

    Raises:
        ValueError: if a side of ``largest`` is no multiple of GRID, or too short for the margins.
    """
    width, height = size
    columns, rows = (
        parts(side, longest, margin) for side, longest in zip(size, largest, strict=True)
    )
    middle = (height / 2, width / 2)
    # Of four kinds in turn: no two of one kind lie side by side. Of one kind, those in the middle
    # come first, where what matters is.
    found = sorted(
        (2 * (down % 2) + right % 2, math.dist(_center(row, column), middle), down, right)
        for down, row in enumerate(rows)
        for right, column in enumerate(columns)
    )
    numbers = {(down, right): number for number, (_, _, down, right) in enumerate(found)}
    return [
        Block(number, Tile(rows[down], columns[right], height, width), _needs(numbers, down, right))
        for (down, right), number in numbers.items()
    ]


def _needs(numbers: Mapping[tuple[int, int], int], down: int, right: int) -> tuple[int, ...]:
    """Returns the numbers of the blocks beside one that come before it."""
    number = numbers[down, right]
    beside = (numbers.get((down + y, right + x), number) for y in (-1, 0, 1) for x in (-1, 0, 1))
    return tuple(sorted(other for other in beside if other < number))


def wider(span: Span, sight: int, side: int) -> Span:
    """Returns a side of a window with what the network sees around it, up to the picture's edge.

    Args:
        span: a block's, with its window.
        sight: how far the network sees, in pixels.
        side: the picture's, in pixels.

    Returns:
        The window as what is the span's own, of which what is around it is the margin.
    """
    start, end = span.outer
    return Span(span.outer, (max(0, start - sight), min(side, end + sight)))


def parts(length: int, longest: int, margin: int = MARGIN) -> list[Span]:
    """Cuts a side of a picture into those of its blocks, as good as equal, on the grid.

    The arguments and errors are those of :func:`blocks_of`, for one side.
    """
    if longest < 2 * margin or longest % GRID:
        raise ValueError(
            f"side is {longest}; it must be a multiple of {GRID}, {2 * margin} or more"
        )
    count = math.ceil(length / longest)
    ends = [round(number * length / count / GRID) * GRID for number in range(count)] + [length]
    return [
        Span((start, end), (max(0, start - margin), min(length, end + margin)))
        for start, end in itertools.pairwise(ends)
    ]


def _center(row: Span, column: Span) -> tuple[float, float]:
    return sum(row.inner) / 2, sum(column.inner) / 2


def _fading(span: Span, side: int) -> Tensor:
    position = torch.arange(*span.outer) + 0.5
    fading = torch.ones_like(position)
    for border, inwards in ((span.inner[0], 1), (span.inner[1], -1)):
        # The picture's own edge is no border.
        if 0 < border < side:
            part = ((position - border) * inwards / (2 * FADING) + 0.5).clamp(0, 1)
            fading *= (part * (torch.pi / 2)).sin()
    return fading


def _seen(span: Span, side: int, sight: int) -> Tensor:
    position = torch.arange(*span.outer)
    # Beyond the edges of the picture itself there is nothing to see.
    first = span.outer[0] + (sight if span.outer[0] > 0 else 0)
    end = span.outer[1] - (sight if span.outer[1] < side else 0)
    return ((position >= first) & (position < end)).float()
