"""nst_core.networks.color_convolution: the gradient by the picture, several pixels at a time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch.utils._python_dispatch import TorchDispatchMode

from nst_core.networks.color_convolution import ColorConvolution
from tests.helpers.differentiated import differentiated


@pytest.mark.parametrize("size", [(16, 24), (15, 24), (16, 23), (15, 23), (1, 8), (8, 1), (1, 1)])
def test_gradient_is_that_of_the_definition(size: tuple[int, int]) -> None:
    """Against torch's own in float64: what is summed does not depend on how it is packed."""
    generator = torch.Generator().manual_seed(1)
    kernel = torch.randn(64, 3, 3, 3, generator=generator, dtype=torch.float64)
    bias = torch.randn(64, generator=generator, dtype=torch.float64)
    picture = torch.randn(1, 3, *size, generator=generator, dtype=torch.float64)
    by_maps = torch.randn(1, 64, *size, generator=generator, dtype=torch.float64)
    ours = differentiated(ColorConvolution(kernel, bias), picture, by_maps)
    theirs = differentiated(lambda x: F.conv2d(x, kernel, bias, padding=1), picture, by_maps)
    for found, expected in zip(ours, theirs, strict=True):
        assert torch.allclose(found, expected)


def test_in_bfloat16_it_is_as_exact_as_the_number_format() -> None:
    generator = torch.Generator().manual_seed(1)
    kernel, bias = torch.randn(64, 3, 3, 3, generator=generator), torch.zeros(64)
    picture = torch.zeros(1, 3, 32, 40, dtype=torch.bfloat16)
    by_maps = torch.randn(1, 64, 32, 40, generator=generator).bfloat16()
    convolution = ColorConvolution(kernel.bfloat16(), bias.bfloat16())
    _, gradient = differentiated(convolution, picture, by_maps)
    exact = F.conv_transpose2d(by_maps.double(), kernel.bfloat16().double(), padding=1)
    # Half a unit in the last of eight bits, of a sum of 576 products.
    assert torch.allclose(gradient.double(), exact, rtol=2**-8, atol=0.05)


class Kernels(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the shapes of the kernels that are convolved with."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shapes: list[torch.Size] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "convolution" in str(func):
            self.shapes.append(args[1].shape)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("size", "times"), [((84, 98), 1), ((83, 98), 2), ((83, 97), 3)])
def test_what_is_left_over_is_computed_as_all_else_is(size: tuple[int, int], times: int) -> None:
    """A few rows convolved by themselves are rounded otherwise, and by each system differently."""
    convolution = ColorConvolution(torch.zeros(64, 3, 3, 3), torch.zeros(64))
    picture = torch.zeros(1, 3, *size, requires_grad=True)
    maps = convolution(picture)
    with Kernels() as seen:
        torch.autograd.grad(maps.sum(), picture)
    assert seen.shapes == times * [(4 * 3, 64, 4, 4)]


def test_gradient_of_a_small_picture_has_the_bits_of_torchs_own() -> None:
    """The published method is to paint the same pictures, to the byte, as it always has."""
    generator = torch.Generator().manual_seed(1)
    kernel = torch.randn(64, 3, 3, 3, generator=generator)
    picture = torch.rand(1, 3, 48, 57, generator=generator)
    by_maps, bias = torch.rand(1, 64, 48, 57, generator=generator), torch.zeros(64)
    ours = differentiated(ColorConvolution(kernel, bias), picture, by_maps)
    theirs = differentiated(lambda x: F.conv2d(x, kernel, bias, padding=1), picture, by_maps)
    assert all(map(torch.equal, ours, theirs))
