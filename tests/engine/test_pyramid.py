"""nst_core.pyramid: at which size content and styles are looked at."""

from __future__ import annotations

import pytest

from nst_core.errors import BAD_INPUT, NstError
from nst_core.pyramid import Size, content_size, style_size
from nst_core.settings import Settings


@pytest.mark.parametrize(
    ("own", "size", "expected"),
    [
        ((640, 480), 0, (640, 480)),  # 0: its own
        ((1024, 700), 0, (1024, 700)),
        ((4096, 2048), 0, (1024, 512)),  # ... up to 1024
        ((2048, 4096), 0, (512, 1024)),
        ((640, 480), 640, (640, 480)),
        ((640, 480), 320, (320, 240)),
        ((640, 480), 1280, (1280, 960)),  # enlarged where that is wished
        ((4096, 2048), 2048, (2048, 1024)),
        ((1000, 667), 500, (500, 334)),  # rounded, 333.5 up
        ((16, 16), 16, (16, 16)),
        ((3000, 20), 64, (2400, 16)),  # a short side keeps 16 pixels
        ((20, 3000), 64, (16, 2400)),
        ((3000, 16), 64, (3000, 16)),
    ],
)
def test_the_content_is_fitted_to_the_long_side(own: Size, size: int, expected: Size) -> None:
    assert content_size(own, Settings(size=size)) == expected


@pytest.mark.parametrize("own", [(1, 1), (15, 100), (100, 15), (3000, 5)])
def test_a_side_that_the_network_cannot_see_is_refused_naming_the_size(own: Size) -> None:
    with pytest.raises(NstError) as caught:
        content_size(own, Settings(), "The layer")
    assert caught.value.code == BAD_INPUT
    assert f"The layer is {own[0]} x {own[1]} pixels" in caught.value.message
    assert "16 pixels" in caught.value.advice


@pytest.mark.parametrize(
    ("own", "scale", "expected"),
    [
        ((1000, 500), 1.0, (400, 200)),  # the content's long side
        ((500, 1000), 1.0, (200, 400)),
        ((400, 300), 1.0, (400, 300)),
        ((1000, 500), 0.5, (200, 100)),
        ((1000, 500), 2.0, (800, 400)),
        ((1000, 10), 1.0, (1600, 16)),
        ((1, 1), 1.0, (400, 400)),
    ],
)
def test_the_style_follows_the_contents_long_side(own: Size, scale: float, expected: Size) -> None:
    assert style_size(own, (400, 300), Settings(style_scale=scale)) == expected


def test_a_style_does_not_grow_with_a_content_that_is_too_narrow_for_the_size() -> None:
    settings = Settings(size=64)
    content = content_size((3000, 20), settings)
    assert content == (2400, 16)
    assert style_size((500, 500), content, settings) == (64, 64)
