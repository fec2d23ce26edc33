"""The objective with neighbours, whole and in tiles, against values worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from numpy.typing import NDArray
from torch import Tensor

from nst_contract.settings import FULLY_PAINTED, Settings
from nst_core.colors.recolor import recolor, recolor_regions
from nst_core.masks.regions import Region, StyleImage, everywhere
from nst_core.neighbors import coherence
from nst_core.neighbors.query import query
from nst_core.neighbors.strength import strength_of
from nst_core.neighbors.subject import subject
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective import neighbor_aims
from nst_core.objective.neighbor_aims import painted_parts
from nst_core.objective.neighbor_term import Matching
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from nst_core.pictures.picture import Size, resize
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor

Matrix = NDArray[np.float64]

CONTENT, STYLE = tensor(photograph(COFFEE, 64, 48)), tensor(photograph(TISSUE, 48, 32))
IMAGE = CONTENT.flip(3)
LEFT = torch.zeros(1, 1, 48, 64)
LEFT[..., :24] = 1
LEFT[..., 24:28] = 0.5


def settings(**values: Any) -> Settings:
    """Returns settings of neighbours, at full strength everywhere unless others are given."""
    everywhere = {"style_loss": "neighbors", "strength": FULLY_PAINTED, "protect": "nothing"}
    return Settings.from_dict({**everywhere, **values})


# By hand: two layers, each place the mean of the positions in its 4 x 4 pixels --------------------

PLAIN = settings(style_layers="relu2_1:3,relu3_1", balance=0.0)


@pytest.fixture(autouse=True)
def each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worked out by hand has each place choose for itself."""
    monkeypatch.setattr(coherence, "COHERENCE", 0.0)


