"""3x3 convolutions with a quarter of the multiplications, by Winograd's minimal filtering.

This is F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR
2016), section 4.1: each tile of 4x4 outputs is

    Y = A^T [(G g G^T) * (B^T d B)] A

of its 6x6 inputs d and the 3x3 kernel g, where * multiplies element by element: 36 products
instead of 144 for a direct convolution. Summed over the input channels, each of the 36 becomes a
matrix product (their equation 12), and these take most of the time.

Their interpolation points 0, 1, -1, 2, -2 are replaced with 0, 3/2, -3/2, -2/3, 2/3, which more
than halve the rounding error (docs/decisions.md). Other points are studied in Barabasz et al.,
"Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks" (2020).

Maps may be float32 or bfloat16, but the computation is always in float32: the transforms would
leave few of bfloat16's 8 bits. Maps are converted strip by strip, so that bfloat16 halves their
memory even where the processor cannot multiply it fast.
"""

from __future__ import annotations

import contextlib
import functools
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from nst_core.networks.threads import one_thread

_OUTPUT, _KERNEL = 4, 3
_INPUT = _OUTPUT + _KERNEL - 1
_PRODUCTS = _INPUT**2
# With infinity as the last point, the reciprocals are the same points in reverse order. This lets
# the gradient use the kernels of the forward pass: see _Transforms.reversed.
_POINTS = (0.0, 3 / 2, -3 / 2, -2 / 3, 2 / 3)
# Rounded to the number below, as numpy does where the processor has AVX-512.
_SQUARES = {2 / 3: float.fromhex("0x1.c71c71c71c71bp-2")}
# Tiles times channels that a thread computes at a time: enough for fast matrix products, and few
# enough for the intermediate results (10 MB) to stay in the cache.
_STRIP = 2**15


# Returns the first powers of a point, so many, float64.
_Powers = Callable[[float, int], NDArray[np.float64]]


@dataclass(frozen=True)
class _Transforms:
    """The constant matrices A^T (4, 6), B^T (6, 6) and G (6, 3), float64."""

    output: Tensor
    input: Tensor
    kernel: Tensor

    @staticmethod
    def at(points: tuple[float, ...], powers: _Powers) -> _Transforms:
        """Builds them by the Toom-Cook method, for these points and infinity.

        Polynomials are multiplied by evaluating them (A, G), multiplying the values, and
        interpolating (B); a convolution is the transpose of such a product.
        """
        output, kernel = np.zeros((_OUTPUT, _INPUT)), np.zeros((_INPUT, _KERNEL))
        interpolation = np.zeros((_INPUT, _INPUT))
        for i, point in enumerate(points):
            # Scaled so that reciprocal points give the same row in reverse.
            scale = 1 / abs(point) if point else 1.0
            others = [other for other in points if other != point]
            output[:, i] = powers(point, _OUTPUT)
            kernel[i] = scale * powers(point, _KERNEL)
            norm = scale * np.prod([point - other for other in others])
            interpolation[i, :-1] = np.poly(others)[::-1] / norm
        output[-1, -1] = kernel[-1, -1] = 1
        interpolation[-1] = np.poly(points)[::-1]
        return _Transforms(*map(torch.from_numpy, (output, interpolation, kernel)))

    @functools.cached_property
    def of_input(self) -> Tensor:
        """What one side of the inputs is multiplied by, (6, 6), float32."""
        return self.input.float()

    @functools.cached_property
    def of_output(self) -> Tensor:
        """What the 36 products and the bias are multiplied by, (16, 37), float32."""
        square = torch.kron(self.output, self.output)
        return torch.cat([square, square.new_ones(len(square), 1)], dim=1).float()

    def reversed(self) -> _Transforms:
        """Returns the transforms that convolve with each kernel rotated by 180 degrees.

        Reversing a polynomial's coefficients gives it, up to scale, the value at a point that it
        had at the reciprocal. So the points are reversed instead of the kernels.
        """
        return _Transforms(self.output.flip(1), self.input.flip(0), self.kernel)


