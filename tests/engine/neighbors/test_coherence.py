"""Choices that hang together: neighbours continue the same part of a painting."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.neighbors import coherence
from nst_core.neighbors.coherence import Layout, made_coherent

CPU = torch.device("cpu")
# Two paintings, of 2 x 3 and of 2 x 2 places:
#     0 1 2     6 7
#     3 4 5     8 9
LAYOUT = Layout.of([(2, 3), (2, 2)], CPU)
ALL = torch.arange(10)


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [
        (0, 1, [1, 2, -1, 4, 5, -1, 7, -1, 9, -1]),
        (0, -1, [-1, 0, 1, -1, 3, 4, -1, 6, -1, 8]),
        (1, 0, [3, 4, 5, -1, -1, -1, 8, 9, -1, -1]),
        (-1, 1, [-1, -1, -1, 1, 2, -1, -1, -1, 7, -1]),
    ],
)
def test_what_is_beside_a_place_ends_with_its_painting(
    down: int, right: int, expected: list[int]
) -> None:
    assert LAYOUT.beside(ALL, down, right).tolist() == expected


def test_beside_no_place_is_none() -> None:
    assert LAYOUT.beside(torch.tensor([-1]), 0, 1).tolist() == [-1]


# A painting of 6 x 6 places, each unlike all others.
WHOLE = Layout.of([(6, 6)], CPU)
THEIRS = torch.eye(36)


def copied(rows: int, columns: int) -> Tensor:
    """Returns the choice that takes over the painting's upper left corner."""
    return torch.arange(36).view(6, 6)[:rows, :columns]


def test_a_place_that_hardly_prefers_another_goes_with_those_around_it() -> None:
    ours = THEIRS[copied(3, 3).flatten()].clone()
    broken = copied(3, 3).clone()
    broken[1, 1] = 35
    # Place 35 is more similar, but by less than it is worth that all eight agree.
    ours[4] = 0.9 * THEIRS[7] + (0.9 + 0.5 * coherence.COHERENCE) * THEIRS[35]
    assert torch.equal(made_coherent(broken, ours, THEIRS, torch.zeros(36), WHOLE), copied(3, 3))


def test_a_place_that_much_prefers_another_keeps_it() -> None:
    ours = THEIRS[copied(3, 3).flatten()].clone()
    broken = copied(3, 3).clone()
    broken[1, 1] = 35
    ours[4] = 0.5 * THEIRS[7] + (0.5 + 2 * coherence.COHERENCE) * THEIRS[35]
    assert torch.equal(made_coherent(broken, ours, THEIRS, torch.zeros(36), WHOLE), broken)


def test_prices_count_as_much_as_similarity() -> None:
    ours = THEIRS[copied(3, 3).flatten()].clone()
    broken = copied(3, 3).clone()
    broken[1, 1] = 35
    ours[4] = 0.5 * THEIRS[7] + (0.5 + 2 * coherence.COHERENCE) * THEIRS[35]
    prices = torch.zeros(36)
    prices[35] = 1.5 * coherence.COHERENCE
    assert torch.equal(made_coherent(broken, ours, THEIRS, prices, WHOLE), copied(3, 3))


def test_a_place_that_must_not_be_chosen_is_no_continuation() -> None:
    ours = THEIRS[copied(3, 3).flatten()].clone()
    around = copied(3, 3).clone()
    around[1, 1] = 35
    prices = torch.zeros(36)
    prices[7] = torch.inf
    assert made_coherent(around, ours, THEIRS, prices, WHOLE)[1, 1] != 7


def test_places_that_prefer_nothing_continue_what_is_around_them() -> None:
    piece = copied(4, 5)
    ours = THEIRS[piece.flatten()].clone().view(4, 5, -1)
    ours[1:3, 1:4] = 0
    with_hole = piece.clone()
    with_hole[1:3, 1:4] = 35
    found = made_coherent(with_hole, ours.flatten(end_dim=1), THEIRS, torch.zeros(36), WHOLE)
    assert torch.equal(found, piece)