def places(network: Vgg, image: Tensor) -> list[Matrix]:
    """Returns (places, channels) of relu2_1 and relu3_1."""
    with torch.no_grad():
        maps = network.features(image, ["relu2_1", "relu3_1"])
    fine, same = (maps[name][0].double().numpy() for name in ("relu2_1", "relu3_1"))
    channels, height, width = fine.shape
    mean = fine.reshape(channels, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
    return [found.reshape(len(found), -1).T for found in (mean, same)]


def stacked(layers: Sequence[Matrix], style: Sequence[Matrix]) -> Matrix:
    # relu2_1 weighs 3 by the settings; depth takes 2.5 from it and gives 2.5 to relu3_1.
    weights = (3 / 2.5, 2.5)
    norms = [np.linalg.norm(layer, axis=1).mean() for layer in style]
    return np.hstack([w * layer / n for layer, w, n in zip(layers, weights, norms, strict=True)])


def unit(columns: Matrix) -> Matrix:
    result: Matrix = columns / np.linalg.norm(columns, axis=1, keepdims=True)
    return result


def nearest(asked: Matrix, style: Matrix) -> NDArray[np.int64]:
    similarity = unit(asked - asked.mean(0)) @ unit(style - style.mean(0)).T
    return np.asarray(similarity.argmax(axis=1), np.int64)


def distances(network: Vgg, image: Tensor, style: Tensor, matched: Tensor) -> Matrix:
    """Returns 1 - cosine, about the style's mean, of each place of the image with that chosen for
    the query's."""
    theirs = places(network, style)
    ours, asked = (stacked(places(network, x), theirs) for x in (image, matched))
    targets = stacked(theirs, theirs)
    mean = targets.mean(0)
    chosen = targets[nearest(asked, targets)]
    result: Matrix = 1 - (unit(ours - mean) * unit(chosen - mean)).sum(axis=1)
    return result


def in_colors_of(style: Tensor) -> Tensor:
    return recolor(CONTENT, [StyleImage(style)])


class Moments(NamedTuple):
    """The means of maps, and of the products of any two."""

    gram: Matrix
    mean: Matrix

    @property
    def deviation(self) -> Matrix:
        variance: Matrix = np.diag(self.gram) - self.mean**2
        return np.sqrt(variance.clip(min=0) + 1e-6)


def moments(network: Vgg, image: Tensor, layer: str, mask: Tensor | None = None) -> Moments:
    """Returns the means over positions, which count as their pixels in the mask do."""
    with torch.no_grad():
        maps = network.features(image, [layer])[layer][0].double()
    mask = torch.ones(1, 1, *image.shape[2:]) if mask is None else mask
    count = F.avg_pool2d(mask.double(), 2 if layer == "relu2_1" else 4).flatten().numpy()
    flat = maps.flatten(1).numpy()
    return Moments((flat * count) @ flat.T / count.sum(), flat @ count / count.sum())


def apart(ours: Moments, theirs: Moments) -> float:
    """Returns how far Gram matrices, means and deviations are from what is asked for, each against
    its size."""
    of_maps = np.square(ours.mean - theirs.mean) + np.square(ours.deviation - theirs.deviation)
    of_gram = np.square(ours.gram - theirs.gram).mean() / np.square(theirs.gram).mean()
    return float(of_gram + of_maps.mean() / np.diag(theirs.gram).mean())


def test_the_loss_is_the_mean_distance_to_the_nearest_places_of_the_painting(network: Vgg) -> None:
    evaluation = WholeObjective(network, CONTENT, everywhere(STYLE), PLAIN).evaluate(IMAGE)
    by_hand = distances(network, IMAGE, STYLE, matched=in_colors_of(STYLE)).mean()
    assert evaluation.content == pytest.approx(by_hand, rel=1e-4)
    assert evaluation.loss == pytest.approx(evaluation.content + evaluation.style, rel=1e-6)


def test_places_chosen_by_all_layers_are_compared_in_some(network: Vgg) -> None:
    chosen = settings(style_layers="relu2_1:3,relu3_1", balance=0.0, gram_share=0.5)
    all_layers, fine = (
        WholeObjective(network, CONTENT, everywhere(STYLE), chosen, compared=compared)
        for compared in (None, {"relu2_1": 3.0})
    )
    assert torch.equal(fine.choices[0], all_layers.choices[0])
    evaluation = fine.evaluate(IMAGE)
    (ours, _), (theirs, _) = places(network, IMAGE), places(network, STYLE)
    mean = theirs.mean(0)
    picked = theirs[fine.choices[0].numpy()]
    by_hand = 1 - (unit(ours - mean) * unit(picked - mean)).sum(axis=1).mean()
    assert evaluation.content == pytest.approx(by_hand, rel=1e-4)
    found, wanted = (moments(network, x, "relu2_1") for x in (IMAGE, STYLE))
    assert evaluation.style == pytest.approx(0.5 * 3 * apart(found, wanted), rel=1e-4)


def test_what_is_painted_so_far_has_part_in_the_choice(network: Vgg) -> None:
    coarser = tensor(photograph(CAT, 64, 48))
    objective = WholeObjective(network, CONTENT, everywhere(STYLE), PLAIN, Matching(so_far=coarser))
    asked = query(in_colors_of(STYLE), coarser, strength_of(PLAIN).photograph)
    by_hand = distances(network, IMAGE, STYLE, matched=asked).mean()
    assert objective.evaluate(IMAGE).content == pytest.approx(by_hand, rel=1e-4)
    alone = WholeObjective(network, CONTENT, everywhere(STYLE), PLAIN)
    assert not torch.equal(objective.choices[0], alone.choices[0])


def test_beside_it_stands_a_share_of_the_loss_of_moments_over_the_styles_own_size(
    network: Vgg,
) -> None:
    chosen = settings(style_layers="relu2_1:3,relu3_1", gram_share=0.7)
    evaluation = WholeObjective(network, CONTENT, everywhere(STYLE), chosen).evaluate(IMAGE)
    by_hand = 0.0
    for layer, weight in (("relu2_1", 3), ("relu3_1", 1)):
        ours, theirs = (moments(network, x, layer) for x in (IMAGE, STYLE))
        by_hand += 0.7 * weight * apart(ours, theirs)
    assert evaluation.style == pytest.approx(by_hand, rel=1e-4)
    assert evaluation.loss == pytest.approx(evaluation.content + by_hand, rel=1e-4)


def test_a_region_counts_by_its_mask_and_its_share_of_the_picture(network: Vgg) -> None:
    region = Region([StyleImage(STYLE)], LEFT, 0.4)
    evaluation = WholeObjective(network, CONTENT, [region], PLAIN).evaluate(IMAGE)
    # The mask takes part in nothing but the weights as long as balance is 0; the mean that is
    # taken off the query's columns is the region's.
    weight = LEFT[0, 0, ::4, ::4].double().numpy().ravel()
    theirs = places(network, STYLE)
    ours, asked = (
        stacked(places(network, x), theirs) for x in (IMAGE, recolor_regions(CONTENT, [region]))
    )
    targets = stacked(theirs, theirs)
    mean, center = weight @ asked / weight.sum(), targets.mean(0)
    choice = (unit(asked - mean) @ unit(targets - center).T).argmax(axis=1)
    apart = 1 - (unit(ours - center) * unit(targets[choice] - center)).sum(axis=1)
    assert evaluation.content == pytest.approx(0.4 * (weight @ apart) / weight.sum(), rel=1e-4)


# From photograph to painting ----------------------------------------------------------------------


def blended(
    network: Vgg, image: Tensor, photograph: Tensor, painted: float | NDArray[np.float64]
) -> Matrix:
    """Returns 1 - the product of each place with its aim, both about the style's mean.

    Of two layers, the shallower one's aim is painted by the strength to the power of 2/9, the
    deeper one's by its square; the rest of it is the photograph's own.
    """
    theirs = places(network, STYLE)
    ours, own = (stacked(places(network, x), theirs) for x in (image, photograph))
    targets = stacked(theirs, theirs)
    mean = targets.mean(0)
    chosen = unit(targets - mean)[nearest(own, targets)]
    shallow, deep = slice(0, 128), slice(128, None)
    distance = np.ones(len(ours))
    for channels, weight in ((shallow, np.power(painted, 2 / 9)), (deep, np.square(painted))):
        looks = unit(ours - mean)[:, channels]
        distance -= weight * (looks * chosen[:, channels]).sum(axis=1)
        distance -= (1 - weight) * (looks * unit(own - mean)[:, channels]).sum(axis=1)
    return distance


def test_below_full_strength_a_place_is_to_look_like_the_photographs_own_too(network: Vgg) -> None:
    """Forms more than surfaces; and at half the strength, colours are three quarters there."""
    half = replace(PLAIN, strength=FULLY_PAINTED / 2)
    evaluation = WholeObjective(network, CONTENT, everywhere(STYLE), half).evaluate(IMAGE)
    mixed = torch.lerp(CONTENT, in_colors_of(STYLE), 0.75)
    by_hand = blended(network, IMAGE, mixed, 0.5).mean()
    assert evaluation.content == pytest.approx(by_hand, rel=1e-4)


def test_a_mask_of_strength_says_so_place_by_place(network: Vgg) -> None:
    """On the right nothing is painted, on the left all, and at the edge half of it."""
    objective = WholeObjective(network, CONTENT, everywhere(STYLE), PLAIN, strength=LEFT)
    strength = LEFT[0, 0, ::4, ::4].double().numpy().ravel()
    mixed = torch.lerp(CONTENT, in_colors_of(STYLE), 1 - (1 - LEFT) ** 2)
    by_hand = blended(network, IMAGE, mixed, strength).mean()
    assert objective.evaluate(IMAGE).content == pytest.approx(by_hand, rel=1e-4)


def test_what_stands_out_is_painted_less(network: Vgg) -> None:
    protecting = replace(PLAIN, protect="subject")
    objective = WholeObjective(network, CONTENT, everywhere(STYLE), protecting)
    colored = in_colors_of(STYLE)
    with torch.no_grad():
        maps = network.features(resize(CONTENT, 256, 192), ["relu3_1"])["relu3_1"]
    rarest = F.avg_pool2d(subject(maps, 48, 64), 4).double().numpy().ravel()
    by_hand = blended(network, IMAGE, colored, 1 - 0.3 * rarest).mean()
    assert objective.evaluate(IMAGE).content == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("tile", [None, (48, 48)], ids=["whole", "in tiles"])
def test_what_is_transparent_is_no_part_of_what_stands_out_is_rare_in(
    network: Vgg, tile: Size | None
) -> None:
    """Beside a wide flat frame everything visible would be rare, and so the subject."""
    protecting = replace(settings(), protect="subject")
    framed = torch.full((1, 3, 96, 128), 0.5)
    framed[..., 24:72, 32:96] = CONTENT
    visible = torch.zeros(1, 1, 96, 128)
    visible[..., 24:72, 32:96] = 1
    regions = [Region([StyleImage(STYLE)], visible, 0.25)]
    seen: list[Tensor] = []

    def watched(image: Tensor, *args: Any, **more: Any) -> Tensor:
        found = painted_parts(image, *args, **more)
        seen.append(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbor_aims, "painted_parts", watched)
        WholeObjective(network, CONTENT, everywhere(STYLE), protecting)
        if tile is None:
            WholeObjective(network, framed, regions, protecting, visible=visible)
        else:
            TiledObjective([network], framed, regions, protecting, tile, visible=visible)
    alone, within = (float(part.mean()) for part in (seen[0], seen[1][..., 24:72, 32:96]))
    assert alone > 0.8
    assert within > alone - 0.02


def test_the_painter_who_hardly_looks_protects_nothing() -> None:
    kept = [
        strength_of(settings(protect="subject", strength=strength)).kept
        for strength in (0.2, FULLY_PAINTED, 0.85, 1.0)
    ]
    assert kept[0] == kept[1] == 2 * kept[2] > kept[3] == 0
    for other in ("faces", "nothing"):
        assert strength_of(settings(protect=other)).kept == 0


@pytest.mark.parametrize("mask", [None, torch.lerp(torch.ones(1, 1, 48, 64), CONTENT[:, :1], 0.5)])
def test_where_the_photograph_stays_its_statistics_are_wanted(
    network: Vgg, mask: Tensor | None
) -> None:
    """By hand: the mean of both pictures' products, of each in its part of the region."""
    chosen = settings(style_layers="relu2_1", gram_share=1.0)
    regions = [Region([StyleImage(STYLE)], mask, 1.0)]
    objective = WholeObjective(network, CONTENT, regions, chosen, strength=LEFT)
    mixed = torch.lerp(CONTENT, recolor_regions(CONTENT, regions), 1 - (1 - LEFT) ** 2)
    everywhere = torch.ones_like(LEFT) if mask is None else mask
    share = float((everywhere * (1 - LEFT)).sum() / everywhere.sum())
    own = moments(network, mixed, "relu2_1", everywhere * (1 - LEFT))
    theirs = moments(network, STYLE, "relu2_1")
    wanted = Moments(*(share * a + (1 - share) * b for a, b in zip(own, theirs, strict=True)))
    found = moments(network, IMAGE, "relu2_1", everywhere)
    assert objective.evaluate(IMAGE).style == pytest.approx(apart(found, wanted), rel=1e-4)


def test_where_nothing_is_painted_the_photograph_is_the_best_picture(network: Vgg) -> None:
    nothing = torch.zeros(1, 1, 48, 64)
    objective = WholeObjective(network, CONTENT, everywhere(STYLE), settings(), strength=nothing)
    assert objective.evaluate(CONTENT).loss < 1e-3
    assert objective.evaluate(IMAGE).loss > 0.1


def test_beyond_full_strength_the_painting_gains_in_every_way() -> None:
    scale = [
        strength_of(settings(strength=strength)) for strength in (FULLY_PAINTED, 0.8, 0.9, 1.0)
    ]
    assert {strength.painting for strength in scale} == {1.0}
    assert scale == sorted(scale, key=lambda strength: -strength.photograph)
    assert scale == sorted(scale, key=lambda strength: strength.balance)
    assert scale == sorted(scale, key=lambda strength: strength.gram_share)
    assert scale[0].balance == settings().balance
    assert scale[0].gram_share == settings().gram_share


def test_the_gradient_predicts_a_small_step(network: Vgg) -> None:
    objective = WholeObjective(network, CONTENT, everywhere(STYLE), settings())
    direction = objective.evaluate(IMAGE).gradient
    step = 2e-3 * direction / direction.norm()
    ahead, behind = (objective.evaluate(IMAGE + sign * step).loss for sign in (1, -1))
    assert ahead - behind == pytest.approx(2 * float((direction * step).sum()), rel=0.02)


def test_the_magnitude_is_the_loss_of_feature_maps_that_are_zero(network: Vgg) -> None:
    regions = [Region([StyleImage(STYLE)], LEFT, 0.4), Region([StyleImage(IMAGE)], 1 - LEFT, 0.6)]
    objective = WholeObjective(network, CONTENT, regions, settings(gram_share=0.5))
    # Both areas together 1; for each of the four layers half of it for Gram matrices, and nearly as
    # much for means and deviations, of which those of maps without any are not quite 0.
    assert objective.magnitude == pytest.approx(1 + 4 * (0.5 + 0.5), rel=1e-3)


# What is chosen from ------------------------------------------------------------------------------


def test_each_region_chooses_from_its_own_styles_alone(network: Vgg) -> None:
    one = Region([StyleImage(STYLE)], LEFT, 0.4)
    other = Region([StyleImage(tensor(photograph(CAT, 32, 32)))], 1 - LEFT, 0.6)
    both = WholeObjective(network, CONTENT, [one, other], settings())
    assert int(both.choices[0].max()) < 12 * 8
    assert int(both.choices[1].max()) < 8 * 8


def test_styles_of_one_region_are_used_by_their_weights(network: Vgg) -> None:
    cat = StyleImage(tensor(photograph(CAT, 48, 32)), weight=3.0)
    balanced = settings(balance=1.0)
    (choice,) = WholeObjective(
        network, CONTENT, [Region([StyleImage(STYLE), cat])], balanced
    ).choices
    share = float((choice >= 12 * 8).float().mean())
    assert 0.6 < share < 0.9


def test_what_is_transparent_is_not_chosen(network: Vgg) -> None:
    visible = torch.ones(1, 1, 32, 48)
    visible[..., :24] = 0
    region = Region([StyleImage(STYLE, visible)])
    (choice,) = WholeObjective(network, CONTENT, [region], settings()).choices
    assert bool((choice % 12 >= 6).all())


def test_choices_of_a_run_before_are_taken_as_they_are(network: Vgg) -> None:
    before = WholeObjective(network, CONTENT, everywhere(STYLE), settings()).choices
    other = [choice.flip(0) for choice in before]
    objective = WholeObjective(
        network, CONTENT, everywhere(STYLE), settings(), Matching(choices=other)
    )
    assert torch.equal(objective.choices[0], other[0])


# In tiles -----------------------------------------------------------------------------------------


def regions_of(content: Tensor) -> list[Region]:
    height, width = content.shape[2:]
    ramp = torch.linspace(-0.5, 1.5, width).clamp(0, 1).expand(1, 1, height, width)
    style = tensor(photograph(CAT, 111, 80))
    visible = torch.ones(1, 1, 80, 111)
    visible[..., :40] = 0
    return [
        Region([StyleImage(style, visible), StyleImage(style.flip(1), weight=0.5)], ramp, 0.5),
        Region([StyleImage(tensor(photograph(TISSUE, 150, 61)))], 1 - ramp, 0.5),
    ]


@pytest.mark.parametrize(
    ("size", "tile", "pooling", "values"),
    [
        pytest.param((237, 161), (96, 96), "max", {}, id="both directions"),
        pytest.param((203, 117), (64, 48), "average", {}, id="leftovers of the poolings"),
        pytest.param(
            (403, 50),
            (128, 64),
            "max",
            {"style_layers": "relu1_2:2,pool2,relu5_1"},
            id="other layers",
        ),
        pytest.param((203, 117), (64, 48), "max", {"strength": 0.4}, id="half painted"),
        pytest.param((237, 161), (96, 96), "max", {"compared": 2}, id="as in a fine scale"),
    ],
)
@pytest.mark.parametrize("is_masked", [False, True], ids=["", "strength by place"])
def test_loss_and_gradient_in_tiles_are_those_of_the_whole(
    size: Size, tile: Size, pooling: str, values: dict[str, Any], is_masked: bool, network: Vgg
) -> None:
    content = tensor(photograph(COFFEE, *size))
    regions, network = regions_of(content), network.with_pooling(pooling)
    fewer = values.get("compared")
    chosen = settings(**{name: value for name, value in values.items() if name != "compared"})
    compared = dict(list(chosen.style_layer_weights.items())[:fewer])
    coarser = content.flip(2)
    strength = content[:, :1] if is_masked else None
    whole = WholeObjective(
        network, content, regions, chosen, Matching(so_far=coarser), strength, compared
    )
    tiled = TiledObjective(
        [network],
        content,
        regions,
        chosen,
        tile,
        matching=Matching(choices=whole.choices),
        strength=strength,
        compared=compared,
    )
    image = content.flip(3)
    one, other = whole.evaluate(image), tiled.evaluate(image)
    assert other.loss == pytest.approx(one.loss, rel=1e-5)
    assert other.content == pytest.approx(one.content, rel=1e-5)
    assert tiled.magnitude == pytest.approx(whole.magnitude, rel=1e-5)
    assert (other.gradient - one.gradient).norm() < 1e-4 * one.gradient.norm()
    # Rounding decides between places that are alike.
    alone = TiledObjective(
        [network],
        content,
        regions,
        chosen,
        tile,
        matching=Matching(so_far=coarser),
        strength=strength,
    )
    for found, expected in zip(alone.choices, whole.choices, strict=True):
        assert (found == expected).float().mean() > 0.97


def test_tiles_are_spread_over_all_devices(network: Vgg, vgg19_weights: Weights) -> None:
    """Two networks stand for two devices, one of them with more to do."""
    content = tensor(photograph(COFFEE, 200, 90))
    styles = everywhere(tensor(photograph(CAT, 60, 80)))
    other = Vgg(vgg19_weights, network.device, network.dtype)
    whole = WholeObjective(network, content, styles, settings())
    matching = Matching(choices=whole.choices)
    tiled = TiledObjective([network, other], content, styles, settings(), (80, 96), None, matching)
    one, both = (objective.evaluate(content.flip(3)) for objective in (whole, tiled))
    assert both.loss == pytest.approx(one.loss, rel=1e-5)
    assert (both.gradient - one.gradient).norm() < 1e-4 * one.gradient.norm()


def test_in_bfloat16_the_loss_is_nearly_the_same(network: Vgg, vgg19_weights: Weights) -> None:
    fast = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16)
    exact = WholeObjective(network, CONTENT, everywhere(STYLE), settings())
    quick = WholeObjective(
        fast, CONTENT, everywhere(STYLE), settings(), Matching(choices=exact.choices)
    )
    one, other = (objective.evaluate(IMAGE) for objective in (exact, quick))
    assert other.loss == pytest.approx(one.loss, rel=0.02)
    assert other.gradient.dtype == torch.float32
