"""nst_core.scales.scale_sizes: the sizes of content and styles at each scale, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import PRESETS, Settings
from nst_core.pictures.picture import Size
from nst_core.scales.scale_sizes import largest_side, scales, side_of_content

STYLE = (500, 500)


def finest(own: Size, **values: int) -> Size:
    return scales(own, [STYLE], Settings(**values))[-1].content  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "size", "expected"),
    [
        ((640, 480), 0, (640, 480)),  # 0: its own
        ((1024, 700), 0, (1024, 700)),
        ((4096, 2048), 0, (1024, 512)),  # ... up to 1024
        ((2048, 4096), 0, (512, 1024)),
        ((640, 480), 640, (640, 480)),
        ((640, 480), 320, (320, 240)),
        ((640, 480), 1280, (1280, 960)),  # enlarged if requested
        ((4096, 2048), 2048, (2048, 1024)),
        ((1000, 667), 500, (500, 334)),  # rounded, 333.5 up
        ((16, 16), 16, (16, 16)),
        ((3000, 20), 64, (2400, 16)),  # a short side keeps 16 pixels
        ((20, 3000), 64, (16, 2400)),
        ((3000, 16), 64, (3000, 16)),
    ],
)
def test_the_content_is_fitted_to_the_long_side(own: Size, size: int, expected: Size) -> None:
    assert finest(own, size=size) == expected


@pytest.mark.parametrize("own", [(1, 1), (15, 100), (100, 15), (3000, 5)])
def test_a_side_too_short_for_the_network_is_refused_naming_the_size(own: Size) -> None:
    with pytest.raises(NstError) as caught:
        scales(own, [STYLE], Settings(), name="The layer")
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
    settings = Settings(style_loss="gram", size=400, style_scale=scale, coarsest=0)
    assert scales((800, 600), [own], settings)[0].styles == (expected,)


def test_a_style_does_not_grow_with_a_content_that_is_too_narrow_for_the_size() -> None:
    (only,) = scales((3000, 20), [STYLE], Settings(size=64))
    assert only.content == (2400, 16)
    assert only.styles == ((64, 64),)


@pytest.mark.parametrize(
    ("size", "coarsest", "expected"),
    [
        (512, 512, [512]),
        (600, 512, [600]),  # hardly larger: not worth another scale
        (1024, 512, [512, 1024]),
        (900, 512, [512, 900]),
        (2048, 512, [512, 1024, 2048]),
        (4000, 512, [512, 1016, 2016, 4000]),
        (1024, 256, [256, 512, 1024]),
        (1024, 0, [1024]),
        (256, 512, [256]),
    ],
)
def test_scales_double_from_the_coarsest_to_the_size(
    size: int, coarsest: int, expected: list[int]
) -> None:
    found = scales((4000, 3000), [(4000, 4000)], Settings(size=size, coarsest=coarsest))
    assert [scale.content[0] for scale in found] == expected
    # The styles grow too, so that each scale adds its own size of strokes.
    assert [scale.styles[0] for scale in found] == [(side, side) for side in expected]


@pytest.mark.parametrize(
    ("loss", "evaluations", "expected"),
    [
        ("gram", 300, [300, 100, 33, 11]),
        ("moments", 100, [100, 33, 11, 10]),
        ("wasserstein", 20, [20, 10, 10, 10]),
        ("gram", 4, [4, 4, 4, 4]),
        ("neighbors", 300, [300, 187, 116, 72]),
        ("neighbors", 30, [30, 18, 11, 8]),
        ("neighbors", 15, [15, 9, 8, 8]),
        ("neighbors", 4, [4, 4, 4, 4]),
    ],
)
def test_each_finer_scale_gets_a_third_of_the_evaluations_or_five_eighths_with_neighbors(
    loss: str, evaluations: int, expected: list[int]
) -> None:
    settings = Settings.from_preset(
        "normal", style_loss=loss, size=4000, coarsest=512, evaluations=evaluations
    )
    found = scales((4000, 3000), [STYLE], settings)
    assert [scale.evaluations for scale in found] == expected


def test_by_default_scales_start_at_64_pixels() -> None:
    found = scales((4000, 3000), [STYLE], Settings(size=512))
    assert [scale.content[0] for scale in found] == [64, 128, 256, 512]
    assert [scale.evaluations for scale in found] == [100, 62, 38, 23]


def test_neighbours_never_look_at_an_enlarged_style() -> None:
    """A painting of 200 pixels: from there on, its own pixels are as fine as it gets."""
    small = (200, 150)
    found = scales((1024, 768), [small], Settings())
    assert [scale.styles[0] for scale in found] == [(64, 48), (128, 96), *[small] * 3]
    larger = scales((1024, 768), [small], Settings(style_scale=1.5))
    assert [scale.styles[0] for scale in larger] == [(96, 72), (192, 144), *[(300, 225)] * 3]
    as_a_whole = Settings.from_preset("normal", style_loss="gram")
    assert scales((1024, 768), [small], as_a_whole)[-1].styles == ((1024, 768),)


def test_gatys_paints_at_one_scale() -> None:
    assert len(scales((1000, 800), [STYLE], Settings.from_preset("gatys"))) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_size_zero_takes_the_contents_own_size_up_to_what_the_preset_allows(preset: str) -> None:
    settings, limit = Settings.from_preset(preset), PRESETS[preset].max_size
    assert scales((300, 200), [STYLE], settings)[-1].content == (300, 200)
    assert scales((2 * limit, limit), [STYLE], settings)[-1].content[0] == limit


@pytest.mark.parametrize(
    ("values", "side"),
    [
        ({"preset": "draft", "protect": "nothing"}, 512),
        ({"preset": "draft", "protect": "nothing", "size": 96}, 96),
        ({"preset": "draft", "size": 96}, 1024),  # where faces are looked for
        ({"preset": "draft", "size": 96, "protect": "faces"}, 1024),
        ({"preset": "draft", "size": 96, "style_loss": "gram"}, 96),
        ({"preset": "draft", "color": "luminance"}, None),
        ({"preset": "draft", "style_loss": "gram", "color": "luminance", "color_strength": 0}, 512),
        ({"preset": "draft", "evaluations": 0}, None),
    ],
)
def test_a_photograph_is_needed_as_large_as_it_is_looked_at_unless_the_result_shows_it(
    values: dict[str, Any], side: int | None
) -> None:
    settings = Settings.from_dict(values)
    assert side_of_content(settings) == side
    assert side_of_content(settings, is_masked=True) is None


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("size", [0, 256])
def test_no_style_is_looked_at_in_more_than_its_largest_size(scale: float, size: int) -> None:
    settings = Settings.from_preset("draft", size=size, style_scale=scale, style_loss="gram")
    found = scales((4000, 3000), [(9000, 7000)], settings)
    assert max(found[-1].styles[0]) <= largest_side(settings, scale)
