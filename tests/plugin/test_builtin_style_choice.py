"""nst_gimp.image.builtin_style_choice: the built-in styles as the dialog offers them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nst_gimp.image import builtin_style_choice
from PIL import Image, ImageOps

from nst_contract.builtin_style_names import PALETTES, STYLES
from nst_contract.protocol.requests import BuiltinStyle
from nst_core.builtin_styles.gallery import paint

SMALL = (16, 12)


class Arguments(dict[str, Any]):
    """The arguments of a procedure."""

    get_property = dict.__getitem__
    set_property = dict.__setitem__


def small(picture: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(ImageOps.fit(picture.convert("RGB"), SMALL), np.float32)


@pytest.mark.parametrize("name", STYLES)
def test_the_small_picture_of_a_style_shows_what_is_painted_today(name: str) -> None:
    """``python docs/make_images.py styles`` makes them anew."""
    painted = Image.fromarray(np.rint(paint(name, 96).rgb * 255).astype(np.uint8))
    differences = {
        other: np.abs(
            small(Image.open(builtin_style_choice.picture(other))) - small(painted)
        ).mean()
        for other in STYLES
    }
    assert min(differences, key=lambda other: differences[other]) == name
    assert differences[name] < 12


def test_every_style_and_palette_can_be_chosen_and_none() -> None:
    assert list(builtin_style_choice.style_labels()) == ["none", *STYLES]
    assert list(builtin_style_choice.palette_labels()) == ["own", "content", *PALETTES]
    arguments = Arguments(seed=3)
    for palette in ("", "content", "sunset"):
        builtin_style_choice.choose(arguments, BuiltinStyle("ink-wash", palette))
        assert builtin_style_choice.chosen(arguments) == BuiltinStyle(
            "ink-wash", palette, seed=3, name="Ink wash"
        )
    builtin_style_choice.choose(arguments, None)
    assert builtin_style_choice.chosen(arguments) is None
