"""nst_core.blocks.scale_in_blocks: the aims of blocks are those of the whole picture."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nst_contract.platforms import machine
from nst_contract.settings import FULLY_PAINTED, Settings
from nst_core.blocks import scale_in_blocks
from nst_core.blocks.layout import blocks_of
from nst_core.blocks.scale_in_blocks import Prices, ScaleInBlocks
from nst_core.colors.recolor import recolor_regions
from nst_core.distributed.group_interface import SingleProcess
from nst_core.masks.regions import Region, StyleImage, everywhere
from nst_core.neighbors import coherence, tone
from nst_core.neighbors.matching import Matcher
from nst_core.neighbors.strength import strength_of
from nst_core.neighbors.tone import tones
from nst_core.networks.vgg import Vgg
from nst_core.objective.neighbor_aims import colored_part
from nst_core.objective.neighbor_term import Matching
from nst_core.objective.whole import WholeObjective
from nst_core.scales.scale_inputs import ScaleInputs
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor

# Whole parts of the sample, so that it has all places.
WIDTH, HEIGHT = 192, 128
CONTENT = tensor(photograph(COFFEE, WIDTH, HEIGHT))
SO_FAR = tensor(photograph(CAT, WIDTH, HEIGHT))
# As large, so that the photograph counts as it does in a whole picture.
STYLE = tensor(photograph(TISSUE, 192, 128))
LEFT = torch.zeros(1, 1, HEIGHT, WIDTH)
LEFT[..., :100] = 1
LEFT[..., 100:104] = 0.5


def settings(**values: Any) -> Settings:
    # What a block has no part in: the share of the Gram loss.
    return Settings.from_dict({"style_loss": "neighbors", "gram_share": 0.0, **values})


@pytest.fixture(autouse=True)
def each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places hang together across the edge of what is looked at too, which a block cannot see."""
    monkeypatch.setattr(coherence, "COHERENCE", 0.0)


