"""nst_core.builtin_styles.content_palette: the colours of a photograph."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.builtin_styles.content_palette import palette_of
from nst_core.builtin_styles.gallery import paint
from nst_core.builtin_styles.palettes import Palette
from nst_core.pictures.picture import Array, Picture
from tests.helpers.photographs import CAT, COFFEE, photograph

BLUE, RED, GREEN = (0.1, 0.2, 0.8), (0.9, 0.15, 0.1), (0.3, 0.5, 0.3)


def stripes(*parts: tuple[tuple[float, float, float], int]) -> Picture:
    """Rows of each colour, every column a little lighter than the one before."""
    shade = np.linspace(0.6, 1, 40, dtype=np.float32)[None, :, None]
    rows = [
        np.full((count, 1, 1), 1, np.float32) * shade * np.array(c, np.float32)
        for c, count in parts
    ]
    return Picture(np.concatenate(rows))


def ramps(palette: Palette) -> list[Array]:
    return [palette.main, palette.second, palette.accent]


def test_the_most_frequent_hue_is_the_main_one_and_the_most_vivid_other_the_accent() -> None:
    palette = palette_of(stripes((GREEN, 10), (BLUE, 30), (RED, 10)))
    middles = [ramp[len(ramp) // 2] for ramp in ramps(palette)]
    for middle, colour in zip(middles, (BLUE, GREEN, RED), strict=True):
        np.testing.assert_allclose(middle / middle.max(), np.array(colour) / max(colour), atol=0.02)


@pytest.mark.parametrize("is_turned", [False, True])
def test_colours_come_from_all_columns_and_rows(is_turned: bool) -> None:
    # One of 12 pixels is looked at, and 12 divides the width; so one of 12 columns is red.
    columns = np.array([RED] + [BLUE] * 11, np.float32)
    rgb = np.broadcast_to(np.tile(columns, (100, 1)), (200, 1200, 3))
    palette = palette_of(Picture(rgb.swapaxes(0, 1).copy() if is_turned else rgb.copy()))
    main, second, accent = (ramp[len(ramp) // 2] for ramp in ramps(palette))
    # Means of thousands of float32 are exact to some four digits.
    np.testing.assert_allclose(main, BLUE, atol=1e-3)
    assert any(np.allclose(other, RED, atol=1e-3) for other in (second, accent))


@pytest.mark.parametrize("photo", [COFFEE, CAT])
def test_ramps_go_from_dark_to_light_in_colours_of_the_photograph(photo: str) -> None:
    picture = photograph(photo, 96, 64)
    pixels = picture.rgb.reshape(-1, 3)
    for ramp in ramps(palette_of(picture)):
        assert (np.diff(ramp @ np.array([0.21, 0.72, 0.07], np.float32)) > 0).all()
        nearest = np.linalg.norm(ramp[:, None] - pixels, axis=2).min(axis=1)
        assert nearest.max() < 0.1


def test_ink_and_paper_are_the_darkest_and_lightest_of_all_colours() -> None:
    picture = stripes((BLUE, 30), ((1.0, 1.0, 0.9), 5), ((0.02, 0.0, 0.0), 5))
    main = palette_of(picture).main
    assert main[0].max() < 0.05
    assert main[-1].min() > 0.8


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.2, 0.7, 0.4)])
def test_a_photograph_of_one_colour_gives_a_palette_of_it(colour: tuple[float, ...]) -> None:
    picture = Picture(np.full((5, 4, 3), colour, np.float32))
    for ramp in ramps(palette_of(picture)):
        np.testing.assert_allclose(
            ramp, np.broadcast_to(np.array(colour, np.float32), ramp.shape), atol=1e-6
        )


def test_a_single_pixel_is_enough() -> None:
    assert len(palette_of(Picture(np.full((1, 1, 3), 0.5, np.float32))).main) >= 2


def test_hidden_colours_do_not_count() -> None:
    picture = stripes((BLUE, 30), (RED, 30))
    alpha = np.ones((60, 40), np.float32)
    alpha[30:] = 0
    palette = palette_of(Picture(picture.rgb, alpha))
    assert all((ramp[:, 2] > ramp[:, 0]).all() for ramp in ramps(palette))


def test_samples_that_are_not_numbers_do_no_harm() -> None:
    rgb = photograph(COFFEE, 32, 32).rgb.copy()
    rgb[0, 0], rgb[0, 1] = np.nan, np.inf
    assert all(np.isfinite(ramp).all() for ramp in ramps(palette_of(Picture(rgb))))


def test_a_style_painted_with_it_has_the_photographs_colours() -> None:
    picture = stripes((BLUE, 30), (RED, 10), ((0.7, 0.1, 0.3), 10))
    rgb = paint("mosaic", 128, palette=palette_of(picture)).rgb
    vivid = rgb[np.ptp(rgb, axis=2) > 0.3]
    assert len(vivid) > 0.3 * 128**2
    # No mixture of these is green or yellow.
    assert (vivid[:, 1] < vivid.max(axis=1) - 0.2).mean() > 0.99
