"""nst_core.objective.losses: every expected value was worked out by hand or by another library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor

from nst_core.objective.losses import (
    STYLE_LOSSES,
    Statistics,
    content_loss,
    gram_loss,
    moments_loss,
    relative_gram_loss,
    relative_moments_loss,
    statistics,
    total_variation,
    wasserstein_loss,
)


def of(gram: list[list[float]], mean: list[float]) -> Statistics:
    return Statistics(torch.tensor(gram), torch.tensor(mean))


def random_maps(channels: int, seed: int = 0) -> Tensor:
    return torch.randn(1, channels, 9, 11, generator=torch.Generator().manual_seed(seed))


# Content ------------------------------------------------------------------------------------------


def test_content_loss_is_the_mean_squared_difference() -> None:
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    target = torch.tensor([[1.0, 0.0], [3.0, 1.0]])
    assert content_loss(features, target).item() == (0 + 4 + 0 + 9) / 4


def test_content_loss_of_equal_maps_is_zero() -> None:
    features = torch.rand(1, 2, 3, 4)
    assert content_loss(features, features).item() == 0


# Statistics ---------------------------------------------------------------------------------------


def test_gram_matrix_and_mean_are_averages_over_the_positions() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 0.0]], [[0.0, 1.0], [-1.0, 5.0]]]])
    # 1 + 4 + 9 + 0, 0 + 2 - 3 + 0, 0 + 1 + 1 + 25, each over 4 positions
    expected = torch.tensor([[14.0, -1.0], [-1.0, 27.0]]) / 4
    assert torch.equal(statistics(maps).gram, expected)
    assert torch.equal(statistics(maps).mean, torch.tensor([6.0, 5.0]) / 4)


def test_they_do_not_depend_on_where_things_are() -> None:
    maps = torch.rand(1, 4, 6, 8)
    moved = maps.flatten(2)[..., torch.randperm(48)].reshape(1, 4, 8, 6)
    torch.testing.assert_close(statistics(moved).gram, statistics(maps).gram)
    torch.testing.assert_close(statistics(moved).mean, statistics(maps).mean)


def test_a_mask_says_how_much_each_position_counts() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 7.0]], [[0.0, 1.0], [-1.0, 5.0]]]])
    mask = torch.tensor([[[[1.0, 0.5], [0.5, 0.0]]]])
    found = statistics(maps, mask)
    # 1 + 4/2 + 9/2, 0 + 2/2 - 3/2, 0 + 1/2 + 1/2, each over 2
    torch.testing.assert_close(found.gram, torch.tensor([[7.5, -0.5], [-0.5, 1.0]]) / 2)
    torch.testing.assert_close(found.mean, torch.tensor([3.5, 0.0]) / 2)


def test_the_covariance_is_the_covariance_of_the_maps() -> None:
    maps = random_maps(5)
    expected = torch.cov(maps.flatten(2)[0], correction=0)
    torch.testing.assert_close(statistics(maps).covariance, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("guided", [False, True])
def test_their_gradient_follows_from_their_definition(guided: bool) -> None:
    maps = random_maps(5).requires_grad_()
    mask = torch.rand(1, 1, 9, 11, generator=torch.Generator().manual_seed(3)) if guided else None
    by_gram = torch.randn(5, 5, generator=torch.Generator().manual_seed(1))  # not symmetric
    by_mean = torch.randn(5, generator=torch.Generator().manual_seed(2))
    found = statistics(maps, mask)
    (ours,) = torch.autograd.grad((by_gram * found.gram).sum() + by_mean @ found.mean, maps)
    share = torch.full((9, 11), 1 / 99) if mask is None else mask[0, 0] / mask.sum()
    gram = torch.einsum("hw,chw,dhw->cd", share, maps[0], maps[0])
    mean = torch.einsum("hw,chw->c", share, maps[0])
    (theirs,) = torch.autograd.grad((by_gram * gram).sum() + by_mean @ mean, maps)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("guided", [False, True])
def test_a_gradient_computed_in_bfloat16_is_off_by_its_rounding_alone(guided: bool) -> None:
    maps = random_maps(5).bfloat16().requires_grad_()
    mask = torch.rand(1, 1, 9, 11, generator=torch.Generator().manual_seed(3)) if guided else None
    by_gram = torch.randn(5, 5, generator=torch.Generator().manual_seed(1))
    by_mean = torch.randn(5, generator=torch.Generator().manual_seed(2))

    def gradient(maps: Tensor, *, rounds_gradient: bool) -> Tensor:
        found = statistics(maps, mask, rounds_gradient=rounds_gradient)
        (found_gradient,) = torch.autograd.grad(
            (by_gram * found.gram).sum() + by_mean @ found.mean, maps
        )
        return found_gradient

    rounded = gradient(maps, rounds_gradient=True)
    exact = gradient(maps.detach().float().requires_grad_(), rounds_gradient=False)
    assert rounded.dtype == torch.bfloat16
    # What is multiplied and added up, the sum, and with a mask its product are rounded to 8 bits.
    share = torch.full((9, 11), 1 / 99) if mask is None else mask[0, 0] / mask.sum()
    summed = torch.einsum("chw,cd->dhw", maps[0].detach().float().abs(), by_gram.abs())
    summed += torch.einsum("chw,dc->dhw", maps[0].detach().float().abs(), by_gram.abs())
    bound = 3 * 2**-8 * share * (summed + by_mean.abs()[:, None, None])
    assert ((rounded.float() - exact)[0].abs() <= bound).all()


@pytest.mark.parametrize("guided", [False, True])
def test_without_the_means_the_gram_matrix_and_its_gradient_are_the_same(guided: bool) -> None:
    maps = random_maps(5).requires_grad_()
    mask = random_maps(1, seed=1).square() if guided else None
    with_mean, without = (statistics(maps, mask, with_mean=asked) for asked in (True, False))
    assert torch.equal(without.gram, with_mean.gram)
    assert without.mean.shape == (0,)
    expected, found = (
        torch.autograd.grad(part.gram.square().sum(), maps)[0] for part in (with_mean, without)
    )
    assert torch.equal(found, expected)


@pytest.mark.parametrize("guided", [False, True])
def test_maps_summed_strip_by_strip_have_the_same_statistics(guided: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    # Three strips and a part of one.
    maps = torch.rand(1, 64, 130, 100, generator=generator).bfloat16()
    mask = torch.rand(1, 1, 130, 100, generator=generator) if guided else None
    ours = statistics(maps, mask, rounds_gradient=True)
    theirs = statistics(maps.double(), mask)
    torch.testing.assert_close(ours.gram, theirs.gram)
    torch.testing.assert_close(ours.mean, theirs.mean)


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("with_mean", [False, True])
def test_a_gradient_computed_strip_by_strip_is_that_of_all_of_the_maps(
    guided: bool, with_mean: bool
) -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 64, 130, 100, generator=generator).bfloat16()
    mask = torch.rand(1, 1, 130, 100, generator=generator) if guided else None

    def gradient(maps: Tensor) -> Tensor:
        maps = maps.requires_grad_()
        found = statistics(maps, mask, with_mean=with_mean)
        (by_maps,) = torch.autograd.grad(found.gram.square().sum() + found.mean.sum(), maps)
        return by_maps

    in_strips, at_once = gradient(maps), gradient(maps.float())
    assert in_strips.dtype == torch.bfloat16
    torch.testing.assert_close(in_strips.float(), at_once, rtol=2**-8, atol=0)


def test_maps_in_float32_have_the_same_gradient_either_way() -> None:
    maps = random_maps(5).requires_grad_()
    ours, theirs = (
        torch.autograd.grad(statistics(maps, rounds_gradient=rounds).gram.square().sum(), maps)[0]
        for rounds in (True, False)
    )
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        # Summed in bfloat16, 4096 ones would stay at 256.
        (lambda ones: statistics(ones).gram, torch.ones(2, 2)),
        (lambda ones: statistics(ones).mean, torch.ones(2)),
        (lambda ones: content_loss(ones, torch.zeros_like(ones)), torch.tensor(1.0)),
    ],
    ids=["gram", "mean", "content"],
)
def test_bfloat16_maps_are_summed_in_float32(computed, expected: Tensor) -> None:  # type: ignore[no-untyped-def]
    value = computed(torch.ones(1, 2, 64, 64, dtype=torch.bfloat16))
    assert value.dtype == torch.float32
    assert torch.equal(value, expected)


# Style losses -------------------------------------------------------------------------------------


def test_gram_loss_is_the_mean_squared_difference_of_the_entries() -> None:
    found = of([[2.0, 1.0], [1.0, 3.0]], [9.0, 9.0])
    target = of([[0.0, 1.0], [1.0, -1.0]], [0.0, 0.0])
    assert gram_loss(found, target).item() == (4 + 0 + 0 + 16) / 4


def test_moments_loss_adds_means_and_deviations() -> None:
    # By hand: means differ by 1 and 0; variances 5 - 1 = 4, 9 - 0 = 9 against 4 - 4 = 0, 4 - 0 = 4,
    # so deviations differ by 2 and 1; the target's mean energy is (4 + 4) / 2.
    found, target = of([[5.0, 0.0], [0.0, 9.0]], [1.0, 0.0]), of([[4.0, 0], [0, 4.0]], [2.0, 0.0])
    by_hand = (1 + 25) / 4 + 4 * ((1 + 0) / 2 + (4 + 1) / 2)
    assert moments_loss(found, target).item() == pytest.approx(by_hand, rel=2e-3)


def test_wasserstein_distance_of_independent_channels_compares_their_means_and_deviations() -> None:
    # By hand: (m1 - m2)^2 + (s1 - s2)^2 for each channel; the target's mean energy is 10.
    found, target = of([[10.0, 3.0], [3.0, 5.0]], [3.0, 1.0]), of([[8.0, 4], [4, 12.0]], [2.0, 2.0])
    # deviations: 1 and 2 against 2 and sqrt(8)
    by_hand = 4 * 10 / 2 * ((1 + 1) + ((1 - 2) ** 2 + (2 - 8**0.5) ** 2))
    assert wasserstein_loss(found, target).item() == pytest.approx(by_hand, rel=1e-3)


def test_wasserstein_distance_agrees_with_an_independent_form_of_the_formula() -> None:
    maps = random_maps(6), 0.3 + random_maps(6, seed=1) @ torch.rand(11, 11)
    ours = wasserstein_loss(*map(statistics, maps)).item()
    one, other = (m.flatten(2)[0].double().numpy() for m in maps)
    root = sqrtm(np.cov(other, bias=True))
    cross = sqrtm(root @ np.cov(one, bias=True) @ root)
    distance = np.sum((one.mean(1) - other.mean(1)) ** 2)
    distance += np.trace(np.cov(one, bias=True) + np.cov(other, bias=True) - 2 * cross)
    assert ours == pytest.approx(4 * np.mean(other**2) * distance / 6, rel=1e-3)


@pytest.mark.parametrize("name", STYLE_LOSSES)
def test_every_style_loss_vanishes_for_the_style_itself(name: str) -> None:
    target = statistics(random_maps(4).relu())
    zero = STYLE_LOSSES[name](target, target).item()
    assert zero == pytest.approx(0, abs=1e-5 * float(target.gram.square().mean()))


@pytest.mark.parametrize("name", STYLE_LOSSES)
def test_all_style_losses_agree_for_a_single_map_that_is_nearly_right(name: str) -> None:
    """By hand: a constant map of 5 that should be 5.01 has (25.1001 - 25)^2 = 0.01."""
    nearly, right = (statistics(torch.full((1, 1, 3, 3), value)) for value in (5.0, 5.01))
    terms = {"gram": 1.0, "moments": 1.25, "wasserstein": 1.0}[name]
    loss = STYLE_LOSSES[name](nearly, right).item()
    assert loss == pytest.approx(0.01002 * terms, rel=0.02)


@pytest.mark.parametrize("name", STYLE_LOSSES)
@pytest.mark.parametrize("guided", [False, True])
def test_the_gradient_of_every_style_loss_is_its_slope(name: str, guided: bool) -> None:
    maps = random_maps(4).relu().requires_grad_()
    mask = torch.rand(1, 1, 9, 11) if guided else None
    target = statistics(2 * random_maps(4, seed=1).relu())
    direction = random_maps(4, seed=2)

    def loss(x: Tensor) -> Tensor:
        return STYLE_LOSSES[name](statistics(x, mask), target)

    (gradient,) = torch.autograd.grad(loss(maps), maps)
    ahead, behind = (loss(maps.detach() + sign * 1e-2 * direction) for sign in (1, -1))
    slope = (ahead - behind).item() / 2e-2
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=2e-2)


@pytest.mark.parametrize("name", STYLE_LOSSES)
def test_dead_maps_have_finite_losses_and_gradients(name: str) -> None:
    dead = torch.zeros(1, 3, 4, 4, requires_grad=True)
    for target in (random_maps(3).relu(), torch.zeros(1, 3, 4, 4)):
        loss = STYLE_LOSSES[name](statistics(dead), statistics(target))
        (gradient,) = torch.autograd.grad(loss, dead)
        assert loss.isfinite()
        assert gradient.isfinite().all()


# Beside neighbours --------------------------------------------------------------------------------


def test_the_relative_gram_loss_is_one_where_there_is_nothing() -> None:
    target, nothing = statistics(random_maps(4).relu()), statistics(torch.zeros(1, 4, 2, 2))
    assert relative_gram_loss(nothing, target).item() == pytest.approx(1)
    assert relative_gram_loss(target, target).item() == 0


def test_it_is_the_gram_loss_whatever_units_the_maps_have() -> None:
    one, other = random_maps(4).relu(), random_maps(4, seed=1).relu()
    plain, scaled = (
        relative_gram_loss(statistics(unit * one), statistics(unit * other)).item()
        for unit in (1.0, 7.0)
    )
    assert scaled == pytest.approx(plain, rel=1e-5)
    ratio = gram_loss(statistics(one), statistics(other)) / statistics(other).gram.square().mean()
    assert plain == pytest.approx(ratio.item(), rel=1e-5)


@pytest.mark.parametrize("loss", [relative_gram_loss, relative_moments_loss])
def test_a_dead_target_leaves_it_finite(
    loss: Callable[[Statistics, Statistics], Tensor],
) -> None:
    dead = statistics(torch.zeros(1, 4, 2, 2))
    assert loss(dead, dead).item() == 0


@pytest.mark.parametrize("unit", [1.0, 30.0])
def test_beside_it_means_and_deviations_of_all_maps_count_alike(unit: float) -> None:
    """Two positions of two maps: 1 and 3, 0 and 0; asked for are 2 and 4, 1 and 1."""
    found = statistics(unit * torch.tensor([[1.0, 3.0], [0.0, 0.0]]).view(1, 2, 1, 2))
    target = statistics(unit * torch.tensor([[2.0, 4.0], [1.0, 1.0]]).view(1, 2, 1, 2))
    # Means 2, 0 and 3, 1; deviations 1, 0 in both. The target's energy is (10 + 1) / 2.
    gram = ((5 - 10) ** 2 + 2 * 3**2 + 1) / (10**2 + 2 * 3**2 + 1)
    assert relative_gram_loss(found, target).item() == pytest.approx(gram, rel=1e-5)
    moments = (1 + 1) / 2 / ((10 + 1) / 2)
    # A dead map's deviation is not quite 0, so that it has a gradient.
    expected = pytest.approx(gram + moments, rel=1e-4)
    assert relative_moments_loss(found, target).item() == expected
    assert relative_moments_loss(target, target).item() == 0


# Total variation ----------------------------------------------------------------------------------


def test_total_variation_of_a_checkerboard_is_two() -> None:
    board = torch.tensor([[0.0, 1.0] * 2, [1.0, 0.0] * 2] * 2)[None, None]
    assert total_variation(board).item() == 2


def test_total_variation_counts_both_directions() -> None:
    # Downwards 1, 1; across 4, 0, by hand.
    image = torch.tensor([[[[0.0, 2.0], [1.0, 1.0]]]])
    assert total_variation(image).item() == (1 + 1) / 2 + (4 + 0) / 2


def test_a_uniform_picture_has_no_variation() -> None:
    assert total_variation(torch.full((1, 3, 5, 7), 0.3)).item() == 0
