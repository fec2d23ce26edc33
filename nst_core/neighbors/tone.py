"""The tone of places: what a chosen place keeps of the light and colour of what it is chosen for.

What the network sees of a place is mostly its strokes and its forms. Chosen by these alone, a dark
tree would do for a hazy sky. So columns have the tone as well where places are chosen, as if it
were one more layer; what is painted is compared in the network's layers alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.neighbors.columns import PLACE

# Its name among the layers.
TONE = "tone"
# What it counts within a column, over all that the network's layers count together (measured by
# eye: docs/performance.md#tone).
_PART = 2 / 3
# Places on each side that a place's tone is the mean of, so that single strokes do not count.
_AROUND = 2


def tone_weight(layers: Iterable[float]) -> float:
    """Returns the weight of the tone within a column, where the layers have these."""
    return _PART * math.hypot(*layers)


def tones(image: Tensor) -> Tensor:
    """Returns the mean colour around each place.

    Args:
        image: (1, 3, height, width), R'G'B', 0..1.

    Returns:
        (1, 3, height // PLACE, width // PLACE), 0..1.
    """
    of_places = F.avg_pool2d(image, PLACE)
    around = F.pad(of_places, 4 * (_AROUND,), mode="replicate")
    return F.avg_pool2d(around, 2 * _AROUND + 1, stride=1)
