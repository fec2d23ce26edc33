"""What picture is matched: the photograph, and what the coarser scale has made of it."""

from __future__ import annotations

import torch

from nst_core.neighbors.query import query
from nst_core.pictures.picture import resize
from tests.helpers.photographs import COFFEE, photograph, tensor

CONTENT = tensor(photograph(COFFEE, 32, 24))


def test_at_the_coarsest_scale_it_is_the_photograph() -> None:
    assert torch.equal(query(CONTENT, None, 0.75), CONTENT)


def test_beside_the_photograph_it_is_the_picture_so_far() -> None:
    grey, black = torch.full((1, 3, 24, 32), 0.8), torch.zeros(1, 3, 24, 32)
    torch.testing.assert_close(query(grey, black, 0.75), torch.full((1, 3, 24, 32), 0.6))


def test_all_of_the_photographs_finest_detail_is_in_it() -> None:
    """Lines one pixel wide are gone in half the size; a picture without them gets them back."""
    lines = torch.tensor([0.0, 1.0]).repeat(16).expand(1, 3, 24, 32)
    found = query(lines, torch.full((1, 3, 24, 32), 0.5), 0.75)
    inside = found[..., 4:-4] - found[..., 4:-4].roll(1, dims=3)
    assert inside[..., 1:].abs().min() > 0.95


def test_a_picture_so_far_that_is_the_photograph_without_detail_changes_nothing() -> None:
    coarser = resize(resize(CONTENT, 16, 12), 32, 24)
    torch.testing.assert_close(query(CONTENT, coarser, 0.75), CONTENT)
