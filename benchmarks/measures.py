"""How well a picture is painted, by measures that no method here minimises.

Content is where things are alike and where they are not: the self-similarity of deep feature maps,
which does not ask for the photograph's colours or textures (Shechtman and Irani 2007, "Matching
local self-similarities across images and videos"; as a loss: Kolkin et al. 2019, "STROTSS",
section 2.2; here as a correlation). Style is the sliced Wasserstein distance of feature maps, which
compares whole distributions rather than Gram matrices (Heitz et al. 2021, "A sliced Wasserstein
loss for neural texture synthesis"). Also here: lines in the spectrum where a network with poolings
leaves a weave, and faces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.common import shipped

Floats = NDArray[np.float64]

CONTENT_LAYER = "relu4_1"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# VGG's poolings halve the sides: these are the pixels to a position of the maps after each.
PERIODS = (2, 4, 8, 16)

_GRID = 24
_DIRECTIONS, _QUANTILES = 128, 1024
# Pixels on a side of the blocks whose spectra are averaged; all periods are divisors.
_BLOCK = 128
# A ring is this much wider and narrower than the radius at its middle.
_RING = 0.12
# A weave that comes and goes within so many pixels is spread over this distance in frequency.
_NEAR = 1 / 64
# Two boxes are of the same face if they share this much of their union, as is usual since
# Everingham et al. 2010, "The PASCAL visual object classes challenge", section 4.2.
_SAME_FACE = 0.5
# So many of the detector's windows have to agree: on a photograph's face, and on a painted one,
# which need only be found where the photograph's is. With these there is one face in scikit-image's
# astronaut, and none in its cat.
_AGREEING, _AGREEING_PAINTED = 12, 6


def self_similarity(maps: Tensor, grid: int = _GRID) -> Tensor:
    """Returns how alike a picture's places are to each other.

    Args:
        maps: feature maps, (1, channels, height, width).
        grid: rows and columns of places; a place is the mean of the maps over its part.

    Returns:
        The cosine of every two different places, their common mean taken off first,
        (places * (places - 1) / 2,).
    """
    places = F.adaptive_avg_pool2d(maps.double(), grid)[0].flatten(1).T
    places = F.normalize(places - places.mean(dim=0), dim=1)
    rows, columns = torch.triu_indices(len(places), len(places), offset=1)
    return (places @ places.T)[rows, columns]


def content(painting: Tensor, photograph: Tensor) -> float:
    """Returns the correlation of two pictures' :func:`self_similarity`, -1..1."""
    return float(torch.corrcoef(torch.stack([painting, photograph]))[0, 1])


def projected_quantiles(maps: Tensor) -> Tensor:
    """Returns the distribution of maps along many directions, always the same ones.

    Args:
        maps: feature maps, (1, channels, height, width).

    Returns:
        (directions, quantiles), ascending along the second: quantiles at the middles of equal
        shares, interpolated, so that maps of different sizes can be compared.
    """
    columns = maps[0].float().flatten(1)
    source = torch.Generator().manual_seed(0)
    directions = torch.randn(_DIRECTIONS, len(columns), generator=source)
    # NumPy sorts several times as fast as torch.
    projected = (F.normalize(directions, dim=1) @ columns).numpy()
    ordered = torch.from_numpy(np.sort(projected, axis=1))
    positions = ordered.shape[1]
    at = (torch.arange(_QUANTILES) + 0.5) / _QUANTILES * positions - 0.5
    at = at.clamp(0, positions - 1)
    below = at.floor().long()
    above = (below + 1).clamp(max=positions - 1)
    return torch.lerp(ordered[:, below], ordered[:, above], at - below)


def sliced_wasserstein(ours: Tensor, theirs: Tensor) -> float:
    """Returns the squared sliced Wasserstein-2 distance of two :func:`projected_quantiles`."""
    return float((ours - theirs).double().square().mean())


def style(
    painting: Mapping[str, Tensor], photograph: Mapping[str, Tensor], target: Mapping[str, Tensor]
) -> float:
    """Returns the distance from the target's style, 0 if it is the same, over the photograph's own.

    Args:
        painting, photograph, target: :func:`projected_quantiles` by layer, of the same layers.

    Returns:
        The mean over the layers.
    """
    return float(
        np.mean([
            sliced_wasserstein(painting[layer], target[layer])
            / sliced_wasserstein(photograph[layer], target[layer])
            for layer in target
        ])
    )  # fmt: skip


