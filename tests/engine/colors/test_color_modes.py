"""nst_core.colors.color_modes: whose colours the result has, judged by scikit-image's CIELAB."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from nst_contract.settings import Settings
from nst_core.colors.color_modes import finish, for_color, match_histograms
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.stylize import stylize
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 96, 64), photograph(TISSUE, 80, 80)
INPUTS = Inputs(CONTENT, [Style(STYLE)])


def settings(color: str, strength: float = 1.0) -> Settings:
    return Settings(color=color, color_strength=strength)


def recolored(color: str, strength: float = 1.0) -> Array:
    return for_color(INPUTS, settings(color, strength)).styles[0].picture.rgb


def finished(painted: Array, color: str, strength: float = 1.0) -> Array:
    return finish(painted, CONTENT, settings(color, strength))


def lab(rgb: Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = rgb2lab(np.rint(rgb * 255) / 255)  # as saved
    return values


def furthest_apart(one: Array, other: Array) -> float:
    """The largest difference between cumulative histograms of 8-bit samples, in any channel."""
    ours, theirs = (
        [np.cumsum(np.histogram(np.rint(rgb[..., c] * 255), 256, (0, 256))[0]) / rgb[..., c].size
         for c in range(3)]
        for rgb in (one, other)
    )  # fmt: skip
    return float(np.abs(np.subtract(ours, theirs)).max())


def test_with_the_styles_colours_nothing_changes() -> None:
    assert for_color(INPUTS, settings("style")) is INPUTS
    assert finished(STYLE.rgb, "style") is STYLE.rgb


# Before painting ----------------------------------------------------------------------------------


def test_linear_gives_the_style_the_photographs_mean_and_covariance() -> None:
    wanted, given = (rgb.reshape(-1, 3).T for rgb in (CONTENT.rgb, recolored("linear")))
    np.testing.assert_allclose(given.mean(axis=1), wanted.mean(axis=1), atol=0.02)
    np.testing.assert_allclose(np.cov(given), np.cov(wanted), atol=0.005)


def test_histogram_gives_the_style_the_photographs_histograms() -> None:
    assert furthest_apart(STYLE.rgb, CONTENT.rgb) > 0.3
    assert furthest_apart(recolored("histogram"), CONTENT.rgb) < 0.02


def test_luminance_gives_the_style_no_colour_and_the_photographs_range_of_lightness() -> None:
    given, photo = lab(recolored("luminance")), lab(CONTENT.rgb)
    assert np.abs(given[..., 1:]).max() < 1
    assert given[..., 0].mean() == pytest.approx(photo[..., 0].mean(), abs=2)
    assert given[..., 0].std() == pytest.approx(photo[..., 0].std(), abs=4)


@pytest.mark.parametrize("color", ["linear", "histogram", "luminance"])
def test_at_half_strength_the_style_is_recoloured_halfway(color: str) -> None:
    assert np.array_equal(recolored(color, 0.0), STYLE.rgb)
    whole, half = (np.abs(recolored(color, s) - STYLE.rgb).mean() for s in (1.0, 0.5))
    assert half == pytest.approx(whole / 2, rel=0.1)


def with_red_around(picture: Picture) -> Picture:
    """Returns a picture as the upper left quarter of another one, whose rest is transparent."""
    rgb = np.full((2 * picture.height, 2 * picture.width, 3), (1, 0, 0), np.float32)
    alpha = np.zeros(rgb.shape[:2], np.float32)
    rgb[: picture.height, : picture.width] = picture.rgb
    alpha[: picture.height, : picture.width] = 1
    return Picture(rgb, alpha)


def recolored_as(content: Picture, style: Picture, color: str) -> Array:
    """Returns the upper left of a recoloured style, as large as the usual one."""
    changed = for_color(Inputs(content, [Style(style)]), settings(color)).styles[0].picture.rgb
    return changed[: STYLE.height, : STYLE.width]


@pytest.mark.parametrize("color", ["linear", "histogram", "luminance"])
def test_hidden_pixels_have_no_influence(color: str) -> None:
    alone = recolored_as(CONTENT, STYLE, color)
    for content, style in (
        (with_red_around(CONTENT), STYLE),
        (CONTENT, with_red_around(STYLE)),
        (with_red_around(CONTENT), with_red_around(STYLE)),
    ):
        # A few of the 16-bit steps to which L* is brought; sums are rounded otherwise.
        np.testing.assert_allclose(recolored_as(content, style, color), alone, atol=1e-4)


@pytest.mark.parametrize("color", ["linear", "histogram", "luminance"])
def test_pixels_that_are_half_visible_count_half(color: str) -> None:
    """As much as twice the others with all of them in full."""
    half = np.where(np.arange(96) < 48, np.float32(1), np.float32(0.5))[None].repeat(64, axis=0)
    left, right = np.split(CONTENT.rgb, 2, axis=1)
    twice = Picture(np.concatenate([left, left, right], axis=1))
    np.testing.assert_allclose(
        recolored_as(Picture(CONTENT.rgb, half), STYLE, color),
        recolored_as(twice, STYLE, color),
        atol=1e-4,
    )


# After painting -----------------------------------------------------------------------------------


def test_luminance_keeps_the_photographs_a_and_b_and_the_painted_lightness() -> None:
    painted = photograph(CAT, 96, 64).rgb
    result, photo = lab(finished(painted, "luminance")), lab(CONTENT.rgb)
    assert np.median(np.abs(result[..., 1:] - photo[..., 1:])) < 1
    assert np.median(np.abs(result[..., 0] - lab(painted)[..., 0])) < 1


def test_histogram_keeps_the_photographs_histograms() -> None:
    painted = photograph(CAT, 96, 64).rgb
    assert furthest_apart(painted, CONTENT.rgb) > 0.2
    assert furthest_apart(finished(painted, "histogram"), CONTENT.rgb) < 0.02


@pytest.mark.parametrize("hidden", [0.0, 1.0])
def test_what_nobody_sees_of_the_painting_has_no_part_in_its_histogram(hidden: float) -> None:
    """Neither where the photograph is transparent nor where the mask is black."""
    painted = photograph(CAT, 96, 64).rgb
    around = np.full((128, 192, 3), hidden, np.float32)
    around[:64, :96] = painted
    content = with_red_around(CONTENT)
    opaque = Picture(np.tile(CONTENT.rgb, (2, 2, 1)))
    alone = finished(painted, "histogram")
    assert content.alpha is not None
    for photo, mask in ((content, None), (opaque, content.alpha), (content, content.alpha)):
        found = finish(around, photo, settings("histogram"), mask)
        np.testing.assert_allclose(found[:64, :96], alone, atol=1e-6)


def test_what_is_half_painted_counts_half_in_the_paintings_histogram() -> None:
    painted = photograph(CAT, 96, 64).rgb
    half = np.where(np.arange(96) < 48, np.float32(1), np.float32(0.5))[None].repeat(64, axis=0)
    left, right = np.split(painted, 2, axis=1)
    twice = np.concatenate([left, left, right], axis=1)
    found = finish(painted, CONTENT, settings("histogram"), half)
    expected = finish(twice, CONTENT, settings("histogram"))
    np.testing.assert_allclose(found, expected[:, 48:], atol=1e-6)


def test_where_nothing_of_the_painting_is_seen_its_colours_stay() -> None:
    """A mask and alpha that only meet where both are soft, in a smaller size."""
    content = with_red_around(CONTENT)
    assert content.alpha is not None
    painted = np.zeros_like(content.rgb)
    found = finish(painted, content, settings("histogram"), 1 - content.alpha)
    assert np.array_equal(found, painted)


@pytest.mark.parametrize("color", ["histogram", "luminance"])
def test_without_strength_the_painted_colours_stay(color: str) -> None:
    painted = photograph(CAT, 96, 64).rgb
    np.testing.assert_allclose(finished(painted, color, 0.0), painted, atol=1e-4)


@pytest.mark.parametrize("color", ["luminance", "histogram"])
def test_a_run_keeps_the_photographs_colours(color: str) -> None:
    # Neighbours clip colours at the end: what is clipped alike cannot be told apart any more.
    fixed = {"style_loss": "gram", "device": "cpu", "precision": "float32", "evaluations": 8}
    result = stylize(CONTENT, [STYLE], Settings.from_preset("normal", color=color, **fixed)).picture
    assert np.abs(result.rgb - CONTENT.rgb).mean() > 0.02  # it is painted
    if color == "luminance":
        difference = np.abs(lab(result.rgb) - lab(CONTENT.rgb))[..., 1:]
        assert np.median(difference) < 1
    else:
        assert furthest_apart(result.rgb, CONTENT.rgb) < 0.05


# Histograms ---------------------------------------------------------------------------------------


def test_the_nth_lightest_becomes_as_light_as_the_nth_lightest_there() -> None:
    order = np.random.default_rng(0).permutation(4096)
    own = (order / 4095).astype(np.float32).reshape(64, 64, 1).repeat(3, axis=2)
    like = (np.sort(np.random.default_rng(1).random(4096)) ** 2).astype(np.float32)
    matched = match_histograms(own, like.reshape(64, 64, 1).repeat(3, axis=2))
    np.testing.assert_allclose(matched[..., 0].ravel(), like[order], atol=2e-3)


def test_a_picture_of_one_colour_becomes_the_middle_one() -> None:
    grey = np.full((4, 4, 3), 0.5, np.float32)
    like = np.linspace(0.2, 0.4, 101, dtype=np.float32)[:, None, None].repeat(3, axis=2)
    np.testing.assert_allclose(match_histograms(grey, like), 0.3, atol=0.01)
