"""nst_gimp.windows.picture_place: where a picture lies in its view."""

from __future__ import annotations

import pytest
from nst_gimp.windows.picture_place import Place


def test_a_picture_fits_into_its_view_and_lies_in_its_middle() -> None:
    assert Place(400, 200, shape=1.0).rectangle() == (100, 0, 200, 200)
    assert Place(400, 200, shape=4.0).rectangle() == (0, 50, 400, 100)
    assert not Place(400, 200, shape=4.0).is_larger


def test_what_lies_under_the_pointer_stays_there_while_one_zooms() -> None:
    place = Place(400, 300, shape=4 / 3)
    for factor in (1.25, 2.0, 3.0, 0.9):
        left, top, width, height = place.rectangle()
        before = (100 - left) / width, (60 - top) / height
        place.zoom_by(factor, 100, 60)
        left, top, width, height = place.rectangle()
        assert ((100 - left) / width, (60 - top) / height) == pytest.approx(before, abs=0.01)
    assert place.is_larger


def test_one_cannot_move_beyond_the_picture_nor_zoom_without_end() -> None:
    place = Place(400, 300, shape=4 / 3)
    place.zoom_by(2, 200, 150)
    place.pan(10_000, -10_000)
    assert place.rectangle() == (0, -300, 800, 600)
    place.zoom_by(1e9, 200, 150)
    assert place.shown_width == 32 * 400
    place.zoom_by(1e-9, 200, 150)
    assert place.rectangle() == (100, 75, 200, 150)


def test_a_picture_that_becomes_finer_stays_where_it_is() -> None:
    place = Place(400, 300, shape=4 / 3, zoom=1000.0)
    assert place.rectangle()[2:] == (1000, 750)  # whatever its own pixels


def test_the_line_goes_with_the_picture_and_stays_on_it() -> None:
    place = Place(400, 300, shape=4 / 3, line=0.5)
    assert place.line_x == 200
    place.move_line_to(100)
    assert place.line == 0.25
    place.zoom_by(2, 100, 150)
    assert place.line_x == 100
    place.move_line_to(-500)
    place.move_line_by(-0.5)
    assert place.line == 0.0
