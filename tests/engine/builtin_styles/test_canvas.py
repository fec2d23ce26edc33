"""nst_core.builtin_styles.canvas: strokes cover what their shapes should, at any size."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.builtin_styles.arrays import Field
from nst_core.builtin_styles.brushes import bristles, nib
from nst_core.builtin_styles.canvas import Canvas, coverage
from nst_core.builtin_styles.strokes import Brush, Strokes, followed

RNG = np.random.default_rng
# A brush that covers its whole shape with an even relief.
BLOCK = Brush(np.ones(8, np.float32), *np.ones((3, 1, 8, 8), np.float32))


def strokes(*rows: tuple[float, ...], **more: object) -> Strokes:
    """Strokes, each with x, y, angle, length and width."""
    columns = np.array(rows, np.float32).T
    return Strokes.of(*columns, **more)  # type: ignore[arg-type]


def painted(some: Strokes, pixels: int = 100, brush: Brush = BLOCK) -> Field:
    canvas = Canvas(pixels, 0.0)
    canvas.paint(some, brush, RNG(0))
    return canvas.rgb[..., 0]


@pytest.mark.parametrize("pixels", [50, 100, 333])
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.5])
def test_a_stroke_covers_its_length_times_its_width(pixels: int, angle: float) -> None:
    covered = painted(strokes((0.5, 0.5, angle, 0.6, 0.08), colour=1.0), pixels)
    assert covered.sum() / pixels**2 == pytest.approx(0.6 * 0.08, rel=0.01)


def test_a_line_thinner_than_a_pixel_is_paler_and_not_wider() -> None:
    covered = painted(strokes((0.5, 0.505, 0.0, 0.6, 0.003), colour=1.0))
    assert covered[50, 30:70] == pytest.approx(np.full(40, 0.3), abs=1e-4)
    assert covered[[48, 49, 51, 52]].max() == 0


def test_it_lies_where_it_should_and_its_edges_are_soft() -> None:
    covered = painted(strokes((0.3, 0.6, 0.0, 0.2, 0.05), colour=1.0))
    rows, columns = np.nonzero(covered > 1e-3)
    assert (columns.min(), columns.max()) == (20, 39)
    assert (rows.min(), rows.max()) == (57, 62)
    np.testing.assert_allclose(covered[57:63, 30], [0.5, 1, 1, 1, 1, 0.5], atol=1e-4)


def test_a_bent_stroke_turns_from_x_to_y() -> None:
    covered = painted(strokes((0.5, 0.5, 0.0, 0.6, 0.02), colour=1.0, bend=2.0))
    middle, end = (covered[:, column].argmax() for column in (50, 75))
    # By hand: 2 / 2 * 0.25^2 sides further down.
    assert end - middle == pytest.approx(6.25, abs=1)


def test_later_strokes_lie_on_top_of_earlier_ones() -> None:
    two = strokes((0.5, 0.5, 0.0, 0.6, 0.1), (0.5, 0.5, 1.57, 0.6, 0.1))
    assert painted(
        Strokes(**{**vars(two), "colour": np.array([[0.2] * 3, [0.9] * 3], np.float32)})
    )[50, 50] == pytest.approx(0.9)


def test_strokes_beyond_the_edges_are_cut_off() -> None:
    half = painted(strokes((0.0, 0.5, 0.0, 0.6, 0.1), colour=1.0))
    assert half.sum() / 100**2 == pytest.approx(0.03, rel=0.01)
    assert painted(strokes((-2.0, 3.0, 0.0, 0.6, 0.1), colour=1.0)).sum() == 0


def test_opacity_and_load_thin_the_paint() -> None:
    thin = painted(strokes((0.5, 0.5, 0.0, 0.6, 0.1), colour=1.0, opacity=0.25))
    assert thin[50, 50] == pytest.approx(0.25)
    full, broken = (
        painted(strokes((0.5, 0.5, 0.0, 0.6, 0.1), colour=1.0), brush=bristles(RNG(1), dryness))
        for dryness in (0.0, 1.0)
    )
    assert broken.sum() < 0.9 * full.sum()


def test_pieces_of_a_line_leave_no_trace_of_where_they_meet() -> None:
    x = np.arange(0.2, 0.8, 0.004, dtype=np.float32)
    pieces = Strokes.of(x, np.full_like(x, 0.505), 0.0, 0.0056, 0.006)
    covered = coverage(100, pieces, nib(RNG(0), steady=True), RNG(0))
    np.testing.assert_allclose(covered[50, 25:75], 0.6, atol=1e-3)


def test_light_from_the_upper_left_falls_on_a_ridge() -> None:
    canvas = Canvas(100, 0.5)
    canvas.paint(strokes((0.5, 0.5, 0.0, 0.4, 0.2), colour=0.5), BLOCK, RNG(0), thickness=0.1)
    lit = canvas.lit(1.0)[..., 0]
    assert lit[40, 50] > 0.55 > 0.5 == lit[50, 50] > 0.45 > lit[60, 50]


def test_strokes_follow_a_flow() -> None:
    def around(x: Field, y: Field) -> Field:
        angle: Field = np.arctan2(x - 0.5, 0.5 - y)
        return angle

    angle, bend = followed(
        around, np.array([0.5, 0.9], np.float32), np.array([0.3, 0.5], np.float32), 0.1
    )
    # Clockwise on circles of radius 0.2 and 0.4 around the middle.
    np.testing.assert_allclose(angle, [0, np.pi / 2], atol=1e-6)
    np.testing.assert_allclose(bend, [1 / 0.2, 1 / 0.4], rtol=0.05)
