"""nst_core.losses: every value here was worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.losses import content_loss, gram_loss, gram_matrix


def test_content_loss_is_the_mean_squared_difference() -> None:
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    target = torch.tensor([[1.0, 0.0], [3.0, 1.0]])
    assert content_loss(features, target).item() == (0 + 4 + 0 + 9) / 4


def test_content_loss_of_equal_maps_is_zero() -> None:
    features = torch.rand(1, 2, 3, 4)
    assert content_loss(features, features).item() == 0


def test_gram_matrix_is_the_mean_product_over_the_positions() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 0.0]], [[0.0, 1.0], [-1.0, 5.0]]]])
    # 1 + 4 + 9 + 0, 0 + 2 - 3 + 0, 0 + 1 + 1 + 25, each over 4 positions
    expected = torch.tensor([[14.0, -1.0], [-1.0, 27.0]]) / 4
    assert torch.equal(gram_matrix(maps), expected)


def test_gram_matrix_does_not_depend_on_where_things_are() -> None:
    maps = torch.rand(1, 4, 6, 8)
    moved = maps.flatten(2)[..., torch.randperm(48)].reshape(1, 4, 8, 6)
    torch.testing.assert_close(gram_matrix(moved), gram_matrix(maps))


def test_gram_loss_is_the_mean_squared_difference_of_the_entries() -> None:
    gram = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    target = torch.tensor([[0.0, 1.0], [1.0, -1.0]])
    assert gram_loss(gram, target).item() == (4 + 0 + 0 + 16) / 4


@pytest.mark.parametrize(
    ("loss", "at", "expected"),
    [
        (lambda x: content_loss(x, torch.tensor([1.0, 1.0])), [3.0, 0.0], [2.0, -1.0]),
        # d/dG of the mean of 4 squares
        (
            lambda x: gram_loss(x, torch.zeros(2, 2)),
            [[1.0, 2.0], [3.0, 4.0]],
            [[0.5, 1.0], [1.5, 2.0]],
        ),
        # One channel, two positions: the Gram matrix is (a^2 + b^2) / 2
        (lambda x: gram_matrix(x).sum(), [[[[3.0, -4.0]]]], [[[[3.0, -4.0]]]]),
    ],
    ids=["content", "gram loss", "gram matrix"],
)
def test_gradients_are_the_derivatives(loss, at, expected) -> None:  # type: ignore[no-untyped-def]
    x = torch.tensor(at, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(x), x)
    assert torch.equal(gradient, torch.tensor(expected))


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        # Summed in bfloat16, 4096 ones would stay at 256.
        (lambda ones: gram_matrix(ones), torch.ones(2, 2)),
        (lambda ones: content_loss(ones, torch.zeros_like(ones)), torch.tensor(1.0)),
    ],
    ids=["gram", "content"],
)
def test_sums_over_bfloat16_maps_are_made_in_float32(computed, expected: Tensor) -> None:  # type: ignore[no-untyped-def]
    value = computed(torch.ones(1, 2, 64, 64, dtype=torch.bfloat16))
    assert value.dtype == torch.float32
    assert torch.equal(value, expected)


def test_the_gradient_of_a_gram_matrix_is_that_of_its_definition() -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(1, 5, 6, 7, generator=generator, requires_grad=True)
    weights = torch.randn(5, 5, generator=generator)  # not symmetric
    (ours,) = torch.autograd.grad((weights * gram_matrix(maps)).sum(), maps)
    defined = torch.einsum("nchw,ndhw->cd", maps, maps) / 42
    (theirs,) = torch.autograd.grad((weights * defined).sum(), maps)
    torch.testing.assert_close(ours, theirs)
