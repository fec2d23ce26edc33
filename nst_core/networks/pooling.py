"""Maximum pooling on processors, by all threads.

torch's own pools the maps of one picture with a single thread, where their channels lie together.
It gives each picture of a batch to a thread: so strips of the maps are such pictures.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_SQUARE = [2, 2]
_NONE, _ONES = [0, 0], [1, 1]
# Into how many strips maps are cut at most.
_STRIPS = 8


def max_pool(maps: Tensor, *, rectifies: bool) -> Tensor:
    """Returns the largest of each four positions; what is left over at an edge is dropped.

    Args:
        maps: (1, channels, height, width), with the channels of a position together, on the CPU.
            Differentiable once.
        rectifies: whether a ReLU follows.

    Returns:
        (1, channels, height // 2, width // 2).
    """
    pooled: Tensor = _MaxPool.apply(maps, rectifies)  # type: ignore[no-untyped-call]
    return pooled


class _MaxPool(torch.autograd.Function):
    """Pools strips as the pictures of a batch; it keeps its own output only to rectify."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, rectifies: bool) -> Tensor:
        _, channels, height, width = maps.shape
        ctx.strips = _strips(height)
        pooled = torch.empty(
            (1, channels, height // 2, width // 2),
            dtype=maps.dtype,
            memory_format=torch.channels_last,
        )
        indices = torch.empty(0, dtype=torch.int64)
        torch.ops.aten.max_pool2d_with_indices.out(
            _cut(maps, ctx.strips), _SQUARE, out=_cut(pooled, ctx.strips), indices=indices
        )
        if rectifies:
            pooled.relu_()
        ctx.save_for_backward(maps, indices, pooled if rectifies else None)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        maps, indices, rectified = ctx.saved_tensors
        if rectified is not None:
            gradient = torch.ops.aten.threshold_backward(gradient, rectified, 0)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        by_maps = torch.empty_like(maps)
        torch.ops.aten.max_pool2d_with_indices_backward.grad_input(
            _cut(gradient, ctx.strips),
            _cut(maps, ctx.strips),
            *(_SQUARE, _SQUARE, _NONE, _ONES, False),
            indices,
            grad_input=_cut(by_maps, ctx.strips),
        )
        return by_maps, None


def _strips(height: int) -> int:
    """Returns into how many strips of whole squares maps can be cut; 1 if one row is left over."""
    return 1 if height % 2 else math.gcd(height // 2, _STRIPS)


def _cut(maps: Tensor, strips: int) -> Tensor:
    """Returns maps as a batch of strips, one below the other, without copying them."""
    rows = torch.unflatten(maps[0], 1, (strips, maps.shape[2] // strips))
    return rows.transpose(0, 1)
