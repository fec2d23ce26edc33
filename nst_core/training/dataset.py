"""Prepares the data for training: a split, the pixels' mean and deviation, and variations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

# One number each for red, green and blue.
Colors = tuple[float, float, float]

# By how many pixels a picture is shifted at most (He et al. 2016, section 4.2).
SHIFT = 4


def stratified_split(labels: Tensor, held_out: float, seed: int) -> tuple[Tensor, Tensor]:
    """Splits a data set so that both parts have the classes in the same proportion.

    Args:
        labels: (count,), class numbers.
        held_out: the share of each class that goes to the second part, rounded.
        seed: decides which pictures go where.

    Returns:
        The indices of both parts, each ascending.
    """
    generator = torch.Generator().manual_seed(seed)
    first, second = [], []
    for label in torch.unique(labels):
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=generator)]
        count = round(len(members) * held_out)
        second.append(members[:count])
        first.append(members[count:])
    return torch.cat(first).sort().values, torch.cat(second).sort().values


def mean_and_deviation(images: Tensor) -> tuple[Colors, Colors]:
    """Returns the mean and standard deviation of red, green and blue over all pixels, in 0..1.

    Args:
        images: (count, 3, height, width), uint8.
    """
    values = torch.arange(256, dtype=torch.float64) / 255

    def of(channel: Tensor) -> tuple[float, float]:
        # Counting the 256 values is exact even for millions of pixels, and takes little memory.
        counts = torch.bincount(channel.flatten(), minlength=256)
        share = counts.double() / counts.sum()
        mean = (share * values).sum()
        return mean.item(), (share * (values - mean).square()).sum().sqrt().item()

    red, green, blue = (of(images[:, channel]) for channel in range(3))
    return (red[0], green[0], blue[0]), (red[1], green[1], blue[1])


@dataclass(frozen=True, eq=False)
class Variations:
    """How each picture of a batch is varied.

    Attributes:
        left, top: (count,), 0 to 2 * SHIFT: where to cut the picture out of a copy of itself with
            a black border of SHIFT pixels.
        flipped: (count,), whether it is then mirrored.
    """

    left: Tensor
    top: Tensor
    flipped: Tensor

    @classmethod
    def draw(cls, count: int, generator: torch.Generator) -> Variations:
        """Draws variations for this many pictures."""
        left, top = torch.randint(0, 2 * SHIFT + 1, (2, count), generator=generator)
        return cls(left, top, torch.rand(count, generator=generator) < 0.5)

    def of(self, images: Tensor) -> Tensor:
        """Returns the pictures, varied.

        torchvision's random transforms treat all pictures of a batch alike; applied picture by
        picture they take four times as long on a CPU, and keep a GPU waiting.

        Args:
            images: (count, 3, side, side).
        """
        device, side = images.device, images.shape[-1]
        steps = torch.arange(side)
        columns = torch.where(self.flipped[:, None], steps.flip(0), steps) + self.left[:, None]
        rows = (steps + self.top[:, None]).to(device)
        picture = torch.arange(len(images), device=device)
        return F.pad(images, (SHIFT,) * 4).permute(0, 2, 3, 1)[
            picture[:, None, None], rows[:, :, None], columns.to(device)[:, None, :]
        ].permute(0, 3, 1, 2)  # fmt: skip
