"""nst_core.run.finished: the painting over the photograph, in its final colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_contract.settings import Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.run.finished import finished
from nst_core.run.pipeline import run_stylization
from nst_core.run.sketcher import Sketcher
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 48, 48)
# Black at the left, white at the right, soft between them.
MASK: Array = np.linspace(-1, 2, 64, dtype=np.float32).clip(0, 1)[None].repeat(48, axis=0)
# Transparent above, opaque below.
ALPHA: Array = np.linspace(-0.5, 2, 48, dtype=np.float32).clip(0, 1)[:, None].repeat(64, axis=1)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan], ids=str)
def test_what_cannot_be_shown_of_a_photograph_is_painted_over(value: float) -> None:
    rgb = CONTENT.rgb.copy()
    rgb[::2] = value
    painted = photograph(CAT, 64, 48).rgb
    found = finished(painted, Picture(rgb, bits=32), MASK, Settings()).rgb
    assert np.array_equal(found[MASK == 1], painted[MASK == 1])
    assert np.array_equal(found[MASK == 0], rgb[MASK == 0], equal_nan=True)
    between = found[(MASK > 0) & (MASK < 1)]
    assert between.min() >= 0
    assert between.max() <= 1


@pytest.mark.parametrize("brightest", [1.0, 5.0, 1e9], ids=str)
def test_a_soft_edge_lies_between_photograph_and_painting(brightest: float) -> None:
    painted = photograph(CAT, 64, 48).rgb
    rgb = CONTENT.rgb * np.float32(brightest)
    found = finished(painted, Picture(rgb, bits=32), MASK, Settings()).rgb
    expected = (1 - MASK[..., None]) * rgb + MASK[..., None] * painted
    # A sum of numbers so large is rounded so coarsely.
    np.testing.assert_allclose(found, expected, atol=1e-6 * brightest)
    assert np.array_equal(found[MASK == 1], painted[MASK == 1])


@pytest.mark.parametrize("color", ["style", "luminance", "histogram"])
@pytest.mark.parametrize("alpha", [None, ALPHA], ids=["opaque", "cut out"])
def test_a_sketch_within_a_mask_has_the_colours_of_the_run(
    color: str, alpha: Array | None, network: Vgg
) -> None:
    values: dict[str, Any] = {"evaluations": 2, "device": "cpu", "precision": "float32"}
    settings = Settings.from_preset(
        "normal", size=64, coarsest=32, color=color, start="noise", **values
    )
    inputs = Inputs(Picture(CONTENT.rgb, alpha), [Style(STYLE)], mask=MASK)
    result = run_stylization(inputs, settings, networks=[network]).picture
    sketch = Sketcher([network]).paint(inputs, settings, lambda _picture, _fraction: None)
    seen = slice(None) if alpha is None else alpha > 0
    # What a sketch shows lies over the photograph already, and comes out rounded.
    np.testing.assert_allclose(sketch.rgb[seen], result.rgb[seen], atol=1e-3)


def test_noise_outside_the_mask_does_not_rule_the_colours_within(network: Vgg) -> None:
    """Nobody sees it. Within, the painting is to have the tones of the photograph."""
    mask = (np.arange(64) >= 44).astype(np.float32)[None].repeat(48, axis=0)
    values: dict[str, Any] = {"evaluations": 2, "device": "cpu", "precision": "float32"}
    settings = Settings.from_preset(
        "normal", size=64, coarsest=0, color="histogram", start="noise", **values
    )
    inputs = Inputs(CONTENT, [Style(STYLE)], mask=mask)
    found = run_stylization(inputs, settings, networks=[network]).picture.rgb[mask == 1]
    # Of each hundred samples of a channel the n-th lightest: the same but for rare tones.
    for channel in range(3):
        one, other = (
            np.percentile(rgb[..., channel], [10, 30, 50, 70, 90]) for rgb in (found, CONTENT.rgb)
        )
        np.testing.assert_allclose(one, other, atol=0.03)
