"""nst_core.masks.sharing: where a picture is painted; its regions are tested in scales."""

from __future__ import annotations

import numpy as np

from nst_core.masks.sharing import painted_mask
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

SIZE = (64, 48)
CONTENT = photograph(COFFEE, *SIZE)
TISSUES, CATS = photograph(TISSUE, 40, 40), photograph(CAT, 60, 40)
LEFT = np.zeros((48, 64), np.float32)
LEFT[:, :32] = 1
UPPER: Array = np.flipud(np.tri(48, 64, 16, dtype=np.float32))


def painted(inputs: Inputs) -> Array:
    mask = painted_mask(inputs, SIZE)
    assert mask is not None
    found: Array = mask[0, 0].numpy()
    return found


def test_nothing_is_painted_where_there_is_no_style() -> None:
    masked = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)])
    np.testing.assert_array_equal(painted(masked), LEFT)
    both = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)], mask=UPPER)
    np.testing.assert_array_equal(painted(both), LEFT * UPPER)
    everywhere = Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS)])
    assert painted_mask(everywhere, SIZE) is None


def test_a_mask_of_a_different_size_is_stretched_with_soft_edges() -> None:
    small = np.array([[0, 0, 1, 1]], np.float32)
    mask = painted(Inputs(CONTENT, [Style(TISSUES)], mask=small))
    assert mask.shape == (48, 64)
    assert mask[:, :20].max() < 0.1
    assert mask[:, -20:].min() > 0.9
    assert np.all(np.diff(mask[0, 24:40]) > 0)
