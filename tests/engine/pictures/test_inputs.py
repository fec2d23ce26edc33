"""nst_core.pictures.inputs: the pictures of a run, and what can be wrong with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.settings import Settings
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from tests.helpers.photographs import COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 32, 32)
BLACK = np.zeros((4, 4), np.float32)


@pytest.mark.parametrize(
    ("values", "code", "fault"),
    [
        ({"weight": -1.0}, BAD_SETTING, "weight -1.0"),
        ({"weight": math.nan}, BAD_SETTING, "weight nan"),
        ({"weight": math.inf}, BAD_SETTING, "weight inf"),
        ({"scale": 0.05}, BAD_SETTING, "scale 0.05"),
        ({"scale": 4.5}, BAD_SETTING, "scale 4.5"),
        ({"mask": BLACK}, BAD_INPUT, "black everywhere"),
    ],
)
def test_an_unusable_style_is_refused_by_name(
    values: dict[str, Any], code: str, fault: str
) -> None:
    with pytest.raises(NstError) as caught:
        Style(STYLE, **values)
    assert caught.value.code == code
    assert fault in caught.value.message
    assert TISSUE in caught.value.message


def test_a_style_with_weight_0_takes_no_part() -> None:
    idle = Style(STYLE, weight=0.0)
    inputs = Inputs(CONTENT, [idle, Style(CONTENT)])
    inputs.check(Settings())
    assert [style.picture for style in inputs.active().styles] == [CONTENT]
    with pytest.raises(NstError, match="All styles have weight 0"):
        Inputs(CONTENT, [idle]).check(Settings())


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        (Inputs(CONTENT, []), "No style"),
        (Inputs(Picture(CONTENT.rgb, np.zeros((48, 64), np.float32)), [Style(STYLE)]), "content"),
        (Inputs(CONTENT, [Style(Picture(STYLE.rgb, np.zeros((32, 32), np.float32)))]), "style"),
        (Inputs(CONTENT, [Style(STYLE)], mask=BLACK), "nothing to paint"),
    ],
    ids=["no style", "invisible content", "invisible style", "black mask"],
)
def test_what_cannot_be_painted_is_refused(inputs: Inputs, fault: str) -> None:
    with pytest.raises(NstError, match=fault) as caught:
        inputs.check(Settings())
    assert caught.value.code == BAD_INPUT


def test_starting_from_a_picture_needs_one() -> None:
    own = Settings(start="picture")
    with pytest.raises(NstError, match="No picture to start from"):
        Inputs(CONTENT, [Style(STYLE)]).check(own)
    Inputs(CONTENT, [Style(STYLE)], start=STYLE).check(own)


def test_a_strength_mask_is_for_the_style_loss_that_knows_places() -> None:
    inputs = Inputs(CONTENT, [Style(STYLE)], strength_mask=BLACK)
    inputs.check(Settings.from_preset("normal", style_loss="neighbors"))
    with pytest.raises(
        NstError, match="strength mask is given, but style_loss is 'gram'"
    ) as caught:
        inputs.check(Settings(style_loss="gram"))
    assert caught.value.code == BAD_SETTING
    assert "neighbors" in caught.value.advice


def test_masks_are_counted() -> None:
    assert Inputs(CONTENT, [Style(STYLE)]).masks == 0
    styles = [Style(STYLE, mask=1 - BLACK), Style(CONTENT)]
    assert Inputs(CONTENT, styles, mask=1 - BLACK, strength_mask=BLACK).masks == 3


def test_a_style_that_is_the_content_is_pointed_out() -> None:
    assert not list(Inputs(CONTENT, [Style(STYLE)]).cautions())
    (caution,) = Inputs(CONTENT, [Style(STYLE), Style(CONTENT)]).cautions()
    assert "is the content itself" in caution.message


def colored(height: int, width: int, *, ripple: float = 0.0) -> Picture:
    """A picture in one colour, but for a step of this many 8-bit levels in a corner."""
    rgb = np.full((height, width, 3), 0.5, np.float32)
    rgb[0, 0, 1] += np.float32(ripple / 255)
    return Picture(rgb, name="wall.jpg")


def hidden_colors() -> Picture:
    alpha = np.ones(STYLE.rgb.shape[:2], np.float32)
    alpha[1:] = 0
    rgb = STYLE.rgb.copy()
    rgb[0] = 0.25
    return Picture(rgb, alpha, name="wall.jpg")


@pytest.mark.parametrize(
    "flat",
    [colored(64, 48), colored(1, 1), colored(64, 48, ripple=2), hidden_colors()],
    ids=["flat", "one pixel", "a flat JPEG", "flat where it can be seen"],
)
def test_a_style_of_one_color_is_pointed_out(flat: Picture) -> None:
    cautions = list(Inputs(CONTENT, [Style(STYLE), Style(flat)]).cautions())
    assert len(cautions) == 1
    assert '"wall.jpg" has one colour throughout' in cautions[0].message
    assert not list(Inputs(CONTENT, [Style(STYLE), Style(flat, weight=0.0)]).cautions())


def test_a_style_with_little_contrast_is_not_flat() -> None:
    assert not list(Inputs(CONTENT, [Style(colored(64, 48, ripple=3))]).cautions())
