"""Numbers computed in float64 are rounded to the same ones on all systems."""

from __future__ import annotations

import pytest
import torch

from nst_core.networks.rounding import rounded

# Between 1 and the next number of float32.
HALF_WAY = 1 + 2**-24
LAST_BIT = 2**-52


@pytest.mark.parametrize("error", [-LAST_BIT, 0, LAST_BIT])
@pytest.mark.parametrize("sign", [-1, 1])
def test_what_lies_half_way_does_not_hang_on_the_last_bit(error: float, sign: int) -> None:
    exact = torch.tensor([sign * (HALF_WAY + error)], dtype=torch.float64)
    assert rounded(exact, torch.float32).item() == sign * (1 + 2**-23)


def test_all_else_is_rounded_to_the_nearest() -> None:
    exact = torch.tensor([1 + 2**-25, 1 + 3 * 2**-25, 0, -0.1], dtype=torch.float64)
    assert torch.equal(rounded(exact, torch.float32), exact.float())


def test_float64_is_left_as_it_is() -> None:
    exact = torch.tensor([HALF_WAY], dtype=torch.float64)
    assert rounded(exact, torch.float64) is exact
