"""The types of array that the painters work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Positions, angles, shades, colours: float32 where arrays are large, float64 where they are small.
Field = NDArray[np.floating[Any]]
Numbers = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]


def limited(values: Field, low: float = 0.0, high: float = 1.0) -> Field:
    """Returns values clipped to limits, which are those of colours unless given."""
    within: Field = np.clip(values, low, high)
    return within
