"""The loss of columns against the places that they are to look like."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.neighbors import loss
from nst_core.neighbors.columns import columns, listed
from nst_core.neighbors.loss import cosine_loss, directions, mean_of


def random(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


ORIGIN = torch.zeros(2)


def test_directions_lead_from_the_centre_and_are_of_length_one() -> None:
    center = torch.tensor([10.0, 20.0])
    found = directions(torch.tensor([[13.0, 24.0], [10.0, 15.0], [10.0, 20.0]]), center)
    torch.testing.assert_close(found, torch.tensor([[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]]))


@pytest.mark.parametrize("at_a_time", [1, 8, 2**20])
def test_the_mean_column_counts_each_place_as_told(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "_PART", at_a_time)
    found = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, -2.0]])
    # 1/2, 3/4, 5/4 and 1, 3/2, -1/2
    assert mean_of(found, torch.tensor([0.5, 0.25, 0.25])).tolist() == [2.5, 2.0]


@pytest.mark.parametrize("at_a_time", [1, 8])
def test_the_gradient_does_not_depend_on_how_much_is_computed_at_a_time(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = random(5, 3).requires_grad_()
    others = random(5, 3, seed=1), random(3, seed=2)
    (whole,) = torch.autograd.grad(cosine_loss(found, *others), found)
    monkeypatch.setattr(loss, "_PART", at_a_time)
    (in_parts,) = torch.autograd.grad(cosine_loss(found, *others), found)
    assert torch.equal(in_parts, whole)


def test_it_is_the_mean_of_one_less_the_cosine() -> None:
    found = torch.tensor([[3.0, 4.0], [2.0, 0.0], [0.0, 5.0]])
    aims = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    # Cosines 3/5, 1 and 0
    assert cosine_loss(found, aims, ORIGIN).item() == pytest.approx((2 / 5 + 0 + 1) / 3)


def test_cosines_are_about_the_centre() -> None:
    center = torch.tensor([10.0, 10.0])
    # (0, 3) and (1, 0) are at right angles.
    found, aims = torch.tensor([[10.0, 13.0]]), torch.tensor([[1.0, 0.0]])
    assert cosine_loss(found, aims, center).item() == 1


def test_how_far_from_the_centre_a_column_is_does_not_matter() -> None:
    found, aims = random(5, 7), directions(random(5, 7, seed=1), torch.zeros(7))
    center = random(7, seed=2)
    further = center + 3 * (found - center)
    torch.testing.assert_close(cosine_loss(further, aims, center), cosine_loss(found, aims, center))


def test_a_mean_of_aims_has_the_mean_of_their_losses() -> None:
    found, center = random(5, 7), random(7, seed=3)
    one, other = (directions(random(5, 7, seed=seed), center) for seed in (1, 2))
    mixed = cosine_loss(found, torch.lerp(one, other, 0.3), center)
    apart = 0.7 * cosine_loss(found, one, center) + 0.3 * cosine_loss(found, other, center)
    torch.testing.assert_close(mixed, apart)


def test_places_count_by_their_weight() -> None:
    found, aims = torch.eye(2), torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    # Distances 1 and 0
    assert cosine_loss(found, aims, ORIGIN, torch.tensor([1.0, 3.0])).item() == 0.25
    assert cosine_loss(found, aims, ORIGIN, torch.tensor([0.0, 1.0])).item() == 0


def test_a_column_that_is_the_centre_has_a_loss_and_a_gradient() -> None:
    found = torch.zeros(1, 3, requires_grad=True)
    loss = cosine_loss(found, torch.eye(3)[:1], torch.zeros(3))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 1
    assert found.grad is not None
    assert found.grad.isfinite().all()


def test_aims_may_be_kept_in_bfloat16() -> None:
    found, aims = random(4, 3), random(4, 3, seed=1).bfloat16()
    assert cosine_loss(found, aims, torch.zeros(3)).dtype == torch.float32


def test_parts_add_up_to_the_whole() -> None:
    found, aims = random(50, 6, dtype=torch.float64), random(50, 6, seed=1, dtype=torch.float64)
    center, weight = random(6, seed=3).double(), random(50, seed=2, dtype=torch.float64)
    for counts, total in ((None, 50.0), (weight, float(weight.sum()))):
        parts = [
            cosine_loss(
                found[part], aims[part], center, None if counts is None else counts[part], total
            )
            for part in (slice(0, 13), slice(13, 40), slice(40, 50))
        ]
        whole = cosine_loss(found, aims, center, counts)
        torch.testing.assert_close(torch.stack(parts).sum(), whole)


def test_its_gradient_by_the_feature_maps_is_that_of_finite_differences() -> None:
    maps = {
        "relu2_1": random(1, 2, 8, 12, dtype=torch.float64).requires_grad_(),
        "relu4_1": random(1, 3, 2, 3, seed=1, dtype=torch.float64).requires_grad_(),
    }
    center = random(5, seed=2, dtype=torch.float64)
    aims = directions(random(24, 5, seed=4, dtype=torch.float64), center)
    weight = random(24, seed=3, dtype=torch.float64)

    def loss(shallow: Tensor, deep: Tensor) -> Tensor:
        features = {"relu2_1": shallow, "relu4_1": deep}
        found = columns(features, {"relu2_1": 2.0, "relu4_1": 0.7}, 16, 24)
        return cosine_loss(listed(found), aims, center, weight, 7.0)

    assert torch.autograd.gradcheck(loss, tuple(maps.values()))
