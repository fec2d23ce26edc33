"""nst_core.objective: value and gradient against Gatys' formula, worked out by other hands."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.objective import Objective
from nst_core.regions import everywhere
from nst_core.settings import Settings
from nst_core.vgg import Vgg
from nst_core.weights import Weights
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor
from tests.helpers.reference import Pastiche, differentiable_loss

GATYS = Settings.from_preset("gatys")
SIZE = (64, 48)


@pytest.fixture(scope="module")
def content() -> Tensor:
    return tensor(photograph(COFFEE, *SIZE))


@pytest.fixture(scope="module")
def style() -> Tensor:
    return tensor(photograph(TISSUE, 48, 48))


@pytest.fixture(scope="module")
def image(content: Tensor) -> Tensor:
    """Neither content nor style, and partly outside of what can be shown."""
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    return content * 1.2 - 0.1 + 0.05 * noise


def test_the_loss_is_the_sum_of_the_published_notebook(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    evaluation = Objective(network, content, everywhere(style), GATYS).evaluate(image)
    content_part = pastiche.content_loss(image, content)
    style_part = pastiche.style_loss(image, [style])
    assert evaluation.content == pytest.approx(content_part, rel=1e-5)
    assert evaluation.style == pytest.approx(style_part, rel=1e-5)
    assert evaluation.loss == pytest.approx(content_part + style_part, rel=1e-5)


def test_the_content_itself_has_no_content_loss(
    network: Vgg, content: Tensor, style: Tensor
) -> None:
    assert Objective(network, content, everywhere(style), GATYS).evaluate(content).content == 0


def test_a_style_has_no_style_loss_against_itself(network: Vgg, content: Tensor) -> None:
    evaluation = Objective(network, content, everywhere(content), GATYS).evaluate(content)
    assert evaluation.style == pytest.approx(0, abs=1e-3)


def test_several_styles_aim_at_the_mean_of_their_gram_matrices(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    styles = [style, tensor(photograph(CAT, 32, 64))]
    evaluation = Objective(network, content, everywhere(*styles), GATYS).evaluate(image)
    assert evaluation.style == pytest.approx(pastiche.style_loss(image, styles), rel=1e-5)


@pytest.mark.parametrize(
    ("weight", "part", "factor"),
    [({"content_weight": 7.0}, "content", 7), ({"style_weight": 250.0}, "style", 0.25)],
)
def test_a_weight_scales_its_own_loss_alone(
    weight: dict[str, float], part: str, factor: float, network: Vgg,
    content: Tensor, style: Tensor, image: Tensor,
) -> None:  # fmt: skip
    plain, weighted = (
        Objective(network, content, everywhere(style), settings).evaluate(image)
        for settings in (GATYS, Settings.from_preset("gatys", **weight))
    )
    for name in ("content", "style"):
        expected = getattr(plain, name) * (factor if name == part else 1)
        assert getattr(weighted, name) == pytest.approx(expected, rel=1e-6)
    assert weighted.loss == pytest.approx(weighted.content + weighted.style, rel=1e-6)


def test_the_gradient_is_that_of_a_float64_network(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    x = image.double().requires_grad_()
    (truth,) = torch.autograd.grad(differentiable_loss(pastiche, x, content, style), x)
    gradient = Objective(network, content, everywhere(style), GATYS).evaluate(image).gradient
    assert gradient.shape == image.shape
    assert float((gradient.double() - truth).norm() / truth.norm()) < 1e-4


def test_the_gradient_predicts_a_small_step(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    direction = torch.randn(
        image.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    step = 1e-6  # few ReLUs and maxima change sides on so short a way
    ahead, behind = (
        pastiche.content_loss(x, content) + pastiche.style_loss(x, [style])
        for x in (image.double() + step * direction, image.double() - step * direction)
    )
    gradient = Objective(network, content, everywhere(style), GATYS).evaluate(image).gradient
    slope = float((gradient.double() * direction).sum())
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-3)


def test_the_magnitude_is_the_style_loss_of_feature_maps_that_are_zero(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor
) -> None:
    by_layer = pastiche.grams(style).values()
    expected = sum(1e3 / len(gram) ** 2 * (gram**2).mean() for gram in by_layer)
    objective = Objective(network, content, everywhere(style), GATYS)
    assert objective.magnitude == pytest.approx(expected, rel=1e-5)


def test_the_gradient_is_float32_and_so_is_the_picture_in_bfloat16(
    vgg19_weights: Weights, network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    fast = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16)
    exact, quick = (
        Objective(n, content, everywhere(style), GATYS).evaluate(image) for n in (network, fast)
    )
    assert quick.gradient.dtype == torch.float32
    assert quick.loss == pytest.approx(exact.loss, rel=0.02)


def test_evaluating_leaves_the_picture_as_it_was(
    network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    before = image.clone()
    Objective(network, content, everywhere(style), GATYS).evaluate(image)
    assert torch.equal(image, before)
    assert not image.requires_grad
