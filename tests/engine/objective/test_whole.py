"""nst_core.objective.whole: value and gradient against an independent form of Gatys' formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.masks.regions import Region, StyleImage, everywhere
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.composed import loss_of_what_is_seen
from nst_core.objective.losses import STYLE_LOSSES, statistics, total_variation
from nst_core.objective.masked import Masked
from nst_core.objective.total_variation import WithTotalVariation
from nst_core.objective.whole import WholeObjective
from nst_core.scales.scale_inputs import ScaleInputs
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
    """Neither content nor style, and partly outside the range that can be shown."""
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    return content * 1.2 - 0.1 + 0.05 * noise


def test_the_loss_is_the_sum_in_the_published_notebook(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    evaluation = WholeObjective(network, content, everywhere(style), GATYS).evaluate(image)
    content_part = pastiche.content_loss(image, content)
    style_part = pastiche.style_loss(image, [style])
    assert evaluation.content == pytest.approx(content_part, rel=1e-5)
    assert evaluation.style == pytest.approx(style_part, rel=1e-5)
    assert evaluation.loss == pytest.approx(content_part + style_part, rel=1e-5)


def test_the_content_itself_has_no_content_loss(
    network: Vgg, content: Tensor, style: Tensor
) -> None:
    assert WholeObjective(network, content, everywhere(style), GATYS).evaluate(content).content == 0


def test_a_style_has_no_style_loss_against_itself(network: Vgg, content: Tensor) -> None:
    evaluation = WholeObjective(network, content, everywhere(content), GATYS).evaluate(content)
    assert evaluation.style == pytest.approx(0, abs=1e-3)


def test_several_styles_aim_at_the_mean_of_their_gram_matrices(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    styles = [style, tensor(photograph(CAT, 32, 64))]
    evaluation = WholeObjective(network, content, everywhere(*styles), GATYS).evaluate(image)
    assert evaluation.style == pytest.approx(pastiche.style_loss(image, styles), rel=1e-5)


@pytest.mark.parametrize(
    ("weight", "part", "factor"),
    [({"content_weight": 7.0}, "content", 7), ({"style_weight": 250.0}, "style", 0.25)],
)
def test_a_weight_scales_only_its_own_loss(
    weight: dict[str, float], part: str, factor: float, network: Vgg,
    content: Tensor, style: Tensor, image: Tensor,
) -> None:  # fmt: skip
    plain, weighted = (
        WholeObjective(network, content, everywhere(style), settings).evaluate(image)
        for settings in (GATYS, Settings.from_preset("gatys", **weight))
    )
    for name in ("content", "style"):
        expected = getattr(plain, name) * (factor if name == part else 1)
        assert getattr(weighted, name) == pytest.approx(expected, rel=1e-6)
    assert weighted.loss == pytest.approx(weighted.content + weighted.style, rel=1e-6)


def test_the_gradient_agrees_with_a_float64_network(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    x = image.double().requires_grad_()
    (truth,) = torch.autograd.grad(differentiable_loss(pastiche, x, content, style), x)
    gradient = WholeObjective(network, content, everywhere(style), GATYS).evaluate(image).gradient
    assert gradient.shape == image.shape
    assert float((gradient.double() - truth).norm() / truth.norm()) < 1e-4


def test_the_gradient_predicts_a_small_step(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    direction = torch.randn(
        image.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    step = 1e-6  # few ReLUs and maxima switch over such a short distance
    ahead, behind = (
        pastiche.content_loss(x, content) + pastiche.style_loss(x, [style])
        for x in (image.double() + step * direction, image.double() - step * direction)
    )
    gradient = WholeObjective(network, content, everywhere(style), GATYS).evaluate(image).gradient
    slope = float((gradient.double() * direction).sum())
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-3)


def test_the_magnitude_is_the_style_loss_of_zero_feature_maps(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor
) -> None:
    by_layer = pastiche.grams(style).values()
    expected = sum(1e3 / len(gram) ** 2 * (gram**2).mean() for gram in by_layer)
    objective = WholeObjective(network, content, everywhere(style), GATYS)
    assert objective.magnitude == pytest.approx(expected, rel=1e-5)


def test_a_bfloat16_network_gives_a_float32_gradient_and_nearly_the_same_loss(
    vgg19_weights: Weights, network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    fast = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16)
    exact, quick = (
        WholeObjective(n, content, everywhere(style), GATYS).evaluate(image)
        for n in (network, fast)
    )
    assert quick.gradient.dtype == torch.float32
    assert quick.loss == pytest.approx(exact.loss, rel=0.02)


def test_evaluating_leaves_the_picture_as_it_was(
    network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    before = image.clone()
    WholeObjective(network, content, everywhere(style), GATYS).evaluate(image)
    assert torch.equal(image, before)
    assert not image.requires_grad


# What else can be chosen --------------------------------------------------------------------------


def test_layers_and_their_weights_can_be_chosen(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    settings = Settings(
        style_loss="gram", content_layers="relu3_1:2,relu2_2", style_layers="relu2_2:3,relu4_3"
    )
    evaluation = WholeObjective(network, content, everywhere(style), settings).evaluate(image)
    layers = ["relu3_1", "relu2_2", "relu4_3"]
    ours, photo, painting = (pastiche.maps(x, layers) for x in (image, content, style))
    by_hand = sum(
        weight * np.mean((ours[layer] - photo[layer]) ** 2)
        for layer, weight in (("relu3_1", 2), ("relu2_2", 1))
    )
    assert evaluation.content == pytest.approx(by_hand, rel=1e-4)
    by_hand = 0.0
    for layer, weight in (("relu2_2", 3), ("relu4_3", 1)):
        gram, target = (maps[layer] @ maps[layer].T / maps[layer].shape[1]
                        for maps in (ours, painting))  # fmt: skip
        by_hand += 1e3 * weight / len(gram) ** 2 * np.mean((gram - target) ** 2)
    assert evaluation.style == pytest.approx(by_hand, rel=1e-4)


def test_styles_are_mixed_in_proportion_to_their_weights(
    network: Vgg, pastiche: Pastiche, content: Tensor, style: Tensor, image: Tensor
) -> None:
    cat = tensor(photograph(CAT, 32, 64))
    region = Region([StyleImage(style, weight=1.0), StyleImage(cat, weight=3.0)])
    evaluation = WholeObjective(network, content, [region], GATYS).evaluate(image)
    grams = pastiche.grams(image)
    one, other = pastiche.grams(style), pastiche.grams(cat)
    by_hand = sum(
        1e3 / len(gram) ** 2 * np.mean((gram - (one[layer] + 3 * other[layer]) / 4) ** 2)
        for layer, gram in grams.items()
    )
    assert evaluation.style == pytest.approx(by_hand, rel=1e-4)


def test_only_the_visible_part_of_a_style_counts(
    network: Vgg, pastiche: Pastiche, content: Tensor, image: Tensor
) -> None:
    """Computed independently: the Gram matrix of only the visible positions."""
    cat = tensor(photograph(CAT, 64, 64))
    visible = torch.zeros(1, 1, 64, 64)
    visible[..., 16:48, :32] = 1
    region = Region([StyleImage(cat, visible)])
    settings = Settings(style_loss="gram", style_layers="relu3_1")
    evaluation = WholeObjective(network, content, [region], settings).evaluate(image)
    maps = pastiche.maps(cat, ["relu3_1"])["relu3_1"].reshape(256, 16, 16)
    part = maps[:, 4:12, :8].reshape(256, -1)
    ours = pastiche.maps(image, ["relu3_1"])["relu3_1"]
    difference = ours @ ours.T / ours.shape[1] - part @ part.T / part.shape[1]
    assert evaluation.style == pytest.approx(1e3 / 256**2 * np.mean(difference**2), rel=1e-4)


def test_a_region_pulls_its_own_pixels_as_strongly_as_the_whole_picture_would(
    network: Vgg, style: Tensor
) -> None:
    """A picture that repeats itself gets the same gradient from one region as from two halves."""
    half = tensor(photograph(COFFEE, 256, 64))
    content = torch.cat([half, half, half, half], dim=3)
    left = torch.zeros(1, 1, 64, 1024)
    left[..., :512] = 1
    paintings = [StyleImage(style)]
    whole = WholeObjective(network, content, [Region(paintings)], GATYS).evaluate(content)
    regions = [Region(paintings, left, 0.5), Region(paintings, 1 - left, 0.5)]
    parted = WholeObjective(network, content, regions, GATYS).evaluate(content)
    assert parted.style == pytest.approx(whole.style, rel=0.01)
    assert (parted.gradient - whole.gradient).norm() < 0.1 * whole.gradient.norm()


@pytest.mark.parametrize("loss", ["moments", "wasserstein"])
def test_another_style_loss_is_the_sum_over_the_layers(
    loss: str, network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    settings = Settings(style_loss=loss, style_layers="relu2_1:2,relu3_1", style_weight=10)
    evaluation = WholeObjective(network, content, everywhere(style), settings).evaluate(image)
    with torch.no_grad():
        ours, theirs = (network.features(x, ["relu2_1", "relu3_1"]) for x in (image, style))
    by_hand = sum(
        10 * weight / n**2 * STYLE_LOSSES[loss](statistics(ours[layer]), statistics(theirs[layer]))
        for layer, weight, n in (("relu2_1", 2, 128), ("relu3_1", 1, 256))
    )
    assert evaluation.style == pytest.approx(float(by_hand), rel=1e-4)


def test_total_variation_is_added_with_its_gradient(
    network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    plain = WholeObjective(network, content, everywhere(style), GATYS)
    smooth = WithTotalVariation(plain, weight=1e4)
    before, after = plain.evaluate(image), smooth.evaluate(image)
    by_hand = 1e4 * 255**2 * total_variation(image).item()
    assert after.loss - before.loss == pytest.approx(by_hand, rel=1e-3)
    # By hand, for the topmost, leftmost sample: -2 (x_01 - x_00) / count, both ways.
    down, across = image[0, 0, 1, 0] - image[0, 0, 0, 0], image[0, 0, 0, 1] - image[0, 0, 0, 0]
    slope = -2 * 255**2 * 1e4 * (down / (3 * 47 * 64) + across / (3 * 48 * 63))
    gradient = (after.gradient - before.gradient)[0, 0, 0, 0]
    assert gradient.item() == pytest.approx(slope.item(), rel=1e-2)


def test_the_loss_alone_is_that_of_an_evaluation(
    network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    settings = replace(GATYS, tv_weight=1e3)
    objective = WholeObjective(network, content, everywhere(style), settings)
    evaluated = WithTotalVariation(objective, settings.tv_weight).evaluate(image).loss
    assert loss_of_what_is_seen(objective, settings, image) == pytest.approx(evaluated, rel=1e-6)


def test_only_what_is_painted_gets_a_gradient_and_the_rest_is_seen_unchanged(
    network: Vgg, content: Tensor, style: Tensor, image: Tensor
) -> None:
    mask = torch.zeros(1, 1, 48, 64)
    mask[..., :32], mask[..., 32:40] = 1.0, 0.5
    scale_inputs = ScaleInputs(content, everywhere(style), mask)
    objective = WholeObjective(network, content, scale_inputs.regions, GATYS)
    masked = Masked(objective, scale_inputs).evaluate(image)
    by_hand = content + mask * (image - content)
    seen = objective.evaluate(by_hand)
    assert masked.loss == pytest.approx(seen.loss, rel=1e-6)
    difference = masked.gradient - seen.gradient * mask
    assert difference.norm() < 1e-4 * masked.gradient.norm()
    assert not masked.gradient[..., 40:].any()


def test_average_pooling_keeps_activations_comparable(network: Vgg) -> None:
    layers = ["relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    photo = tensor(photograph(CAT, 256, 192))
    with torch.no_grad():
        most, mean = (
            network.with_pooling(pooling).features(photo, layers) for pooling in ("max", "average")
        )
    for layer in layers:
        assert mean[layer].mean() == pytest.approx(most[layer].mean(), rel=0.25)
        assert (mean[layer] - most[layer]).norm() > 0.1 * most[layer].norm()
