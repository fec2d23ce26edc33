"""ReLU of maps that both the next layer and a loss see, on processors.

Its gradient is their gradients' sum, where the maps are above zero. In strips that stay in a
processor's cache, that is one pass over the maps instead of two.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Numbers that are computed at a time.
_STRIP = 2**19


def rectified_for_both(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Rectifies maps in place.

    Args:
        maps: (1, channels, height, width), with the channels of a position together, on the CPU.
            Differentiable once.

    Returns:
        The maps for the next layer, and the same for a loss; neither must be changed.
    """
    for_next, for_loss = _Rectified.apply(maps)  # type: ignore[no-untyped-call]
    return for_next, for_loss


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.mark_dirty(maps.relu_())
        ctx.save_for_backward(maps)
        return maps, maps.detach()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_next: Tensor | None, by_loss: Tensor | None) -> Tensor | None:
        (maps,) = ctx.saved_tensors
        threshold = torch.ops.aten.threshold_backward
        if by_next is None or by_loss is None:
            only = by_loss if by_next is None else by_next
            return None if only is None else threshold(only, maps, 0)
        by_maps = torch.empty_like(maps)
        rows = max(1, _STRIP // (maps.shape[1] * maps.shape[3]))
        for into, *of_both, part in zip(
            *(torch.split(x, rows, dim=2) for x in (by_maps, by_next, by_loss, maps)), strict=True
        ):
            torch.add(*of_both, out=into)
            threshold.grad_input(into, part, 0, grad_input=into)
        return by_maps
