"""nst_core.builtin_styles.gallery: what all built-in styles promise, and how they differ."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nst_contract import builtin_style_names
from nst_contract.builtin_style_names import STYLES
from nst_contract.errors import BAD_SETTING, NstError
from nst_core.builtin_styles import LARGEST, SMALLEST
from nst_core.builtin_styles.gallery import find_palette, paint
from nst_core.builtin_styles.palettes import PALETTES
from nst_core.pictures.picture import Array

SIZE = 192


@cache
def painted(name: str, size: int = SIZE, seed: int = 0, palette: str = "") -> Array:
    return paint(name, size, seed=seed, palette=find_palette(palette) if palette else None).rgb


def reduced(rgb: Array, factor: int) -> Array:
    """The means of blocks."""
    side = len(rgb) // factor
    means: Array = rgb.reshape(side, factor, side, factor, -1).mean(axis=(1, 3))
    return means


def grey(rgb: Array) -> Array:
    means: Array = rgb.mean(axis=2)
    return means


def vividness(rgb: Array) -> Array:
    spread: Array = np.ptp(rgb, axis=2)
    return spread


# What all of them promise ------------------------------------------------------------------------


def test_there_is_a_style_for_each_of_these_techniques() -> None:
    assert list(STYLES) == [
        "swirls", "pointillism", "hatching", "mosaic", "woodcut", "ink-wash", "palette-knife",
        "stained-glass",
    ]  # fmt: skip
    assert all(style.palette in PALETTES for style in STYLES.values())
    assert set(builtin_style_names.PALETTES) == set(PALETTES)


@pytest.mark.parametrize("name", STYLES)
def test_the_same_seed_paints_the_same_picture_rounded_to_8_bits(name: str) -> None:
    again = paint(name, SIZE)
    assert again.rgb.tobytes() == painted(name).tobytes()
    assert again.rgb.shape == (SIZE, SIZE, 3)
    steps = again.rgb * 255
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)


@pytest.mark.parametrize("name", STYLES)
def test_a_different_seed_paints_a_different_picture(name: str) -> None:
    one, other = (reduced(painted(name, seed=seed), 8) for seed in (0, 1))
    assert np.abs(one - other).mean() > 0.05


@pytest.mark.parametrize("name", STYLES)
def test_a_larger_picture_is_the_same_only_sharper(name: str) -> None:
    smaller, larger = painted(name), reduced(painted(name, 2 * SIZE), 2)
    assert np.corrcoef(smaller.ravel(), larger.ravel())[0, 1] > 0.95
    # The remaining difference is in single pixels.
    assert np.abs(reduced(smaller, 8) - reduced(larger, 8)).mean() < 0.02


@pytest.mark.parametrize("size", [SMALLEST, 101])
@pytest.mark.parametrize("name", ["swirls", "mosaic", "ink-wash", "stained-glass"])
def test_any_size_will_do(name: str, size: int) -> None:
    rgb = painted(name, size)
    assert rgb.shape == (size, size, 3)
    assert np.isfinite(rgb).all()


@pytest.mark.parametrize("name", STYLES)
def test_tones_have_a_wide_range_and_no_part_is_empty(name: str) -> None:
    tones = grey(painted(name))
    dark, light = np.quantile(tones, (0.02, 0.98))
    assert light - dark > 0.5
    eighths = tones.reshape(8, SIZE // 8, 8, SIZE // 8)
    assert eighths.std(axis=(1, 3)).min() > 0.01


@pytest.mark.parametrize("name", STYLES)
def test_a_palette_changes_the_colours_and_not_the_picture(name: str) -> None:
    without_colour = painted(name, palette="grey")
    # The lead of stained glass is a little blue in all palettes.
    assert np.quantile(vividness(without_colour), 0.99) < 0.06
    assert np.corrcoef(grey(without_colour).ravel(), grey(painted(name)).ravel())[0, 1] > 0.5


def test_a_palette_brings_its_own_colours() -> None:
    red, _, blue = painted("swirls", palette="sunset").mean(axis=(0, 1))
    assert red > blue
    red, _, blue = painted("swirls", palette="night").mean(axis=(0, 1))
    assert red < blue


# How they differ ---------------------------------------------------------------------------------


def coherence(name: str) -> float:
    """How much neighbouring slopes share one direction, 0..1 (from the structure tensor)."""
    south, east = np.gradient(grey(painted(name)))
    xx, yy, xy = (
        reduced((a * b)[..., None], 8) for a, b in ((east, east), (south, south), (east, south))
    )
    return float(np.sqrt((xx - yy) ** 2 + 4 * xy**2).sum() / (xx + yy).sum())


def contrast(name: str) -> float:
    """How much neighbouring pixels differ on average."""
    return float(np.hypot(*np.gradient(grey(painted(name)))).mean())


def test_strokes_run_in_one_direction_but_dots_and_tesserae_do_not() -> None:
    assert min(map(coherence, ("swirls", "woodcut", "hatching"))) > 0.33
    assert max(map(coherence, ("pointillism", "mosaic"))) < 0.28


def test_hatching_has_only_colours_between_ink_and_paper() -> None:
    variances = np.linalg.eigvalsh(np.cov(painted("hatching").reshape(-1, 3).T))
    assert variances[:2].sum() < 0.01 * variances[2]
    variances = np.linalg.eigvalsh(np.cov(painted("palette-knife").reshape(-1, 3).T))
    assert variances[:2].sum() > 0.2 * variances[2]


def test_a_woodcut_leaves_much_of_the_block_black() -> None:
    black = {name: (grey(painted(name)) < 0.15).mean() for name in STYLES}
    assert max(black, key=black.__getitem__) == "woodcut"
    assert 0.3 < black["woodcut"] < 0.6


def test_an_ink_wash_is_the_palest_and_softest() -> None:
    assert max(STYLES, key=lambda name: painted(name).mean()) == "ink-wash"
    assert min(STYLES, key=contrast) == "ink-wash"


def test_dots_of_a_pointillist_stand_alone() -> None:
    """Colours two dots apart have less in common than those two stroke widths apart in swirls."""

    def alike(name: str, pixels: int) -> float:
        # The rest without the forms, which are larger than any dot.
        rgb = painted(name, 2 * SIZE)
        forms = reduced(rgb, 32).repeat(32, axis=0).repeat(32, axis=1)
        detail = rgb - forms
        moved = np.roll(detail, pixels, axis=1)
        return float((detail * moved).sum() / (detail**2).sum())

    assert alike("pointillism", 5) < 0.2 < alike("swirls", 5)


def test_pieces_of_glass_are_lit_and_lead_is_dark() -> None:
    tones = grey(painted("stained-glass", 2 * SIZE))
    assert 0.1 < (tones < 0.15).mean() < 0.4
    assert vividness(painted("stained-glass")).mean() > 0.25


# Bad input ---------------------------------------------------------------------------------------


def test_an_unknown_style_is_refused_with_the_names() -> None:
    with pytest.raises(NstError) as caught:
        paint("swirl", 64)
    assert caught.value.code == BAD_SETTING
    assert "'swirl'" in caught.value.message
    assert all(name in caught.value.advice for name in STYLES)


def test_an_unknown_palette_is_refused_with_the_names() -> None:
    with pytest.raises(NstError) as caught:
        find_palette("nite")
    assert "'nite'" in caught.value.message
    assert all(name in caught.value.advice for name in PALETTES)


@pytest.mark.parametrize("size", [0, SMALLEST - 1, LARGEST + 1])
def test_a_size_out_of_range_is_refused_with_the_range(size: int) -> None:
    with pytest.raises(NstError) as caught:
        paint("swirls", size)
    assert f"size is {size}" in caught.value.message
    assert f"from {SMALLEST} to {LARGEST}" in caught.value.advice


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(NstError, match=f"seed is {seed}"):
        paint("swirls", SMALLEST, seed=seed)
