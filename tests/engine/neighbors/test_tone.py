"""nst_core.neighbors.tone: the light and colour around each place, which choices keep."""

from __future__ import annotations

import math

import pytest
import torch

from nst_core.neighbors.tone import tone_weight, tones


def test_a_places_tone_is_the_mean_of_twenty_five_places() -> None:
    """Worked out by hand: a white place among black ones is a twenty-fifth of what is around."""
    image = torch.zeros(1, 3, 4 * 9, 4 * 9)
    image[..., 16:20, 16:20] = 1
    found = tones(image)
    expected = torch.zeros(9, 9)
    expected[2:7, 2:7] = 1 / 25
    assert found.shape == (1, 3, 9, 9)
    assert torch.allclose(found, expected.expand(1, 3, 9, 9), atol=1e-7)


def test_single_strokes_do_not_count() -> None:
    lines = torch.zeros(1, 3, 48, 48)
    lines[..., ::2, :] = 1
    assert torch.allclose(tones(lines), torch.tensor(0.5))


def test_edges_go_on_as_they_are_and_what_fills_no_place_is_left_out() -> None:
    color = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1)
    image = color.expand(1, 3, 23, 18).clone()
    image[..., 20:, :] = 1
    image[..., 16:] = 1
    assert torch.allclose(tones(image), color.expand(1, 3, 5, 4))


def test_the_tone_counts_two_thirds_of_what_all_layers_count() -> None:
    assert tone_weight([3.0, 4.0]) == pytest.approx(2 / 3 * 5)
    assert tone_weight([0.4, 0.4 * math.sqrt(3)]) == pytest.approx(2 / 3 * 0.8)
