"""nst_core.networks.winograd: the same convolutions, up to float32 rounding.

In bfloat16 only the maps are rounded, and not the computation.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.networks import winograd
from nst_core.networks.winograd import ConvolutionRelu
from tests.helpers.differentiated import differentiated

# The norm of the error relative to the norm of the truth was measured as up to 0.7e-6 for results,
# and 1.3e-6 for gradients. One wrong tile makes more than 1e-2; the feature maps after 13 of these
# layers should be right to 1e-5.
TOLERANCE = 2.5e-6
# Rounding values of all sizes to 8 bits gives errors of at most 2^-8, and 1.7e-3 in the norm. Sums
# rounded on the way would have larger errors.
BFLOAT16_TOLERANCE = 2e-3

# Below, at and above whole tiles of 4 x 4, and sides that nothing divides.
SIZES = [(1, 1), (1, 6), (2, 3), (4, 4), (5, 4), (7, 9), (16, 16), (37, 29)]
CHANNELS = [(64, 64), (64, 128), (256, 256), (512, 512)]
# With 64 channels, more than three threads can each take at a time, and not in equal parts.
LARGE = (151, 203)
# With more channels, as much to do is in fewer pixels.
AS_LARGE = dict(zip(CHANNELS, (LARGE, (107, 143), (75, 101), (53, 71)), strict=True))


class Case:
    """A layer with random weights, its input, and the true result in float64."""

    def __init__(self, channels: tuple[int, int], size: tuple[int, int]) -> None:
        inputs, outputs = channels
        random = torch.Generator().manual_seed(0)
        self.kernel = torch.randn(outputs, inputs, 3, 3, generator=random) / (9 * inputs) ** 0.5
        self.bias = torch.randn(outputs, generator=random)
        self.layer = ConvolutionRelu(self.kernel, self.bias)
        # Nothing below zero, as after the ReLU before.
        maps = torch.randn(1, inputs, *size, generator=random).relu()
        self.maps = maps.contiguous(memory_format=torch.channels_last)
        self.gradient = torch.randn(1, outputs, *size, generator=random)

    def true_result(self) -> Tensor:
        kernel, bias = self.kernel.double(), self.bias.double()
        return F.conv2d(self.maps.double(), kernel, bias, padding=1).relu()

    def true_gradient(self, result: Tensor) -> Tensor:
        """Returns the gradient with respect to the maps, with the ReLU's choices as in ``result``.

        Rounding decides which values near zero pass, so float64 must not decide it for float32.
        """
        passed = self.gradient.double() * (result > 0)
        return F.conv_transpose2d(passed, self.kernel.double(), padding=1)

    def result_and_gradient(self) -> tuple[Tensor, Tensor]:
        return differentiated(self.layer, self.maps, self.gradient)


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Makes torch compute with this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def error(value: Tensor, truth: Tensor) -> float:
    assert value.shape == truth.shape
    return float((value.double() - truth).norm() / truth.norm())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_result_and_gradient_agree_with_float64(
    channels: tuple[int, int], size: tuple[int, int]
) -> None:
    case = Case(channels, size)
    result, gradient = case.result_and_gradient()
    assert error(result, case.true_result()) < TOLERANCE
    assert error(gradient, case.true_gradient(result)) < TOLERANCE


@pytest.mark.parametrize(
    ("channels", "size"),
    [(channels, size) for channels in CHANNELS for size in ((2, 3), (37, 29), AS_LARGE[channels])],
)
def test_in_bfloat16_only_the_maps_are_rounded(
    channels: tuple[int, int], size: tuple[int, int]
) -> None:
    case = Case(channels, size)
    case.maps, case.gradient = case.maps.bfloat16(), case.gradient.bfloat16()
    result, gradient = case.result_and_gradient()
    assert result.dtype == gradient.dtype == torch.bfloat16
    assert error(result, case.true_result()) < BFLOAT16_TOLERANCE
    assert error(gradient, case.true_gradient(result)) < BFLOAT16_TOLERANCE


def test_many_tiles_are_shared_among_threads(threads: int) -> None:
    case = Case((64, 64), LARGE)
    result, gradient = case.result_and_gradient()
    assert error(result, case.true_result()) < TOLERANCE
    assert error(gradient, case.true_gradient(result)) < TOLERANCE
    assert torch.get_num_threads() == threads


@pytest.mark.usefixtures("threads")
def test_no_single_value_is_far_off() -> None:
    case = Case((64, 64), LARGE)
    result, _ = case.result_and_gradient()
    # The worst of two million values was off by 6e-6; their standard deviation is about 1.
    assert (result.double() - case.true_result()).abs().max() < 2e-5


@pytest.mark.usefixtures("threads")
def test_the_same_maps_give_the_same_bytes() -> None:
    case = Case((64, 64), LARGE)
    first, second = case.result_and_gradient(), case.result_and_gradient()
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


@pytest.mark.parametrize("is_alike", [False, True])
@pytest.mark.parametrize("threads", [4], indirect=True)
def test_threads_that_start_later_compute_with_as_many_threads_as_before(
    threads: int, is_alike: bool
) -> None:
    case = Case((64, 64), (211, 203))
    layer = case.layer.rounded_alike if is_alike else case.layer
    layer(case.maps)
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert found == [threads]


def test_the_memory_layout_of_maps_and_gradient_does_not_matter() -> None:
    case = Case((64, 64), (13, 18))
    expected = case.result_and_gradient()
    case.maps = case.maps.contiguous()
    case.gradient = case.gradient.contiguous(memory_format=torch.channels_last)
    for value, other in zip(case.result_and_gradient(), expected, strict=True):
        assert torch.equal(value, other)


def test_results_have_the_layout_that_is_fastest_for_the_next_layer() -> None:
    for value in Case((64, 128), (13, 18)).result_and_gradient():
        assert value.is_contiguous(memory_format=torch.channels_last)


def test_maps_are_left_as_they_were() -> None:
    case = Case((64, 64), (13, 18))
    before = case.maps.clone()
    case.result_and_gradient()
    assert torch.equal(case.maps, before)


def test_without_gradients_nothing_is_kept_for_them() -> None:
    case = Case((64, 64), (13, 18))
    with torch.no_grad():
        assert case.layer(case.maps.requires_grad_()).grad_fn is None


def test_only_the_result_and_the_weights_are_kept_for_the_gradient() -> None:
    case = Case((64, 128), (48, 48))
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = case.layer(case.maps.requires_grad_())
    weights = 36 * 64 * 128
    assert sorted(x.numel() for x in kept) == sorted([result.numel(), weights])


def test_powers_of_the_points_do_not_depend_on_the_processor() -> None:
    # As written by the processors on which the first pictures were painted.
    alike = winograd._FORWARD[True]
    assert alike.kernel[4].tolist() == [1.5, 1.0, 1.5 * winograd._SQUARES[2 / 3]]
    assert alike.output[:, 1].tolist() == [1, 1.5, 2.25, 3.375]


def test_what_need_not_be_alike_has_the_powers_that_the_processor_computes() -> None:
    usual = winograd._FORWARD[False]
    assert usual.output[:, 4].tolist() == np.power(2 / 3, np.arange(4)).tolist()
    assert usual.kernel[1].tolist() == np.multiply(1 / 1.5, np.power(1.5, np.arange(3))).tolist()


def test_kernels_that_all_systems_round_alike_differ_in_their_last_bit_at_most() -> None:
    layer = Case((16, 24), (8, 8)).layer
    usual, alike = layer._transformed_kernels, layer.rounded_alike._transformed_kernels
    assert alike.shape == usual.shape
    assert alike.is_contiguous()
    torch.testing.assert_close(alike, usual, rtol=2**-22, atol=2**-30)


def test_each_kind_of_kernels_is_made_once() -> None:
    layer = Case((16, 24), (8, 8)).layer
    assert layer.rounded_alike is layer.rounded_alike
    assert layer.rounded_alike._transformed_kernels is layer.rounded_alike._transformed_kernels


@pytest.mark.parametrize(("is_alike", "transforming"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("threads", [2], indirect=True)
@pytest.mark.usefixtures("threads")
def test_a_single_strip_is_multiplied_by_all_threads_and_transformed_by_one(
    is_alike: bool, transforming: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []

    def noting(name: str) -> Callable[..., None]:
        usual = vars(winograd._Buffers)[name]

        def step(*arguments: object) -> None:
            seen.append((name, torch.get_num_threads()))
            usual(*arguments)

        return step

    for name in ("transform_input", "multiply", "transform_output"):
        monkeypatch.setattr(winograd._Buffers, name, noting(name))
    case = Case((64, 64), (13, 18))
    layer = case.layer.rounded_alike if is_alike else case.layer
    layer(case.maps)
    assert seen == [
        ("transform_input", transforming), ("multiply", 2), ("transform_output", transforming)
    ]  # fmt: skip
    assert torch.get_num_threads() == 2
