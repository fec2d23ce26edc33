"""The loss of columns against the places that they are to look like."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.neighbors.columns import columns, listed
from nst_core.neighbors.loss import cosine_loss, neighbor_loss


def random(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_it_is_the_mean_of_one_less_the_cosine() -> None:
    found = torch.tensor([[3.0, 4.0], [2.0, 0.0], [0.0, 5.0]])
    targets = torch.tensor([[1.0, 0.0], [7.0, 0.0], [-1.0, 0.0]])
    # Cosines 3/5, 1 and 0
    assert cosine_loss(found, targets).item() == pytest.approx((2 / 5 + 0 + 1) / 3)


def test_lengths_do_not_matter() -> None:
    found, targets = random(5, 7), random(5, 7, seed=1)
    torch.testing.assert_close(cosine_loss(3 * found, targets / 9), cosine_loss(found, targets))


def test_places_count_by_their_weight() -> None:
    found, targets = torch.eye(2), torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    # Distances 1 and 0
    assert cosine_loss(found, targets, torch.tensor([1.0, 3.0])).item() == 0.25
    assert cosine_loss(found, targets, torch.tensor([0.0, 1.0])).item() == 0


def test_a_column_of_nothing_has_a_loss_and_a_gradient() -> None:
    found = torch.zeros(1, 3, requires_grad=True)
    loss = cosine_loss(found, torch.ones(1, 3))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 1
    assert found.grad is not None
    assert found.grad.isfinite().all()


def test_a_choice_stands_for_its_columns() -> None:
    found, style = random(4, 3), random(6, 3, seed=1)
    choice = torch.tensor([5, 0, 0, 2])
    assert torch.equal(neighbor_loss(found, style, choice), cosine_loss(found, style[choice]))


def test_columns_of_the_style_may_be_kept_in_bfloat16() -> None:
    found, style = random(4, 3), random(6, 3, seed=1).bfloat16()
    loss = neighbor_loss(found, style, torch.tensor([1, 1, 3, 0]))
    assert loss.dtype == torch.float32


def test_parts_add_up_to_the_whole() -> None:
    found, style = random(50, 6, dtype=torch.float64), random(9, 6, seed=1, dtype=torch.float64)
    choice = torch.arange(50) % 9
    weight = random(50, seed=2, dtype=torch.float64)
    for counts, total in ((None, 50.0), (weight, float(weight.sum()))):
        parts = [
            neighbor_loss(
                found[part], style, choice[part], None if counts is None else counts[part], total
            )
            for part in (slice(0, 13), slice(13, 40), slice(40, 50))
        ]
        whole = neighbor_loss(found, style, choice, counts)
        torch.testing.assert_close(torch.stack(parts).sum(), whole)


def test_its_gradient_by_the_feature_maps_is_that_of_finite_differences() -> None:
    maps = {
        "relu2_1": random(1, 2, 8, 12, dtype=torch.float64).requires_grad_(),
        "relu4_1": random(1, 3, 2, 3, seed=1, dtype=torch.float64).requires_grad_(),
    }
    style = random(5, 5, seed=2, dtype=torch.float64)
    choice, weight = torch.arange(24) % 5, random(24, seed=3, dtype=torch.float64)

    def loss(shallow: Tensor, deep: Tensor) -> Tensor:
        features = {"relu2_1": shallow, "relu4_1": deep}
        found = columns(features, {"relu2_1": 2.0, "relu4_1": 0.7}, 16, 24)
        return neighbor_loss(listed(found), style, choice, weight, 7.0)

    assert torch.autograd.gradcheck(loss, tuple(maps.values()))
