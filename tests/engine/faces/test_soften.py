"""nst_core.faces.soften: faces lower the strength, softly, and nothing else does."""

from __future__ import annotations

import numpy as np

from nst_core.faces.detection import Face
from nst_core.faces.soften import STRENGTH, soften, softened
from nst_core.pictures.inputs import Inputs, Style
from tests.helpers.photographs import COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), Style(photograph(TISSUE, 32, 32))
# In a mask of 100 x 100, its middle is at 40, 50.
FACE = Face(0.3, 0.4, 0.2, 0.2)


def test_a_face_is_painted_less_and_far_from_it_all_is_painted_in_full() -> None:
    mask = softened([FACE], (100, 100))
    assert mask.shape == (100, 100)
    inside = mask[42:58, 35:45]
    np.testing.assert_array_equal(inside, np.float32(STRENGTH))
    assert mask.min() == np.float32(STRENGTH)
    assert (mask[:, 70:] == 1).all()
    assert (mask[:20] == 1).all()


def test_the_strength_rises_steadily_from_a_face_outwards() -> None:
    outwards = softened([FACE], (100, 100))[50, 40:]
    steps = np.diff(outwards)
    assert (steps >= 0).all()
    # The steepest of a cubic's steps is half as large again as those of a straight line, which
    # rises over half a width: here 10 pixels.
    assert steps.max() < 1.5 * (1 - STRENGTH) / 10 + 1e-6


def test_the_ellipse_is_the_faces_in_a_picture_of_any_shape() -> None:
    tall, wide = softened([FACE], (50, 200)), softened([FACE], (200, 50))
    for mask, step in ((tall, (4, 1)), (wide, (1, 4))):
        assert mask[50 * step[0] // 2, 40 * step[1] // 2] == np.float32(STRENGTH)


def test_faces_close_together_count_once() -> None:
    twice = softened([FACE, FACE, FACE._replace(x=0.35)], (100, 100))
    assert twice.min() == np.float32(STRENGTH)


def test_without_faces_nothing_changes() -> None:
    inputs = Inputs(CONTENT, [STYLE])
    assert soften(inputs, []) is inputs


def test_a_strength_mask_of_ones_own_is_multiplied() -> None:
    own = np.tile(np.linspace(0, 1, 80, dtype=np.float32), (60, 1))
    found = soften(Inputs(CONTENT, [STYLE], strength_mask=own), [FACE]).strength_mask
    np.testing.assert_array_equal(found, own * softened([FACE], (80, 60)))


def test_without_one_the_mask_has_the_contents_shape() -> None:
    found = soften(Inputs(CONTENT, [STYLE]), [FACE]).strength_mask
    np.testing.assert_array_equal(found, softened([FACE], (64, 48)))
    large = soften(Inputs(photograph(COFFEE, 2048, 1536), [STYLE]), [FACE]).strength_mask
    assert large is not None
    assert large.shape == (384, 512)