def pooling_lines(rgb: Floats) -> dict[int, float]:
    """Returns how far lines stand out of the spectrum at the poolings' periods.

    Args:
        rgb: (height, width, 3), 0..1, at least 32 pixels on each side.

    Returns:
        For each of :data:`PERIODS`, in pixels: the strongest mean power around a frequency of it,
        along either axis or both, over the median power at all frequencies of about that length.
        That is little more than 1 in a picture without preferred directions, whatever its texture.
    """
    block = min(_BLOCK, min(rgb.shape[:2]) // PERIODS[-1] * PERIODS[-1])
    power = _mean_power(rgb, block)
    return {
        period: max(_over_ring(power, *place) for place in _places(period)) for period in PERIODS
    }


def _mean_power(rgb: Floats, block: int) -> Floats:
    """Returns the power spectrum of half-overlapping windowed blocks, averaged (Welch 1967)."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(block) + 0.5) / block)
    window = window[:, None] * window
    power = np.zeros((block, block))
    rows, columns = (range(0, side - block + 1, block // 2) for side in rgb.shape[:2])
    for top in rows:
        for left in columns:
            for channel in np.moveaxis(rgb[top : top + block, left : left + block], 2, 0):
                power += np.abs(np.fft.fft2((channel - channel.mean()) * window)) ** 2
    return power


def _places(period: int) -> list[tuple[float, float]]:
    """Returns a period's frequencies that no shorter one has, in cycles per pixel, down and across.

    Opposite frequencies have the same power; one of them is enough.
    """
    found = []
    for odd in range(1, period // 2 + 1, 2):
        of = odd / period
        found += [(of, 0.0), (0.0, of), (of, of), (of, -of)]
    return found


def _over_ring(power: Floats, down: float, across: float) -> float:
    frequencies = np.fft.fftfreq(len(power))
    radius = np.hypot(frequencies[:, None], frequencies)
    ring = np.abs(radius / math.hypot(down, across) - 1) <= _RING
    median = float(np.median(power[ring]))
    # Half a cycle per pixel is the same as minus half a cycle.
    off_down, off_across = ((frequencies - of + 0.5) % 1 - 0.5 for of in (down, across))
    near = np.hypot(off_down[:, None], off_across) <= _NEAR
    # A picture of one colour has no lines.
    return float(power[near].mean()) / median if median > 0 else 1.0


@dataclass(frozen=True)
class Box:
    """A face, in pixels."""

    top: int
    left: int
    height: int
    width: int

    def overlap(self, other: Box) -> float:
        """Returns the boxes' intersection over their union, 0..1."""
        high = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        shared = max(high, 0) * max(wide, 0)
        return shared / (self.height * self.width + other.height * other.width - shared)


def faces(rgb: Floats) -> list[Box]:
    """Returns the faces in a photograph, seen from the front.

    Args:
        rgb: (height, width, 3), 0..1.
    """
    found: list[Box] = []
    for box in _detected(rgb, _AGREEING):
        if all(box.overlap(other) < _SAME_FACE for other in found):
            found.append(box)
    return found


def faces_again(photographed: Sequence[Box], painting: Floats) -> int:
    """Returns how many of a photograph's faces are found in the painting, where they were."""
    painted = _detected(painting, _AGREEING_PAINTED) if photographed else []
    return sum(any(face.overlap(box) >= _SAME_FACE for box in painted) for face in photographed)


def _detected(rgb: Floats, agreeing: int) -> list[Box]:
    side = min(rgb.shape[:2])
    found = _cascade().detect_multi_scale(
        img=np.ascontiguousarray(np.rint(rgb * 255).astype(np.uint8)),
        scale_factor=1.05,
        step_ratio=1,
        min_size=(side // 12, side // 12),
        max_size=(side, side),
        min_neighbor_number=agreeing,
    )
    return [Box(face["r"], face["c"], face["height"], face["width"]) for face in found]


@cache
def _cascade() -> Any:
    """Returns OpenCV's detector of frontal faces by local binary patterns (Liao et al. 2007)."""
    from skimage.feature import Cascade

    return Cascade(str(shipped("skimage.data", "lbpcascade_frontalface_opencv.xml")))
