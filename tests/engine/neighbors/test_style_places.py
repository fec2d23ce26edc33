"""What a picture may choose from: the places of its paintings."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.neighbors.columns import on_grid
from nst_core.neighbors.style_places import PaintingPlaces, even_usage, gathered


def painting(
    *places: tuple[float, float], visible: Tensor | None = None, weight: float = 1.0
) -> PaintingPlaces:
    """Returns a row of places, each with one value of relu3_1 and one, twice, of relu1_1."""
    deep, shallow = zip(*places, strict=True)
    height, width = 4, 4 * len(places)
    features = {
        "relu3_1": torch.tensor(deep).reshape(1, 1, 1, -1),
        "relu1_1": torch.tensor(shallow).repeat_interleave(4).expand(1, 2, height, width),
    }
    maps = {layer: on_grid(found, layer, height, width) for layer, found in features.items()}
    return PaintingPlaces(maps, even_usage(height, width, visible, weight))


ALIKE = {"relu3_1": 1.0, "relu1_1": 1.0}


def test_layers_are_divided_by_their_mean_norm() -> None:
    found = gathered([painting((2.0, 30.0), (4.0, 50.0))], ALIKE)
    # Means 3 and 40 x root of 2
    assert found.factors == pytest.approx({"relu3_1": 1 / 3, "relu1_1": 1 / (40 * 2**0.5)})
    half = 0.5**0.5
    torch.testing.assert_close(found.mean, torch.tensor([1.0, half, half]))
    # From the mean to either place: 1/3 in the one layer, a quarter in the other
    apart = torch.tensor([1 / 3, 0.25 * half, 0.25 * half])
    along = apart / apart.norm()
    torch.testing.assert_close(found.directions, torch.stack([-along, along]))


def test_a_layer_counts_by_its_weight() -> None:
    one, other = (
        gathered([painting((2.0, 3.0))], {"relu3_1": weight, "relu1_1": 1.0})
        for weight in (1.0, 1.7)
    )
    torch.testing.assert_close(other.mean[0], 1.7 * one.mean[0])
    torch.testing.assert_close(other.mean[1:], one.mean[1:])


def test_one_layer_alone_can_be_gathered() -> None:
    found = gathered([painting((2.0, 3.0), (6.0, 1.0))], {"relu3_1": 1.0})
    torch.testing.assert_close(found.mean, torch.tensor([1.0]))
    torch.testing.assert_close(found.directions, torch.tensor([[-1.0], [1.0]]))


def test_some_layers_see_the_same_places_as_if_there_were_no_others() -> None:
    paintings = [painting((2.0, 3.0), (6.0, 1.0), (5.0, 5.0))]
    both = gathered(paintings, {"relu3_1": 1.7, "relu1_1": 0.5})
    for layer, weight in (("relu3_1", 1.7), ("relu1_1", 0.5)):
        found, alone = both.in_layers([layer]), gathered(paintings, {layer: weight})
        torch.testing.assert_close(found.directions, alone.directions)
        torch.testing.assert_close(found.mean, alone.mean)
        assert (found.factors, found.channels) == (alone.factors, alone.channels)
    assert both.in_layers(["relu1_1", "relu3_1"]) is both


def test_a_dead_layer_does_no_harm() -> None:
    found = gathered([painting((0.0, 3.0), (0.0, 1.0))], ALIKE)
    assert found.directions.isfinite().all()


def test_places_of_a_painting_share_its_weight() -> None:
    paintings = [painting((1.0, 1.0), (1.0, 1.0), weight=3.0), painting((1.0, 1.0), weight=1.0)]
    assert gathered(paintings, ALIKE).desired.tolist() == [3 / 8, 3 / 8, 1 / 4]


def test_the_mean_counts_places_as_they_are_desired() -> None:
    paintings = [painting((3.0, 1.0), weight=3.0), painting((7.0, 1.0), weight=1.0)]
    found = gathered(paintings, {"relu3_1": 1.0})
    # Divided by the mean norm, which is 4; so is the mean
    torch.testing.assert_close(found.mean, torch.tensor([1.0]))
    assert found.directions.tolist() == [[-1.0], [1.0]]


def test_it_is_known_where_each_painting_ends() -> None:
    found = gathered([painting((1.0, 1.0), (1.0, 1.0)), painting((1.0, 1.0))], ALIKE)
    assert found.shapes == [(1, 2), (1, 1)]


def test_transparent_parts_are_not_desired() -> None:
    visible = torch.zeros(1, 1, 4, 12)
    visible[..., :4] = 1
    visible[..., 2:, 4:8] = 0.5  # a quarter of the place
    found = gathered([painting((1.0, 1.0), (2.0, 1.0), (9.0, 1.0), visible=visible)], ALIKE)
    assert found.desired.tolist() == pytest.approx([0.8, 0.2, 0])
    # Nor do they count in the mean norm.
    assert found.factors["relu3_1"] == pytest.approx(1 / (0.8 * 1 + 0.2 * 2))


def test_a_painting_that_cannot_be_seen_leaves_the_picture_to_the_others() -> None:
    hidden = painting((5.0, 5.0), visible=torch.zeros(1, 1, 4, 4))
    assert gathered([hidden, painting((1.0, 1.0))], ALIKE).desired.tolist() == [0, 1]


def test_nothing_visible_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        gathered([painting((5.0, 5.0), visible=torch.zeros(1, 1, 4, 4))], ALIKE)
