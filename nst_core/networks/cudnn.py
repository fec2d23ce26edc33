"""Convolutions and their ReLU on NVIDIA's GPUs, in one pass over the maps.

torch's own convolution writes its result, adds the bias in a second pass, and the ReLU takes a
third: a tenth of the time of an evaluation (docs/performance.md).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nst_core.networks.device import is_nvidia, multiplies_bfloat16_fast

_ONES, _ZEROS = [1, 1], [0, 0]


def is_used_for(kernel: Tensor) -> bool:
    """Tells whether cuDNN computes with a kernel where that lies."""
    # ROCm has no such operation.
    if not is_nvidia(kernel.device) or not torch.backends.cudnn.enabled:
        return False
    if kernel.dtype == torch.bfloat16 and not multiplies_bfloat16_fast(str(kernel.device)):
        return False
    return bool(torch.backends.cudnn.is_available())  # type: ignore[no-untyped-call]


def convolution_relu(maps: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Computes a 3x3 convolution with a border of one zero pixel, and its ReLU.

    Args:
        maps: (1, channels in, height, width), in the kernel's number format. Differentiable once.
        kernel: (channels out, channels in, 3, 3); it stays as it is.
        bias: (channels out,), in the same number format and on the same device.

    Returns:
        (1, channels out, height, width).
    """
    result: Tensor = _ConvolutionRelu.apply(maps, kernel, bias)  # type: ignore[no-untyped-call]
    return result


class _ConvolutionRelu(torch.autograd.Function):
    """Keeps its own output, whose zeros show where the ReLU stops the gradient, and its input."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
        result: Tensor = torch.cudnn_convolution_relu(maps, kernel, bias, _ONES, _ONES, _ONES, 1)
        ctx.save_for_backward(maps, kernel, result)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        maps, kernel, result = ctx.saved_tensors
        passed = torch.ops.aten.threshold_backward(gradient, result, 0)
        by_maps, _, _ = torch.ops.aten.convolution_backward(
            passed, maps, kernel, None, _ONES, _ONES, _ONES, False, _ZEROS, 1, [True, False, False]
        )
        return by_maps, None, None
