"""nst_core.run.small_picture: a large picture in small, part by part."""

from __future__ import annotations

import pytest
import torch

from nst_core.pictures.picture import resize
from nst_core.run import small_picture
from nst_core.run.small_picture import SmallPicture
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor


@pytest.fixture(autouse=True)
def small_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture is shown with a longer side."""
    monkeypatch.setattr(small_picture, "LONG_SIDE", 64)


def test_after_all_parts_were_shown_it_is_the_picture_in_small() -> None:
    before, after = (tensor(photograph(name, 150, 90)) for name in (COFFEE, CAT))
    small = SmallPicture(before)
    assert small.image.shape == (1, 3, 30, 50)
    for top in range(0, 90, 37):
        for left in range(0, 150, 41):
            small.update(after[..., top : top + 50, left : left + 50], top, left)
    # Where parts meet, each was resampled without what is beyond it.
    assert (small.image - resize(after, 50, 30)).abs().mean() < 0.01


def test_a_part_that_is_smaller_than_a_pixel_of_it_changes_nothing() -> None:
    picture = tensor(photograph(COFFEE, 150, 90))
    small = SmallPicture(picture)
    before = small.image.clone()
    small.update(picture[..., 4:6, 4:6].clone().zero_(), 4, 4)
    assert torch.equal(small.image, before)


def test_a_small_picture_is_a_copy_of_its_own() -> None:
    picture = tensor(photograph(COFFEE, 60, 40))
    small = SmallPicture(picture)
    small.update(torch.zeros(1, 3, 10, 10), 5, 7)
    assert torch.equal(small.image[..., 5:15, 7:17], torch.zeros(1, 3, 10, 10))
    assert picture[..., 5:15, 7:17].any()
