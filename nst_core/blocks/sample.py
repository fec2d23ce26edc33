"""A sample of a picture's places, by which the paintings' places get their prices."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

# Side of a part of the picture that is looked at, in pixels, and how many are.
SIDE, COUNT = 64, 48


@dataclass(frozen=True)
class Part:
    """A part of a picture, in pixels, and how much of it the network has to look at.

    Attributes:
        rows, columns: of the part itself.
        window: rows and columns with what the network sees around it.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    window: tuple[slice, slice]

    def own(self, maps: Tensor, factor: int) -> Tensor:
        """Returns the part's own positions of the window's maps, smaller by ``factor``."""
        top, left = self.window[0].start, self.window[1].start
        rows, columns = (
            slice((start - first) // factor, (end - first) // factor)
            for (start, end), first in ((self.rows, top), (self.columns, left))
        )
        return maps[..., rows, columns]


def parts(height: int, width: int, mask: Tensor | None, margin: int) -> list[Part]:
    """Spreads parts evenly over a picture, or over what of it belongs to a region.

    Args:
        height, width: of the picture, at least SIDE.
        mask: how much each pixel belongs to the region, (1, 1, height, width), not 0 everywhere;
            None: all wholly.
        margin: how far the network sees, in pixels.
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
        _part(number // columns * SIDE, number % columns * SIDE, height, width, margin)
        for number in sorted(set(found))
    ]


def _part(top: int, left: int, height: int, width: int, margin: int) -> Part:
    window = (
        slice(max(0, top - margin), min(height, top + SIDE + margin)),
        slice(max(0, left - margin), min(width, left + SIDE + margin)),
    )
    return Part((top, top + SIDE), (left, left + SIDE), window)
