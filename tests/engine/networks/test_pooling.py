"""nst_core.networks.pooling: the same as torch's own, and its gradient too."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.networks.pooling import max_pool
from tests.helpers.differentiated import differentiated


@pytest.mark.parametrize("rectifies", [False, True])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("size", [(32, 40), (31, 40), (34, 41), (6, 5), (2, 2)])
def test_it_is_what_torch_computes(
    size: tuple[int, int], order: torch.memory_format, dtype: torch.dtype, *, rectifies: bool
) -> None:
    generator = torch.Generator().manual_seed(1)
    # Rounded, so that some of each four positions are equal: the first of them gets the gradient.
    maps = torch.randn(1, 16, *size, generator=generator).mul(2).round()
    maps = maps.to(dtype, memory_format=order)

    def by_torch(maps: Tensor) -> Tensor:
        pooled = F.max_pool2d(maps, 2)
        return F.relu(pooled) if rectifies else pooled

    by_pooled = torch.randn(by_torch(maps).shape, generator=generator).to(dtype)
    ours = differentiated(lambda x: max_pool(x, rectifies=rectifies), maps, by_pooled)
    theirs = differentiated(by_torch, maps, by_pooled)
    for found, expected in zip(ours, theirs, strict=True):
        assert torch.equal(found, expected)


def test_without_a_gradient_it_is_the_same() -> None:
    maps = torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(1))
    maps = maps.contiguous(memory_format=torch.channels_last)
    assert torch.equal(max_pool(maps, rectifies=False), F.max_pool2d(maps, 2))
