"""A result together with its gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def differentiated(
    function: Callable[[Tensor], Tensor], maps: Tensor, by_result: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns what a function makes of maps, and the gradient by them.

    Args:
        function: differentiable.
        maps: they stay as they are.
        by_result: the gradient by the result, of its shape.
    """
    leaf = maps.clone().requires_grad_()
    result = function(leaf)
    (gradient,) = torch.autograd.grad(result, leaf, by_result)
    return result.detach(), gradient
