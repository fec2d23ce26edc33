"""nst_core.builtin_styles.streamlines: evenly spaced lines that follow a flow."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.builtin_styles.arrays import Field
from nst_core.builtin_styles.streamlines import BEYOND, FlowField, cut, evenly_spaced, plan_grid

SEPARATION = 0.04


def woven(angle: Field, region: Field | None = None) -> list[Field]:
    where = np.zeros(angle.shape) if region is None else region
    plan = FlowField(angle.astype(np.float32), where.astype(np.int32))
    return evenly_spaced(plan, SEPARATION, 0.6, np.random.default_rng(3))


def circles() -> Field:
    x, y = np.broadcast_arrays(*plan_grid(300))
    return np.arctan2(x - 0.5, 0.5 - y)


CIRCLES = woven(circles())


def test_lines_follow_the_flow() -> None:
    for line in CIRCLES:
        radius = np.hypot(*(line - 0.5).T)
        if radius.mean() > 0.1:
            assert np.ptp(radius) < 0.2 * SEPARATION


def test_neighbours_keep_their_distance() -> None:
    for number, line in enumerate(CIRCLES):
        others = np.concatenate([other for i, other in enumerate(CIRCLES) if i != number])
        distances = np.hypot(*(line[:, None] - others[None]).T)
        assert distances.min() > 0.6 * SEPARATION


def test_there_is_a_line_near_every_place() -> None:
    points = np.concatenate(CIRCLES)
    places = np.random.default_rng(0).uniform(0, 1, (500, 2))
    nearest = np.hypot(*(places[:, None] - points[None]).T).min(axis=0)
    assert np.quantile(nearest, 0.98) < SEPARATION


def test_a_line_does_not_run_over_itself() -> None:
    for line in CIRCLES:
        apart = np.hypot(*(line[:, None] - line[None]).T)
        far = np.abs(np.subtract.outer(np.arange(len(line)), np.arange(len(line)))) > 4
        assert not (far & (apart < 0.6 * SEPARATION)).any()


def test_lines_end_where_the_region_changes_and_avoid_what_is_left_out() -> None:
    x, _ = np.broadcast_arrays(*plan_grid(300))
    region = np.where(x < 0.3, -1, np.where(x < 0.6, 0, 1))
    lines = woven(np.zeros((300, 300)), region)
    assert min(line[:, 0].min() for line in lines) > 0.29
    assert not any(line[:, 0].min() < 0.59 and line[:, 0].max() > 0.61 for line in lines)


def test_lines_stay_within_the_plan_and_are_not_too_long() -> None:
    for line in CIRCLES:
        assert np.abs(line - 0.5).max() <= 0.5 + BEYOND
        assert np.hypot(*np.diff(line, axis=0).T).sum() < 0.7


def test_pieces_of_a_line_lie_along_it() -> None:
    line = np.array([[0.1, 0.2], [0.1, 0.3], [0.1, 0.4]], np.float32)
    pieces = cut([line], finer=2)
    np.testing.assert_allclose(pieces.x, 0.1)
    np.testing.assert_allclose(pieces.y, [0.225, 0.275, 0.325, 0.375])
    np.testing.assert_allclose(pieces.angle, np.pi / 2)
    np.testing.assert_allclose(pieces.begun, [0.025, 0.075, 0.125, 0.175], rtol=1e-6)
    np.testing.assert_allclose(pieces.left, pieces.begun[::-1])
    assert pieces.length == pytest.approx(np.full(4, 1.4 * 0.05))
