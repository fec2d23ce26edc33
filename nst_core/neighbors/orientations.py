"""The orientations in which a painting may be used: turned and mirrored copies to choose from."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Orientation(NamedTuple):
    """How a painting is turned.

    Attributes:
        quarters: turns by 90 degrees, counterclockwise, 0..3.
        is_mirrored: whether left and right are swapped first.
    """

    quarters: int
    is_mirrored: bool

    def of(self, image: Tensor) -> Tensor:
        """Returns a picture (1, channels, height, width) in this orientation: upright, itself."""
        if not self.quarters and not self.is_mirrored:
            return image
        mirrored = image.flip(3) if self.is_mirrored else image
        return torch.rot90(mirrored, self.quarters, (2, 3)).contiguous()


_TURNS = [Orientation(quarters, False) for quarters in range(4)]
# By the values of the setting ``orientations``.
ORIENTATIONS = {
    "upright": _TURNS[:1],
    "turned": _TURNS,
    "mirrored": [*_TURNS, *(Orientation(quarters, True) for quarters in range(4))],
}
