"""What stands out in a picture, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst_core.neighbors.subject import subject


def test_the_rarest_place_is_the_subject_and_the_commonest_is_not() -> None:
    """Three kinds of places at right angles about their mean, in numbers of 8, 4 and 1."""
    kinds = torch.eye(3)[[0] * 8 + [1] * 4 + [2]]
    maps = kinds.T.view(1, 3, 1, 13)
    found = subject(maps, 1, 13).flatten()
    apart = kinds.double().numpy() - kinds.double().numpy().mean(axis=0)
    ways = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    common = np.log(np.exp(ways @ ways.T / 0.3).sum(axis=1))
    rarity = (common.max() - common) / (common.max() - common.min())
    np.testing.assert_allclose(found.numpy(), rarity**3, atol=1e-5)
    assert found[12] == pytest.approx(1)
    assert found[0] == 0
    assert 0 < found[8] < found[12]


def test_places_count_by_how_visible_they_are() -> None:
    """Of the third kind most are hidden, so it is the rarest still."""
    kinds = torch.eye(3)[[0] * 8 + [1] * 4 + [2] * 41]
    counts = torch.cat([torch.ones(12), torch.tensor([0.5]), torch.zeros(40)])
    found = subject(kinds.T.view(1, 3, 1, 53), 1, 53, counts.view(1, 1, 1, 53)).flatten()
    places, counted = kinds[:13].double().numpy(), counts[:13].double().numpy()
    apart = places - counted @ places / counted.sum()
    ways = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    common = np.log(np.exp(ways @ ways.T / 0.3) @ counted)
    rarity = (common.max() - common) / (common.max() - common.min())
    np.testing.assert_allclose(found[:13].numpy(), rarity**3, atol=1e-5)
    assert found[12] == pytest.approx(1)
    assert not found[13:].any()


def test_it_says_so_of_as_many_places_as_are_asked_for() -> None:
    maps = torch.zeros(1, 2, 4, 6)
    maps[..., 1:3, 2:4] = 1
    found = subject(maps, 8, 12)
    assert found.shape == (1, 1, 8, 12)
    assert found[0, 0, 3, 5] == pytest.approx(1)
    assert found[0, 0, 0, 0] == 0


def test_where_all_places_are_alike_nothing_stands_out() -> None:
    assert not subject(torch.full((1, 5, 4, 4), 0.3), 4, 4).any()
