"""nst_core.stylize: what each control does to the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nst_contract.settings import FULLY_PAINTED, Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture, resize
from nst_core.run.pipeline import Stylized, run_stylization
from tests.helpers.photographs import CAT, COFFEE, TISSUE, as_saved, photograph, tensor
from tests.helpers.reference import Pastiche

WIDTH, HEIGHT = 96, 64
CONTENT = photograph(COFFEE, WIDTH, HEIGHT)
# Blue and brown tissue, and bare bricks: too different to be confused.
TISSUES, BRICKS = photograph(TISSUE, 96, 96), photograph("brick.png", 96, 96)


def columns(first: int, last: int) -> Array:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:, first:last] = 1
    return mask


def paint(
    network: Vgg,
    *styles: Picture | Style,
    content: Picture = CONTENT,
    mask: Array | None = None,
    start_picture: Picture | None = None,
    **values: Any,
) -> Stylized:
    # At full strength, nothing of the photograph hides what a control does.
    fixed = {
        "device": "cpu", "precision": "float32", "evaluations": 12, "strength": FULLY_PAINTED,
    }  # fmt: skip
    settings = Settings.from_preset("normal", **{**fixed, **values})
    named = [style if isinstance(style, Style) else Style(style) for style in styles]
    inputs = Inputs(content, named, mask, start_picture)
    return run_stylization(inputs, settings, networks=[network])


def style_distance(pastiche: Pastiche, image: Picture, style: Picture) -> float:
    return pastiche.style_loss(as_saved(image), [tensor(style)])


def cut(picture: Picture, first: int, last: int) -> Picture:
    return Picture(np.ascontiguousarray(picture.rgb[:, first:last]))


# Several styles and masks -------------------------------------------------------------------------


def test_the_result_is_closer_to_the_style_with_more_weight(
    network: Vgg, pastiche: Pastiche
) -> None:
    near, far = (
        paint(network, Style(TISSUES, weight), Style(BRICKS, 1.0)).picture for weight in (4.0, 0.25)
    )
    assert 2 * style_distance(pastiche, near, TISSUES) < style_distance(pastiche, far, TISSUES)
    assert 2 * style_distance(pastiche, far, BRICKS) < style_distance(pastiche, near, BRICKS)


def test_a_style_with_weight_0_makes_no_difference(network: Vgg) -> None:
    alone = paint(network, TISSUES, evaluations=2).picture.rgb
    masked = Style(BRICKS, weight=0.0, mask=columns(0, 9))
    assert np.array_equal(paint(network, TISSUES, masked, evaluations=2).picture.rgb, alone)


def test_each_mask_shows_its_own_style_and_not_the_other(network: Vgg, pastiche: Pastiche) -> None:
    content = photograph(COFFEE, 192, 96)
    # At the size at which the network sees them.
    tissue, bricks = photograph(TISSUE, 192, 192), photograph("brick.png", 192, 192)
    left = np.repeat(np.array([[1, 0]], np.float32), 96, axis=0).repeat(96, axis=1)
    styles = [Style(tissue, mask=left), Style(bricks, mask=1 - left)]
    result = paint(network, *styles, content=content, evaluations=30).picture
    for part, own, other in (
        (cut(result, 0, 96), tissue, bricks),
        (cut(result, 96, 192), bricks, tissue),
    ):
        distance = style_distance(pastiche, part, own)
        assert 3 * distance < style_distance(pastiche, part, other)


def test_where_the_mask_is_black_the_photograph_stays_bit_for_bit(network: Vgg) -> None:
    mask = columns(0, 48)
    mask[:, 44:52] = np.linspace(1, 0, 8)
    result = paint(network, TISSUES, mask=mask).picture.rgb
    assert np.array_equal(result[:, 52:], CONTENT.rgb[:, 52:])
    moved = np.abs(result - CONTENT.rgb).mean(axis=(0, 2))
    assert moved[:44].mean() > 0.05
    assert moved[50] < moved[:44].mean() / 2  # the edge is soft


def test_a_mask_for_every_style_leaves_the_rest_of_the_photograph_alone(network: Vgg) -> None:
    styles = [Style(TISSUES, mask=columns(0, 20)), Style(BRICKS, mask=columns(70, 96))]
    result = paint(network, *styles).picture.rgb
    assert np.array_equal(result[:, 20:70], CONTENT.rgb[:, 20:70])


def test_painting_within_a_mask_beats_pasting_what_was_painted_as_a_whole(network: Vgg) -> None:
    """The network sees the picture as it will be, with the rest of the photograph around it."""
    mask = columns(32, 64)
    # The same objective for both, and one evaluation keeps the picture that it starts from.
    gram: dict[str, Any] = {"style_loss": "gram"}
    within = paint(network, TISSUES, mask=mask, evaluations=30, **gram)
    whole = paint(network, TISSUES, evaluations=30, **gram).picture.rgb
    pasted = Picture(np.where(mask[..., None] > 0, whole, CONTENT.rgb))
    judged = paint(
        network, TISSUES, mask=mask, start="picture", start_picture=pasted, evaluations=1, **gram
    )
    np.testing.assert_allclose(judged.picture.rgb, pasted.rgb, atol=1 / 255)
    assert within.loss < judged.loss


# Scale, start, losses -----------------------------------------------------------------------------


def test_strokes_are_as_large_as_the_style_scale_says(network: Vgg, pastiche: Pastiche) -> None:
    """Each result has the statistics of the painting at its own scale, not at the other one."""
    sizes = {scale: resize(tensor(BRICKS), side, side) for scale, side in ((0.5, 48), (2.0, 192))}
    for scale, other in ((0.5, 2.0), (2.0, 0.5)):
        result = as_saved(paint(network, Style(BRICKS, scale=scale), evaluations=20).picture)
        own, wrong = (pastiche.style_loss(result, [sizes[s]]) for s in (scale, other))
        assert 3 * own < wrong


def test_both_ways_to_set_the_scale_do_the_same(network: Vgg) -> None:
    by_style = paint(network, Style(BRICKS, scale=0.5), evaluations=2)
    by_setting = paint(network, BRICKS, style_scale=0.5, evaluations=2)
    assert np.array_equal(by_style.picture.rgb, by_setting.picture.rgb)


def test_the_picture_to_start_from_shows_through(network: Vgg) -> None:
    start = photograph(CAT, WIDTH, HEIGHT)
    values = {"style_loss": "gram", "start": "picture", "evaluations": 1}
    result = paint(network, TISSUES, start_picture=start, **values).picture  # type: ignore[arg-type]
    np.testing.assert_allclose(result.rgb, start.rgb, atol=1 / 255)


def test_a_smoother_picture_has_less_variation(network: Vgg) -> None:
    rough, smooth = (
        np.abs(np.diff(paint(network, BRICKS, tv_weight=weight).picture.rgb, axis=1)).mean()
        for weight in (0.0, 1e6)
    )
    assert smooth < 0.7 * rough


def test_an_earlier_content_layer_keeps_more_detail(network: Vgg) -> None:
    early, late = (
        np.abs(paint(network, TISSUES, style_loss="gram", content_layers=layer, content_weight=1e5,
                     start="content").picture.rgb - CONTENT.rgb).mean()
        for layer in ("relu2_2", "relu5_1")
    )  # fmt: skip
    assert early < 0.8 * late


def test_early_style_layers_on_their_own_paint_no_shapes(network: Vgg, pastiche: Pastiche) -> None:
    early, late = (
        paint(network, BRICKS, style_layers=layers).picture
        for layers in ("relu1_1", "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    )
    deep = [
        np.square(pastiche.grams(as_saved(picture))["relu4_1"] - target).mean()
        for target in [pastiche.grams(tensor(BRICKS))["relu4_1"]]
        for picture in (early, late)
    ]
    assert deep[1] < deep[0] / 2


@pytest.mark.parametrize("loss", ["moments", "wasserstein"])
def test_every_style_loss_paints_the_style(loss: str, network: Vgg, pastiche: Pastiche) -> None:
    result = paint(network, TISSUES, style_loss=loss, evaluations=15).picture
    assert (
        style_distance(pastiche, result, TISSUES) < style_distance(pastiche, CONTENT, TISSUES) / 5
    )


def test_adam_paints_the_style_too(network: Vgg, pastiche: Pastiche) -> None:
    result = paint(network, TISSUES, style_loss="gram", optimizer="adam", evaluations=40)
    before = style_distance(pastiche, CONTENT, TISSUES)
    assert style_distance(pastiche, result.picture, TISSUES) < before / 5
    content = pastiche.content_loss(as_saved(result.picture), tensor(CONTENT))
    assert result.loss == pytest.approx(
        content + style_distance(pastiche, result.picture, TISSUES), rel=1e-3
    )


def test_average_pooling_paints_a_different_picture_in_the_same_style(network: Vgg) -> None:
    most, mean = (
        paint(network, TISSUES, pooling=pooling).picture for pooling in ("max", "average")
    )
    assert 0.01 < np.abs(most.rgb - mean.rgb).mean() < 0.2


def test_transparent_parts_of_a_style_have_no_influence(network: Vgg) -> None:
    """The hidden half of the style is bright green; nothing in the result is."""
    rgb, alpha = TISSUES.rgb.copy(), np.ones((96, 96), np.float32)
    rgb[:, 48:], alpha[:, 48:] = (0, 1, 0), 0
    result = paint(network, Picture(rgb, alpha)).picture.rgb
    greener = result[..., 1] - np.maximum(result[..., 0], result[..., 2])
    assert greener.max() < 0.25


def test_the_last_picture_of_a_masked_run_is_shown_as_it_will_be(network: Vgg) -> None:
    images: list[torch.Tensor] = []
    settings = Settings(device="cpu", precision="float32", coarsest=0, evaluations=2)
    inputs = Inputs(CONTENT, [Style(TISSUES)], mask=columns(0, 48))
    run_stylization(inputs, settings, networks=[network], on_image=images.append)
    for image in images:
        assert torch.equal(image[..., 48:], tensor(CONTENT)[..., 48:])