@pytest.fixture
def by_the_network_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only blocks choose places by their tone as well."""
    monkeypatch.setattr(tone, "_PART", 0.0)


REGIONS = {
    "one style": everywhere(STYLE),
    "two regions": [
        Region([StyleImage(STYLE)], LEFT, float(LEFT.mean())),
        Region([StyleImage(STYLE.flip(3))], 1 - LEFT, float((1 - LEFT).mean())),
    ],
}
STRENGTH = torch.linspace(0, 1, WIDTH).expand(1, 1, HEIGHT, WIDTH)
WAYS: dict[str, tuple[dict[str, Any], Tensor | None]] = {
    "fully painted": ({"strength": 0.7, "protect": "nothing"}, None),
    "less where there is something to see": ({}, None),
    "as a strength mask says": ({"strength": 0.6}, STRENGTH),
}


def in_blocks(
    network: Vgg, regions: list[Region], made: Settings, strength: Tensor | None
) -> ScaleInBlocks:
    inputs = ScaleInputs(CONTENT, regions, None, strength)
    return ScaleInBlocks(network, inputs, made, made.style_layer_weights, SO_FAR)


def whole(
    network: Vgg, regions: list[Region], made: Settings, strength: Tensor | None
) -> WholeObjective:
    return WholeObjective(network, CONTENT, regions, made, Matching(SO_FAR), strength)


@pytest.mark.usefixtures("by_the_network_alone")
@pytest.mark.parametrize("regions", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_block_as_large_as_the_picture_has_the_pictures_objective(
    network: Vgg, regions: list[Region], way: tuple[dict[str, Any], Tensor | None]
) -> None:
    """All places are in the sample then, so that the prices are the same too."""
    values, strength = way
    made = settings(**values)
    (block,) = blocks_of((WIDTH, HEIGHT), (192, 192))
    objective = in_blocks(network, regions, made, strength).prepared(block, SO_FAR).objective
    found = objective.evaluate(CONTENT)
    expected = whole(network, regions, made, strength).evaluate(CONTENT)
    # The sample has the same places in another order, and sums are rounded otherwise: a place that
    # likes two others alike, of 1,536, may choose the other one.
    assert found.loss == pytest.approx(expected.content, rel=1e-3)
    # The Gram loss's share is 0, so all of the gradient is the places'.
    difference = (found.gradient - expected.gradient).norm() / expected.gradient.norm()
    assert difference < 0.1


@pytest.mark.usefixtures("by_the_network_alone")
def test_what_is_transparent_counts_as_little_as_in_the_whole_picture(network: Vgg) -> None:
    """What stands out does so from what is visible; it is painted less."""
    made = settings()
    content = torch.lerp(torch.full_like(CONTENT, 0.5), CONTENT, LEFT)
    regions = [Region([StyleImage(STYLE)], LEFT, float(LEFT.mean()))]
    inputs = ScaleInputs(content, regions, None, visible=LEFT)
    scale = ScaleInBlocks(network, inputs, made, made.style_layer_weights, SO_FAR)
    (block,) = blocks_of((WIDTH, HEIGHT), (192, 192))
    found = scale.prepared(block, SO_FAR).objective.evaluate(content).loss
    matching = Matching(SO_FAR)
    expected = WholeObjective(network, content, regions, made, matching, visible=LEFT)
    # As above.
    assert found == pytest.approx(expected.evaluate(content).content, rel=1e-3)


@pytest.mark.usefixtures("by_the_network_alone")
def test_the_gradient_of_a_blocks_own_pixels_is_the_whole_pictures(network: Vgg) -> None:
    """But for the mean, which is over the places of the window and not of the picture.

    In shallow layers, as fine scales compare them: a deep one sees beyond the margin.
    """
    made = settings(style_layers="relu1_1,relu2_1")
    blocks = blocks_of((WIDTH, HEIGHT), (96, 96))
    scale = in_blocks(network, REGIONS["one style"], made, None)
    expected = whole(network, REGIONS["one style"], made, None).evaluate(SO_FAR).gradient
    places = WIDTH * HEIGHT / 16
    for block in blocks:
        objective = scale.prepared(block, SO_FAR).objective
        rows, columns = block.window
        gradient = objective.evaluate(SO_FAR[..., rows, columns]).gradient
        counted = float(block.seen(16).sum()) / 16
        own = block.tile.own_of_tile(gradient, 1) * counted / places
        there = block.tile.own_of_picture(expected, 1)
        # As above. Without the margin's places it would be half of it.
        assert (own - there).norm() / there.norm() < 0.1


@pytest.mark.parametrize(
    ("side", "values", "part"),
    [
        (WIDTH, {}, 1.0),
        (2 * WIDTH, {}, 1.0),
        (WIDTH // 2, {}, 0.5),
        # Strokes half as large were asked for: the painting is as large as it should be.
        (WIDTH // 2, {"style_scale": 0.5}, 1.0),
    ],
)
def test_what_is_painted_counts_more_where_the_painting_is_too_small(
    network: Vgg, side: int, values: dict[str, float], part: float
) -> None:
    """Its strokes would be finer there than those of the coarser scales."""
    style = everywhere(tensor(photograph(TISSUE, side, side // 2)))
    made = settings(**values)
    found = in_blocks(network, style, made, None).photograph_part
    assert found == pytest.approx(part * strength_of(made).photograph)


def test_a_block_in_which_nothing_is_to_be_painted_is_known(network: Vgg) -> None:
    regions = [Region([StyleImage(STYLE)], LEFT, float(LEFT.mean()))]
    blocks = blocks_of((WIDTH, HEIGHT), (64, 64))
    scale = in_blocks(network, regions, settings(), None)
    painted = {block.tile.columns.inner[0] for block in blocks if scale.is_painted(block)}
    assert painted == {0, 64}


def test_prices_of_an_interrupted_run_are_taken_as_they_are(network: Vgg) -> None:
    made, inputs = settings(), ScaleInputs(CONTENT, REGIONS["one style"], None)
    first = in_blocks(network, REGIONS["one style"], made, None)
    found = first.prices
    again = ScaleInBlocks(network, inputs, made, made.style_layer_weights, CONTENT, found)
    assert torch.equal(again.prices[0].prices, found[0].prices)
    (block,) = blocks_of((WIDTH, HEIGHT), (192, 192))
    one, other = (scale.prepared(block, SO_FAR).objective for scale in (first, again))
    assert torch.equal(one.evaluate(SO_FAR).gradient, other.evaluate(SO_FAR).gradient)
    others = Prices(found[0].mean, found[0].prices.flip(0))
    changed = ScaleInBlocks(network, inputs, made, made.style_layer_weights, CONTENT, [others])
    objective = changed.prepared(block, SO_FAR).objective
    assert not torch.equal(one.evaluate(SO_FAR).gradient, objective.evaluate(SO_FAR).gradient)


class Leader(SingleProcess):
    """The leader of two processes on a machine, or of two machines."""

    size = 2


@pytest.mark.parametrize("size_here", [1, 2])
def test_prices_are_found_with_the_threads_of_those_who_wait_for_them(
    network: Vgg, monkeypatch: pytest.MonkeyPatch, size_here: int
) -> None:
    # As if the other process had looked at its share.
    monkeypatch.setattr(
        scale_in_blocks, "looked_at", lambda tiles, _picture, look, _group: list(map(look, tiles))
    )
    monkeypatch.setattr(machine, "cores", lambda: 2)
    threads: list[int] = []
    priced = Matcher.priced

    def counted(*args: Any, **more: Any) -> Matcher:
        threads.append(torch.get_num_threads())
        return priced(*args, **more)

    monkeypatch.setattr(Matcher, "priced", counted)
    inputs, made = ScaleInputs(CONTENT, REGIONS["one style"], None), settings()
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ScaleInBlocks(
            network, inputs, made, made.style_layer_weights, SO_FAR, group=Leader(size_here)
        )
        assert threads == [size_here]
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(usual)


def test_final_colors_are_those_of_the_whole_picture(network: Vgg) -> None:
    made = settings(strength=0.6)
    scale = in_blocks(network, REGIONS["two regions"], made, STRENGTH)
    found = scale.in_final_colors(SO_FAR.clone())
    colored = colored_part(STRENGTH, made)
    expected = torch.lerp(SO_FAR, recolor_regions(SO_FAR, REGIONS["two regions"]), colored)
    assert torch.allclose(found, expected, atol=1e-6)


def start_of(
    network: Vgg,
    regions: list[Region],
    strength: Tensor | None = None,
    content: Tensor = CONTENT,
    so_far: Tensor = SO_FAR,
    **values: Any,
) -> Tensor:
    """Returns what a block as large as the picture starts from, where all is painted fully."""
    wholly = {"strength": FULLY_PAINTED, "protect": "nothing", "style_layers": "relu1_1,relu2_1"}
    made = settings(**{**wholly, **values})
    inputs = ScaleInputs(content, regions, None, strength)
    scale = ScaleInBlocks(network, inputs, made, made.style_layer_weights, so_far)
    (block,) = blocks_of((content.shape[3], content.shape[2]), (192, 192))
    return scale.prepared(block, so_far).start


def test_a_block_starts_from_what_is_put_together_of_its_regions_paintings(network: Vgg) -> None:
    red, blue = (STYLE * torch.eye(3)[channel].view(1, 3, 1, 1) for channel in (0, 2))
    regions = [
        Region([StyleImage(red)], LEFT, float(LEFT.mean())),
        Region([StyleImage(blue)], 1 - LEFT, float((1 - LEFT).mean())),
    ]
    start = start_of(network, regions)
    for part, channel in ((start[..., :100], 0), (start[..., 104:], 2)):
        others = [other for other in range(3) if other != channel]
        assert part[:, others].abs().max() < 1e-6
        assert part[:, channel].max() <= STYLE.max() + 1e-6
        assert part[:, channel].std() > 0.5 * STYLE[:, channel].std()


def test_where_a_region_ends_softly_its_painting_does_not(network: Vgg) -> None:
    """The photograph is put over the finished picture; nothing of what is so far shows through."""
    red = STYLE * torch.eye(3)[0].view(1, 3, 1, 1)
    start = start_of(network, [Region([StyleImage(red)], LEFT, float(LEFT.mean()))])
    assert start[:, 1:, :, 100:104].abs().max() < 1e-6


def test_what_fills_no_place_at_the_edge_of_a_picture_goes_on_as_its_places_do(
    network: Vgg,
) -> None:
    red = STYLE * torch.eye(3)[0].view(1, 3, 1, 1)
    content, so_far = (image[..., :126, :190].contiguous() for image in (CONTENT, SO_FAR))
    start = start_of(network, everywhere(red), content=content, so_far=so_far)
    assert start.shape == so_far.shape
    assert start[:, 1:].abs().max() < 1e-6


def test_a_block_starts_from_the_picture_so_far_where_there_is_no_style(network: Vgg) -> None:
    start = start_of(network, [Region([StyleImage(STYLE)], LEFT, float(LEFT.mean()))])
    assert torch.allclose(start[..., 104:], SO_FAR[..., 104:], atol=1e-6)
    assert not torch.allclose(start[..., :100], SO_FAR[..., :100], atol=0.1)


def test_a_block_starts_from_the_photograph_where_nothing_is_painted(network: Vgg) -> None:
    start = start_of(network, everywhere(STYLE), LEFT)
    assert torch.allclose(start[..., 104:], CONTENT[..., 104:], atol=1e-6)
    assert not torch.allclose(start[..., :100], CONTENT[..., :100], atol=0.1)


def test_places_are_chosen_that_have_the_tone_of_what_they_are_chosen_for(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_colors = recolor_regions(CONTENT, everywhere(STYLE))

    def strayed() -> float:
        start = start_of(network, everywhere(STYLE), style_layers="relu4_1")
        return float((tones(start) - tones(in_colors)).square().mean())

    with_tone = strayed()
    monkeypatch.setattr(tone, "_PART", 0.0)
    assert with_tone < 0.8 * strayed()


def test_few_places_are_shown_again_nearby(network: Vgg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coherence, "COHERENCE", 0.1)
    (block,) = blocks_of((WIDTH, HEIGHT), (192, 192))

    def repeated() -> float:
        scale = in_blocks(network, REGIONS["one style"], settings(), None)
        with torch.no_grad():
            (choice,) = scale._choices(block, SO_FAR, [0])
        row, column = (
            at.flatten() for at in torch.meshgrid(*map(torch.arange, choice.shape), indexing="ij")
        )
        is_near = ((row - row[:, None]).abs() <= 8) & ((column - column[:, None]).abs() <= 8)
        is_same = choice.flatten() == choice.flatten()[:, None]
        return float((is_near & is_same).fill_diagonal_(False).any(dim=1).float().mean())

    found = repeated()
    monkeypatch.setattr(scale_in_blocks, "_NEARBY", 0)
    assert found < 0.5 * repeated()


def test_a_painting_is_put_together_in_the_orientation_in_which_it_was_chosen(
    network: Vgg,
) -> None:
    """What is wanted is the painting's mirror image, and that is one of its orientations."""
    mirrored = STYLE.flip(3)
    start = start_of(
        network, everywhere(STYLE), content=mirrored, so_far=mirrored,
        balance=0.0, orientations="mirrored",
    )  # fmt: skip
    assert (start - mirrored).abs().mean() < 0.001
