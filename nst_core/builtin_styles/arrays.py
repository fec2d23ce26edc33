"""The kinds of arrays that the painters work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Places, angles, shades, colours: large ones in float32, a few numbers in float64.
Field = NDArray[np.floating[Any]]
Numbers = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]


def limited(values: Field, low: float = 0.0, high: float = 1.0) -> Field:
    """Returns values within limits: those of colours, if no others are given."""
    within: Field = np.clip(values, low, high)
    return within
