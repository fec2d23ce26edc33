"""Numbers that all systems' packages of torch round alike.

These differ in how their compilers and libraries round: sums, functions, products with vectors.
Nearest-neighbour style chooses, and a choice may hang on the last bit; so what differs there is
computed in float64 and rounded here (docs/decisions.md).
"""

from __future__ import annotations

import torch
from torch import Tensor

# Far more than float64's own errors, far less than half a step of float32.
_AWAY = 2**-40


def rounded(exact: Tensor, dtype: torch.dtype) -> Tensor:
    """Rounds numbers that were computed in float64 to a smaller format.

    What simple factors make of float32 numbers often lies half-way between two others, give or take
    float64's last bit. It is rounded away from zero.

    Args:
        exact: float64.
        dtype: of the result; float64 leaves the numbers as they are.
    """
    return exact if dtype == torch.float64 else (exact * (1 + _AWAY)).to(dtype)
