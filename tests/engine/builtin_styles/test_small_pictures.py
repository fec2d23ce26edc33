"""nst_core.builtin_styles.small_pictures: the built-in styles painted beforehand, for sketches."""

from __future__ import annotations

import numpy as np
import pytest

from nst_contract.builtin_style_names import STYLES
from nst_contract.errors import BAD_SETTING, NstError
from nst_core.builtin_styles import small_pictures
from nst_core.builtin_styles.gallery import paint


@pytest.mark.parametrize("name", STYLES)
def test_a_small_picture_is_what_the_style_paints_but_for_what_jpeg_leaves_out(name: str) -> None:
    kept, painted = small_pictures.read(name), paint(name, small_pictures.SIDE)
    assert kept.name == painted.name
    assert kept.rgb.shape == painted.rgb.shape
    # Measured: at most 6.1 of 255 (pointillism). Another seed differs by more than 20.
    assert np.abs(kept.rgb - painted.rgb).mean() * 255 < 9


def test_only_built_in_styles_have_one() -> None:
    with pytest.raises(NstError) as raised:
        small_pictures.read("../../../photograph")
    assert raised.value.code == BAD_SETTING
