"""benchmarks.defects: each measure finds its own defect, by values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.defects import border, colorfulness, nyquist_share, specks, table
from tests.helpers.photographs import CAT, photograph

Floats = NDArray[np.float64]


def grey(light: NDArray[np.float64] | NDArray[np.int64]) -> Floats:
    return np.repeat(np.asarray(light, float)[..., None], 3, axis=2)


ROWS, COLUMNS = np.indices((64, 96))


def test_a_checkerboard_is_all_at_the_nyquist_frequency() -> None:
    assert nyquist_share(grey((ROWS + COLUMNS) % 2)) == pytest.approx(1)


def test_a_slow_wave_is_not() -> None:
    assert nyquist_share(grey(np.sin(2 * np.pi * COLUMNS / 12))) == pytest.approx(0, abs=1e-9)


def test_energies_add_up() -> None:
    # By hand: two waves of amplitudes 3 and 1 have energies 9 to 1.
    slow, fast = (np.sin(2 * np.pi * COLUMNS * f + 0.3) for f in (1 / 12, 11 / 24))
    assert nyquist_share(grey(3 * slow + fast)) == pytest.approx(0.1, rel=1e-6)


def test_a_picture_of_one_colour_has_no_defect() -> None:
    flat = grey(np.full((64, 64), 0.5))
    assert (nyquist_share(flat), specks(flat), border(flat), colorfulness(flat)) == (0, 0, 1, 0)


def test_specks_are_counted_and_edges_and_lines_are_not() -> None:
    light = np.where(COLUMNS < 40, 0.3, 0.7)
    light[:, 60:62] = 0.0
    for row, column in ((5, 5), (20, 80), (40, 20)):
        light[row, column] = 1.0 - light[row, column]
    assert specks(grey(light)) == pytest.approx(3e6 / (62 * 94))


def test_a_dark_frame_is_seen() -> None:
    light = np.full((64, 96), 0.8)
    light[:4] = light[-4:] = 0.4
    light[:, :4] = light[:, -4:] = 0.4
    assert border(grey(light)) == pytest.approx(0.5)


def test_colourfulness_is_the_distance_from_grey() -> None:
    half_red = np.zeros((4, 4, 3))
    half_red[:2, :, 0] = 1
    assert colorfulness(half_red) == 0.5


def test_the_table_has_a_line_for_each_picture() -> None:
    head, *lines = table({"cat": photograph(CAT, 64, 48).rgb.astype(float)}).splitlines()
    assert "near Nyquist" in head
    assert len(lines) == 1
    assert lines[0].split()[0] == "cat"
    assert len(lines[0].split()) == 5
