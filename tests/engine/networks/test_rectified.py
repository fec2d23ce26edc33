"""nst_core.networks.rectified: a ReLU with two gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.networks.rectified import rectified_for_both

SHAPE = (1, 64, 150, 70)  # more than one strip


def random(seed: int, dtype: torch.dtype) -> Tensor:
    values = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)).to(dtype)
    return values.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("used", ["next", "loss", "both"])
def test_gradients_are_added_and_pass_where_the_maps_are_above_zero(
    used: str, dtype: torch.dtype
) -> None:
    maps, by_next, by_loss = (random(seed, dtype) for seed in (1, 2, 3))
    leaf = maps.clone().requires_grad_()
    for_next, for_loss = rectified_for_both(leaf * 1)
    assert torch.equal(for_next, maps.relu())
    assert torch.equal(for_loss, for_next)
    parts = {"next": [(for_next, by_next)], "loss": [(for_loss, by_loss)]}
    chosen = parts.get(used, parts["next"] + parts["loss"])
    torch.autograd.backward([shown for shown, _ in chosen], [gradient for _, gradient in chosen])
    expected = torch.where(maps > 0, sum(gradient for _, gradient in chosen), 0)
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, expected.to(dtype))
