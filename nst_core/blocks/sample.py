"""A sample of a picture's places, by which the paintings' places get their prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.distributed.group_interface import ProcessGroup
from nst_core.neighbors.columns import PLACE
from nst_core.pictures.tile_margins import Span, Tile

# Side of a part of the picture that is looked at, in pixels, and how many are at most.
SIDE, COUNT = 64, 48


def parts(height: int, width: int, mask: Tensor | None, margin: int) -> list[Tile]:
    """Spreads parts evenly over a picture, or over what of it belongs to a region.

    Args:
        height, width: of the picture, at least one of them SIDE or more.
        mask: how much each pixel belongs to the region, (1, 1, height, width), not 0 everywhere;
            None: all wholly.
        margin: how far the network sees, in pixels.

    Returns:
        The parts, all of one size, with what the network sees around them. Where the picture is
        narrower than SIDE, so are they.
    """
    down, across = (min(SIDE, side // PLACE * PLACE) for side in (height, width))
    rows, columns = height // down, width // across
    counts = torch.ones(rows * columns, dtype=torch.float64)
    if mask is not None:
        counts = F.avg_pool2d(mask, (down, across)).flatten().cpu().double()
    if not counts.sum() > 0:
        counts = torch.ones_like(counts)
    # As many steps of the same length through what counts, row by row.
    sums = counts.cumsum(0)
    steps = (torch.arange(COUNT, dtype=torch.float64) + 0.5) / COUNT * sums[-1]
    found = torch.searchsorted(sums, steps).clamp(max=len(counts) - 1).tolist()
    return [
        Tile(
            _span(number // columns * down, down, height, margin),
            _span(number % columns * across, across, width, margin),
            height,
            width,
        )
        for number in sorted(set(found))
    ]


def looked_at(
    tiles: Sequence[Tile], picture: Tensor, look: Callable[[Tile], Tensor], group: ProcessGroup
) -> list[Tensor]:
    """Looks at parts of a picture, each process at its share of them.

    Args:
        tiles: the parts.
        picture: (1, 3, height, width). The leader's is known; in the others' it is written what
            they are to look at.
        look: returns what is seen in a part, (places, channels), in any process the same.
        group: the processes that make the same call.

    Returns:
        What is seen in each of the parts; in the others, in those that they have looked at.
    """
    ranks = [number % group.size for number in range(len(tiles))]
    for tile, rank in zip(tiles, ranks, strict=True):
        window = picture[..., tile.window[0], tile.window[1]]
        if rank and group.rank == 0:
            group.send(window.cpu().contiguous(), rank)
        elif rank and group.rank == rank:
            window.copy_(_received(group, 0, window))
    own = {
        number: look(tile)
        for number, (tile, rank) in enumerate(zip(tiles, ranks, strict=True))
        if rank == group.rank
    }
    # Numbers of any format travel as float32, which holds them exactly.
    if group.rank:
        for part in own.values():
            group.send(part.float().cpu().contiguous(), 0)
    else:
        for number, rank in enumerate(ranks):
            if rank:
                own[number] = _received(group, rank, own[0])
    return [own[number] for number in sorted(own)]


def _received(group: ProcessGroup, rank: int, like: Tensor) -> Tensor:
    """Returns what a process sends: of the same shape, number format and device as another."""
    tensor = torch.empty(like.shape)
    group.receive(tensor, rank)
    return tensor.to(like)


def _span(start: int, side: int, length: int, margin: int) -> Span:
    end = start + side
    return Span((start, end), (max(0, start - margin), min(length, end + margin)))
