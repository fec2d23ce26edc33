"""nst_core.colors.cielab, against scikit-image."""

from __future__ import annotations

import numpy as np
from skimage.color import rgb2lab

from nst_core.colors.cielab import from_lab, to_lab

COLORS = np.random.default_rng(0).random((40, 50, 3)).astype(np.float32)


def test_lab_agrees_with_another_library() -> None:
    np.testing.assert_allclose(to_lab(COLORS), rgb2lab(COLORS), atol=0.05)


def test_colours_survive_the_round_trip() -> None:
    np.testing.assert_allclose(from_lab(to_lab(COLORS)), COLORS, atol=1e-4)


def test_what_srgb_cannot_show_is_clipped() -> None:
    rgb = from_lab(np.array([[[50.0, 120.0, -120.0], [100.0, 0.0, 0.0]]], np.float32))
    assert 0 <= rgb.min() <= rgb.max() <= 1
