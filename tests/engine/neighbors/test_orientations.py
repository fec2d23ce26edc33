"""Turned and mirrored copies of a painting are there to choose from as well."""

from __future__ import annotations

import pytest
import torch

from nst_contract.settings import SPECS, Settings
from nst_core.masks.regions import Region, StyleImage, everywhere
from nst_core.neighbors.orientations import ORIENTATIONS
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import WholeObjective
from tests.helpers.photographs import CAT, photograph, tensor

STYLE = tensor(photograph(CAT, 48, 32))
CORNERS = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[None, None]


def test_every_value_of_the_setting_has_its_orientations() -> None:
    assert set(ORIENTATIONS) == set(SPECS["orientations"].choices)
    assert [len(orientations) for orientations in ORIENTATIONS.values()] == [1, 4, 8]


def test_upright_is_the_painting_as_it_is() -> None:
    (upright,) = ORIENTATIONS["upright"]
    assert torch.equal(upright.of(STYLE), STYLE)


def test_turned_and_mirrored_are_all_eight_there_are() -> None:
    seen = {tuple(o.of(CORNERS).flatten().tolist()) for o in ORIENTATIONS["mirrored"]}
    turned = [tuple(o.of(CORNERS).flatten().tolist()) for o in ORIENTATIONS["turned"]]
    assert turned == [(1, 2, 3, 4), (2, 4, 1, 3), (4, 3, 2, 1), (3, 1, 4, 2)]
    assert len(seen) == 8
    assert (2, 1, 4, 3) in seen


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photograph_that_is_the_painting_turned_finds_itself(quarters: int, network: Vgg) -> None:
    content = torch.rot90(STYLE, quarters, (2, 3)).contiguous()
    settings = Settings(orientations="turned", balance=0.0)
    objective = WholeObjective(network, content, everywhere(STYLE), settings)
    (choice,) = objective.choices
    # Copies lie one after another, each with as many places.
    places = 12 * 8
    expected = torch.arange(quarters * places, (quarters + 1) * places)
    assert (choice == expected).float().mean() > 0.9
    upright = WholeObjective(network, content, everywhere(STYLE), Settings(balance=0.0))
    assert int(upright.choices[0].max()) < places


def test_what_is_transparent_is_not_chosen_however_it_is_turned(network: Vgg) -> None:
    visible = torch.ones(1, 1, 32, 48)
    visible[..., :24] = 0
    content = tensor(photograph(CAT, 64, 48)).flip(1)
    region = Region([StyleImage(STYLE, visible)])
    settings = Settings(orientations="mirrored")
    (choice,) = WholeObjective(network, content, [region], settings).choices
    assert len({int(place) // 96 for place in choice}) > 1
    # In the copy that is turned by 180 degrees, the third, the left half is visible.
    third = choice[(choice >= 2 * 96) & (choice < 3 * 96)] % 96
    assert bool((third % 12 < 6).all())
