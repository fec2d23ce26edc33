"""The first convolution on processors, whose gradient by the picture is slow.

The libraries compute sixteen channels at a time, of which a picture has three. So four pixels are
computed at once, as twelve channels of a convolution that takes steps of two pixels: half the time
(docs/performance.md#on-amd). Only zeros are added to the same sums.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor
from torch.autograd.function import once_differentiable

# Pixels on a side of the square that is computed at once.
_STEP = 2
# Numbers in a picture up to which torch itself convolves in float32, without such a library.
_FEW = 20480


class ColorConvolution:
    """A 3x3 convolution of a picture, with a border of one zero pixel.

    Args:
        kernel: (channels, 3, 3, 3).
        bias: (channels,).
    """

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self._kernel = kernel
        self._bias = bias
        # The gradient by the input is a convolution with input and output exchanged.
        self._packed = _packed(kernel.flip(2, 3).transpose(0, 1))

    def __call__(self, picture: Tensor) -> Tensor:
        """Returns feature maps, (1, channels, height, width); differentiable once.

        Args:
            picture: (1, 3, height, width), in the kernel's number format.
        """
        if picture.numel() <= _FEW and picture.dtype == torch.float32:
            # So that it keeps its bits.
            return F.conv2d(picture, self._kernel, self._bias, padding=1)
        maps: Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
            picture, self._kernel, self._bias, self._packed
        )
        return maps


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, picture: Tensor, kernel: Tensor, bias: Tensor, packed: Tensor) -> Tensor:
        ctx.save_for_backward(packed)
        return F.conv2d(picture, kernel, bias, padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (packed,) = ctx.saved_tensors
        return _by_picture(gradient, packed), None, None, None


def _by_picture(gradient: Tensor, packed: Tensor) -> Tensor:
    height, width = gradient.shape[2:]
    down, across = height % _STEP, width % _STEP
    by_picture = gradient.new_empty(1, packed.shape[0] // _STEP**2, height, width)
    if min(height, width) >= _STEP:
        even = _by_squares(gradient, packed, (1, 1))
        by_picture[..., : even.shape[2], : even.shape[3]] = even
    # The last row and column, where there is one too many: in squares that lie half outside. A few
    # rows convolved by themselves would be rounded otherwise, and by each system in its own way.
    if down:
        last = _padded(gradient[..., -2:, :], (0, across, max(0, 2 - height), _STEP))
        by_picture[..., -1:, :] = _by_squares(last, packed, (0, 1))[..., :1, :width]
    if across:
        last = _padded(gradient[..., -2:], (max(0, 2 - width), _STEP, 0, down))
        by_picture[..., -1:] = _by_squares(last, packed, (1, 0))[..., :height, :1]
    return by_picture


def _by_squares(gradient: Tensor, packed: Tensor, padding: tuple[int, int]) -> Tensor:
    """Returns the gradient of whole squares of pixels, after so many rows and columns of zeros."""
    return F.pixel_shuffle(F.conv2d(gradient, packed, padding=padding, stride=_STEP), _STEP)


def _padded(gradient: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
    """Adds columns of zeros to the left and right, and rows above and below."""
    return F.pad(gradient, sides).contiguous(memory_format=torch.channels_last)


def _packed(back: Tensor) -> Tensor:
    """Returns the kernel that computes the pixels of a square as channels, as pixel_shuffle has
    them."""
    colors, channels, height, width = back.shape
    packed = back.new_zeros(colors, _STEP, _STEP, channels, height + _STEP - 1, width + _STEP - 1)
    for down in range(_STEP):
        for across in range(_STEP):
            packed[:, down, across, :, down : down + height, across : across + width] = back
    # The memory order that the fast convolutions expect.
    return packed.flatten(0, 2).contiguous(memory_format=torch.channels_last)