def test_nothing_is_worse_than_before_and_the_choice_given_stays_as_it_is() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(120, 9, generator=generator), torch.randn(36, 9, generator=generator)
    ours, theirs = (torch.nn.functional.normalize(x, dim=1) for x in (ours, theirs))
    before = (ours @ theirs.T).argmax(dim=1).view(10, 12)
    kept = before.clone()
    after = made_coherent(before, ours, theirs, torch.zeros(36), WHOLE)
    assert torch.equal(before, kept)

    def worth(choice: Tensor) -> float:
        similar = (ours * theirs[choice.flatten()]).sum()
        continuing = coherence.continuations(choice, torch.arange(120), WHOLE)
        agreeing = (continuing == choice.flatten()).float().mean(dim=0).sum()
        return float(similar + coherence.COHERENCE * agreeing / 2)

    # Each agreement counts for both places of a pair, so that every move raises this sum.
    assert worth(after) > worth(before)


def shown_twice(preference: float) -> tuple[Tensor, Tensor]:
    """Returns a choice that shows place 7 once more, three places to the right of the first time,
    and the directions of its places. There, 10 would continue what is around it, and 7 is more
    similar by ``preference``."""
    choice = copied(3, 6).clone()
    ours = THEIRS[choice.flatten()].clone().view(3, 6, -1)
    choice[1, 4] = 7
    ours[1, 4] = 0.5 * THEIRS[10] + (0.5 + preference) * THEIRS[7]
    return choice, ours.flatten(end_dim=1)


# Less than what it is worth that all around agree, and that nothing is repeated, together.
A_LITTLE = coherence.COHERENCE + 0.5 * coherence.REPETITION


def test_a_place_is_not_shown_again_nearby_if_another_is_nearly_as_similar() -> None:
    choice, ours = shown_twice(A_LITTLE)
    found = made_coherent(choice, ours, THEIRS, torch.zeros(36), WHOLE, nearby=3)
    assert torch.equal(found, copied(3, 6))


@pytest.mark.parametrize("nearby", [0, 2])
def test_a_place_may_be_shown_again_further_away(nearby: int) -> None:
    choice, ours = shown_twice(A_LITTLE)
    found = made_coherent(choice, ours, THEIRS, torch.zeros(36), WHOLE, nearby=nearby)
    assert torch.equal(found, choice)


def test_a_place_is_shown_again_nearby_if_it_is_much_more_similar() -> None:
    choice, ours = shown_twice(coherence.COHERENCE + 1.5 * coherence.REPETITION)
    found = made_coherent(choice, ours, THEIRS, torch.zeros(36), WHOLE, nearby=3)
    assert torch.equal(found, choice)


def test_a_place_that_is_shown_many_times_costs_no_more_than_one_shown_twice() -> None:
    choice, ours = shown_twice(coherence.COHERENCE + 1.5 * coherence.REPETITION)
    # Two more places, to which 7 is by far the most similar.
    for row, column in ((0, 2), (2, 2)):
        choice[row, column] = 7
        ours.view(3, 6, -1)[row, column] = 2 * THEIRS[7]
    found = made_coherent(choice, ours, THEIRS, torch.zeros(36), WHOLE, nearby=3)
    assert torch.equal(found, choice)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 2), (12, 10)])
@pytest.mark.parametrize("nearby", [1, 3, 8])
def test_what_is_shown_nearby_is_what_a_plain_search_finds(
    shape: tuple[int, int], nearby: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    choice = torch.randint(0, 12, shape, generator=generator)
    places = torch.arange(choice.numel())
    candidates = torch.randint(0, 12, (3, len(places)), generator=generator)
    found = coherence._is_repeated(candidates, choice, places, nearby)
    reach = range(-nearby, nearby + 1)
    offsets = [(y, x) for y in reach for x in reach if y or x]
    # As accelerators look for them.
    shown = coherence._shown(choice, places, offsets)
    assert torch.equal(coherence._is_among(candidates, shown), found)
    for place in places.tolist():
        row, column = divmod(place, shape[1])
        around = {
            int(choice[y, x])
            for y in range(max(0, row - nearby), min(shape[0], row + nearby + 1))
            for x in range(max(0, column - nearby), min(shape[1], column + nearby + 1))
            if (y, x) != (row, column)
        }
        assert found[:, place].tolist() == [one in around for one in candidates[:, place].tolist()]
