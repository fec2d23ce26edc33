"""nst_core.objective.sight: what is seen at one look is what two would see."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor

from nst_core.masks.regions import StyleImage
from nst_core.networks.vgg import Vgg
from nst_core.objective.sight import Sight
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor

SEEN, MEASURED = ("relu2_1", "relu3_1"), ("relu3_1",)
HALF = torch.ones(1, 1, 32, 48)
HALF[..., :20] = 0


class Counted:
    """A network that counts at how many pictures it looks."""

    def __init__(self, network: Vgg) -> None:
        self._network = network
        self.dtype = network.dtype
        self.looks = 0

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        self.looks += 1
        return self._network.features(image, layers)


@pytest.fixture
def counted(network: Vgg) -> Counted:
    return Counted(network)


@pytest.fixture
def sight(counted: Counted) -> Sight:
    return Sight(counted, SEEN, MEASURED)  # type: ignore[arg-type]


@pytest.mark.parametrize("visible", [None, HALF], ids=["all of it", "a part of it"])
def test_what_is_measured_at_the_look_for_places_is_what_a_look_of_its_own_measures(
    sight: Sight, counted: Counted, visible: Tensor | None
) -> None:
    image = tensor(photograph(CAT, 48, 32))
    painting, same = StyleImage(image, visible), StyleImage(image, visible)
    sight.will_measure([painting])
    places = sight.look(image)
    found = sight.measure(painting)
    assert counted.looks == 1
    expected = sight.measure(same)
    assert counted.looks == 2
    assert list(places) == list(SEEN)
    assert list(found) == list(expected) == list(MEASURED)
    assert torch.equal(found["relu3_1"].gram, expected["relu3_1"].gram)
    assert torch.equal(found["relu3_1"].mean, expected["relu3_1"].mean)


def test_a_picture_seen_through_several_masks_is_looked_at_once(
    sight: Sight, counted: Counted
) -> None:
    image = tensor(photograph(COFFEE, 48, 32))
    left, right = StyleImage(image, 1 - HALF), StyleImage(image, HALF)
    sight.will_measure([left, right])
    sight.look(image)
    grams = [sight.measure(part)["relu3_1"].gram for part in (left, right)]
    assert counted.looks == 1
    assert not torch.equal(*grams)