def _usual_powers(point: float, count: int) -> NDArray[np.float64]:
    """Returns the first powers of a point, as this processor rounds them."""
    return np.power(point, np.arange(count))


def _exact_powers(point: float, count: int) -> NDArray[np.float64]:
    """Returns the first powers of a point, the same on every machine."""
    exact = Fraction(point)
    return np.array(
        [_SQUARES.get(point, float(exact**2)) if n == 2 else float(exact**n) for n in range(count)]
    )


# By whether all systems are to round alike; otherwise pictures keep the bits that they have always
# had on a processor.
_FORWARD = {
    True: _Transforms.at(_POINTS, _exact_powers),
    False: _Transforms.at(_POINTS, _usual_powers),
}
_BACKWARD = {is_alike: forward.reversed() for is_alike, forward in _FORWARD.items()}


class ConvolutionRelu:
    """A 3x3 convolution with fixed weights and a border of one zero pixel, followed by ReLU.

    Args:
        kernel: (channels out, channels in, 3, 3), float32, on the CPU.
        bias: (channels out,), float32, on the CPU.
    """

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self._kernel = kernel
        self._bias = bias
        self._is_alike = False

    @functools.cached_property
    def rounded_alike(self) -> ConvolutionRelu:
        """The same, but rounded alike on all systems."""
        other = ConvolutionRelu(self._kernel, self._bias)
        other._is_alike = True
        return other

    @functools.cached_property
    def _transformed_kernels(self) -> Tensor:
        # Four times as large as the kernels, so made only for the layers in use.
        return (_transformed_alike if self._is_alike else _transformed)(self._kernel)

    def __call__(self, maps: Tensor) -> Tensor:
        """Computes the layer.

        Args:
            maps: (1, channels in, height, width), float32 or bfloat16. Differentiable once.

        Returns:
            (1, channels out, height, width), in the maps' number format, in channels_last.
        """
        result: Tensor = _ConvolutionRelu.apply(  # type: ignore[no-untyped-call]
            maps, self._transformed_kernels, self._bias, self._is_alike
        )
        return result


