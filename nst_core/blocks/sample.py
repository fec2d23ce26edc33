"""A sample of a picture's places, by which the paintings' places get their prices."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.pictures.tile_margins import Span, Tile

# Side of a part of the picture that is looked at, in pixels, and how many are.
SIDE, COUNT = 64, 48


def parts(height: int, width: int, mask: Tensor | None, margin: int) -> list[Tile]:
    """Spreads parts evenly over a picture, or over what of it belongs to a region.

    Args:
        height, width: of the picture, at least SIDE.
        mask: how much each pixel belongs to the region, (1, 1, height, width), not 0 everywhere;
            None: all wholly.
        margin: how far the network sees, in pixels.

    Returns:
        The parts, with what the network sees around them.
    """
    rows, columns = height // SIDE, width // SIDE
    counts = torch.ones(rows * columns, dtype=torch.float64)
    if mask is not None:
        counts = F.avg_pool2d(mask, SIDE).flatten().cpu().double()
    if not counts.sum() > 0:
        counts = torch.ones_like(counts)
    # As many steps of the same length through what counts, row by row.
    sums = counts.cumsum(0)
    steps = (torch.arange(COUNT, dtype=torch.float64) + 0.5) / COUNT * sums[-1]
    found = torch.searchsorted(sums, steps).clamp(max=len(counts) - 1).tolist()
    return [
        Tile(
            _span(number // columns * SIDE, height, margin),
            _span(number % columns * SIDE, width, margin),
            height,
            width,
        )
        for number in sorted(set(found))
    ]


def _span(start: int, length: int, margin: int) -> Span:
    end = start + SIDE
    return Span((start, end), (max(0, start - margin), min(length, end + margin)))