class _ConvolutionRelu(torch.autograd.Function):
    """Keeps nothing but its own output, whose zeros show where the ReLU stops the gradient."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, kernels: Tensor, bias: Tensor, is_alike: bool) -> Tensor:
        pixels = _pixels(maps)
        source = _Source(pixels.shape, pixels.dtype, lambda rows: pixels[rows].float())
        result = _convolve(source, kernels, _FORWARD[is_alike], bias, is_alike=is_alike)
        ctx.save_for_backward(result, kernels)
        ctx.is_alike = is_alike
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        result, kernels = ctx.saved_tensors
        pixels, mask = _pixels(gradient), _pixels(result)

        def passed(rows: slice) -> Tensor:
            let_through: Tensor = torch.ops.aten.threshold_backward(pixels[rows], mask[rows], 0)
            return let_through.float()

        source = _Source(pixels.shape, pixels.dtype, passed)
        kernels = kernels.transpose(1, 2)
        is_alike = ctx.is_alike
        by_maps = _convolve(source, kernels, _BACKWARD[is_alike], is_alike=is_alike)
        return by_maps, None, None, None


@dataclass(frozen=True)
class _Source:
    """What is convolved.

    Attributes:
        shape: (height, width, channels in).
        dtype: number format of the maps, and of the result.
        read: returns the requested rows, in float32.
    """

    shape: torch.Size
    dtype: torch.dtype
    read: Callable[[slice], Tensor]


def _transformed(kernel: Tensor) -> Tensor:
    """Returns G g G^T for each pair of channels, as (36, channels in, channels out)."""
    g = _FORWARD[False].kernel
    products = torch.einsum("ia,jb,ocab->jico", g, g, kernel.double())
    return products.flatten(end_dim=1).float().contiguous()


def _transformed_alike(kernel: Tensor) -> Tensor:
    """As :func:`_transformed`, but in products and sums that all systems round alike.

    The numbers are the same but for one in a thousand, which differs in its last bit.
    """
    g = _FORWARD[True].kernel
    matrix = torch.kron(g, g)
    outputs, inputs = kernel.shape[:2]
    values = kernel.double().permute(3, 2, 1, 0).flatten(end_dim=1)
    transformed = torch.empty(len(matrix), inputs, outputs)
    for into, factors in zip(transformed, matrix, strict=True):
        # Two fifths of the factors are zero.
        parts = (value * factor for value, factor in zip(values, factors, strict=True) if factor)
        into.copy_(sum(parts))
    return transformed


def _pixels(maps: Tensor) -> Tensor:
    """Returns (1, channels, height, width) as (height, width, channels), contiguous."""
    return maps.detach()[0].permute(1, 2, 0).contiguous()


def _convolve(
    source: _Source,
    kernels: Tensor,
    transforms: _Transforms,
    bias: Tensor | None = None,
    *,
    is_alike: bool,
) -> Tensor:
    """Convolves; with a bias, adds it and applies the ReLU.

    Args:
        kernels: (36, channels in, channels out), from :func:`_transformed`.
        is_alike: whether to round alike on all systems; otherwise as ever.

    Returns:
        (1, channels out, height, width), in channels_last.
    """
    height, width, _ = source.shape
    result = torch.empty(
        (1, kernels.shape[2], height, width),
        dtype=source.dtype,
        memory_format=torch.channels_last,
    )
    output = result[0].permute(1, 2, 0)
    threads = torch.get_num_threads()
    strips = _strips(height, width, max(kernels.shape[1:]), threads)
    waiting = iter(strips)
    is_shared = len(strips) > 1 and threads > 1
    # Of a single strip only the products are shared out. The transforms' steps are so short that a
    # thread takes longer to wake, and several threads round some of them otherwise than one does.
    transforming = one_thread if is_alike and not is_shared else contextlib.nullcontext

    def work() -> None:
        buffers: _Buffers | None = None
        for first, rows in waiting:
            if buffers is None or buffers.rows != rows:
                buffers = _Buffers(rows, width, kernels.shape, transforms, bias)
            with transforming():
                buffers.transform_input(source, first)
            buffers.multiply(kernels)
            with transforming():
                buffers.transform_output(output[first * _OUTPUT : (first + rows) * _OUTPUT])

    if is_shared:
        for done in [_workers(threads).submit(work) for _ in range(threads)]:
            done.result()
    else:
        work()
    return result


def _strips(height: int, width: int, channels: int, threads: int) -> list[tuple[int, int]]:
    """Returns the first row of tiles, and the number of rows of tiles, of each strip.

    There are equally many for each thread, or just one if there is too little work for all.
    """
    down, across = -(-height // _OUTPUT), -(-width // _OUTPUT)
    rounds = -(-down * across * channels // (_STRIP * threads))
    rows = -(-down // (rounds * threads)) if rounds > 1 or threads == 1 else down
    return [(first, min(rows, down - first)) for first in range(0, down, rows)]


@functools.cache
def _workers(threads: int) -> ThreadPoolExecutor:
    """Returns threads that each compute on one core.

    If every operation were spread over the cores, these would wait for each other after each one,
    which takes longer than most operations here.
    """
    pool = ThreadPoolExecutor(threads, "winograd", _compute_alone)
    started = threading.Barrier(threads)
    for worker in [pool.submit(started.wait) for _ in range(threads)]:
        worker.result()
    # The last setting also applies to all threads started later.
    torch.set_num_threads(threads)
    return pool


def _compute_alone() -> None:
    """Has all that this thread computes use one core.

    The first operation that could be shared out gives a thread the number that all others have. It
    must come before: sums in another order would be rounded otherwise the first time than later.
    """
    torch.ones(2**16).add_(1)
    torch.set_num_threads(1)


class _Buffers:
    """The intermediate results for one strip of tiles, in the order of computation.

    Args:
        rows: of tiles in the strip.
        width: of the maps, in pixels.
        shape: of the transformed kernels.
    """

    def __init__(
        self,
        rows: int,
        width: int,
        shape: torch.Size,
        transforms: _Transforms,
        bias: Tensor | None,
    ) -> None:
        _, inputs, outputs = shape
        self.rows, self.width, self.columns = rows, width, -(-width // _OUTPUT)
        tiles = rows * self.columns
        shapes = (
            (rows, _INPUT, self.columns * _OUTPUT + _KERNEL - 1, inputs),
            (_INPUT, _INPUT, rows, self.columns, inputs),
            (_PRODUCTS, tiles, inputs),
            # An extra matrix holds the bias, which the output transform adds to every pixel.
            (_PRODUCTS + 1, tiles, outputs),
            (_OUTPUT, _OUTPUT, rows, self.columns, outputs),
        )
        # Each is computed only from the one before, so two blocks of memory are enough for all.
        sizes = [math.prod(shape) for shape in shapes]
        memory = torch.empty(max(sizes[::2])), torch.empty(max(sizes[1::2]))
        self._down, self._gathered, self._input, self._products, self._output = (
            memory[i % 2][: sizes[i]].view(shape) for i, shape in enumerate(shapes)
        )
        self._bias = torch.zeros(outputs) if bias is None else bias
        self._rectify = bias is not None
        self._transforms = transforms

    def transform_input(self, source: _Source, first: int) -> None:
        """Computes B^T d B for the strip that begins with this row of tiles."""
        height = source.shape[0]
        above = max(first * _OUTPUT - 1, 0)
        pixels = source.read(slice(above, (first + self.rows) * _OUTPUT + 1)).flatten(start_dim=1)
        # To the left and right of the picture there are zeros.
        self._down[:, :, 0] = 0
        self._down[:, :, self.width + 1 :] = 0
        matrix = self._transforms.of_input
        into = self._down[:, :, 1 : self.width + 1].view(self.rows, _INPUT, -1)
        tops = [(first + row) * _OUTPUT - 1 for row in range(self.rows)]
        inside = [row for row, top in enumerate(tops) if 0 <= top <= height - _INPUT]
        if inside:
            lines, line = pixels[tops[inside[0]] - above :], pixels.stride(0)
            size = len(inside), _INPUT, line
            overlapping = lines.as_strided(size, (_OUTPUT * line, line, 1))
            # All at once: one by one takes twice as long for small maps.
            several = matrix.expand(len(inside), -1, -1)
            torch.bmm(several, overlapping, out=into[inside[0] : inside[-1] + 1])
        for row in sorted({*range(self.rows)} - {*inside}):
            top = tops[row]
            start, end = max(top, 0), min(top + _INPUT, height)
            # Rows outside the picture are zero and need no computation.
            within = matrix[:, start - top : end - top]
            torch.mm(within, pixels[start - above : end - above], out=into[row])
        row, line, pixel, _ = self._down.stride()
        overlapping = self._down.as_strided(
            self._gathered.shape, (pixel, line, row, _OUTPUT * pixel, 1)
        )
        self._gathered.copy_(overlapping)
        columns = self._gathered.flatten(start_dim=1)
        torch.mm(matrix, columns, out=self._input.view(_INPUT, -1))

    def multiply(self, kernels: Tensor) -> None:
        """Sums over the input channels: 36 products of matrices."""
        torch.bmm(self._input, kernels, out=self._products[:_PRODUCTS])
        self._products[-1] = self._bias

    def transform_output(self, result: Tensor) -> None:
        """Computes A^T m A, and the ReLU, into ``result``.

        Args:
            result: the strip's part of the maps, (height, width, channels).
        """
        torch.mm(
            self._transforms.of_output,
            self._products.flatten(start_dim=1),
            out=self._output.view(_OUTPUT**2, -1),
        )
        # From (column, row) within the tile to rows of pixels.
        pixels = self._output.permute(2, 1, 3, 0, 4)
        height, width, channels = result.shape
        if (height, width) == (self.rows * _OUTPUT, self.columns * _OUTPUT):
            result = result.view(pixels.shape)
        else:
            pixels = pixels.reshape(self.rows * _OUTPUT, -1, channels)[:height, :width]
        if self._rectify and result.dtype == pixels.dtype:
            torch.clamp_min(pixels, 0, out=result)
        else:
            result.copy_(pixels.clamp_min_(0) if self._rectify else pixels)
