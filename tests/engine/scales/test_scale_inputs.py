"""nst_core.scales.scale_inputs: what is painted where, at one scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import Settings
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.scales.scale_inputs import ScaleInputs, inputs_at
from nst_core.scales.scale_sizes import Scale
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT = photograph(COFFEE, 64, 48)
TISSUES, CATS = photograph(TISSUE, 40, 40), photograph(CAT, 60, 40)
LEFT, RIGHT = np.zeros((2, 48, 64), np.float32)
LEFT[:, :32] = 1
RIGHT[:, 32:] = 1
QUARTER: Array = LEFT * np.float32(0.25)
CPU = torch.device("cpu")


def scaled(inputs: Inputs) -> ScaleInputs:
    sizes = tuple((style.picture.width, style.picture.height) for style in inputs.styles)
    return inputs_at(Scale((64, 48), sizes, 10), inputs, Settings(), CPU)


def masks(inputs: Inputs) -> list[Array | None]:
    return [
        None if region.mask is None else region.mask[0, 0].numpy()
        for region in scaled(inputs).regions
    ]


@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
def test_a_large_picture_is_not_copied_in_its_own_size(size: tuple[int, int]) -> None:
    scale, inputs = Scale(size, ((40, 40),), 10), Inputs(CONTENT, [Style(TISSUES)])
    copied = inputs_at(scale, inputs, Settings(), CPU).content
    found = inputs_at(scale, inputs, Settings(), CPU, is_large=True).content
    assert torch.equal(found, copied)
    assert (found.data_ptr() == CONTENT.rgb.ctypes.data) is (size == (64, 48))


def test_without_masks_all_styles_are_mixed_everywhere() -> None:
    found = scaled(Inputs(CONTENT, [Style(TISSUES, 2.0), Style(CATS)]))
    (region,) = found.regions
    assert [painting.weight for painting in region.style_images] == [2.0, 1.0]
    assert region.mask is None
    assert region.share == 1
    assert found.mask is None


def test_each_mask_is_the_region_of_its_style() -> None:
    inputs = Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS, mask=RIGHT)])
    left, right = masks(inputs)
    assert np.array_equal(left, LEFT)  # type: ignore[arg-type]
    assert np.array_equal(right, RIGHT)  # type: ignore[arg-type]
    assert [region.share for region in scaled(inputs).regions] == [0.5, 0.5]


def test_styles_with_the_same_mask_are_mixed_there() -> None:
    inputs = Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS, mask=LEFT.copy())])
    (region,) = scaled(inputs).regions
    assert len(region.style_images) == 2


def test_a_style_without_a_mask_gets_what_the_others_leave() -> None:
    left, rest = masks(Inputs(CONTENT, [Style(TISSUES, mask=QUARTER), Style(CATS)]))
    np.testing.assert_allclose(left, QUARTER)  # type: ignore[arg-type]
    np.testing.assert_allclose(rest, 1 - QUARTER)  # type: ignore[arg-type]


def test_where_masks_overlap_styles_share_the_pixels_by_their_weights() -> None:
    everywhere = np.ones((48, 64), np.float32)
    inputs = Inputs(CONTENT, [Style(TISSUES, 3.0, mask=everywhere), Style(CATS, mask=LEFT)])
    first, second = masks(inputs)
    np.testing.assert_allclose(first, 0.75 * LEFT + RIGHT)  # type: ignore[arg-type]
    np.testing.assert_allclose(second, 0.25 * LEFT)  # type: ignore[arg-type]


def test_transparent_parts_count_neither_in_the_content_nor_in_a_style() -> None:
    content = Picture(CONTENT.rgb, LEFT)
    style = Picture(TISSUES.rgb, np.tri(40, 40, dtype=np.float32))
    found = scaled(Inputs(content, [Style(style)]))
    (region,) = found.regions
    (painting,) = region.style_images
    assert torch.equal(region.mask[0, 0], torch.from_numpy(LEFT))  # type: ignore[index]
    assert torch.equal(painting.visible[0, 0], torch.tril(torch.ones(40, 40)))  # type: ignore[index]
    assert torch.equal(found.visible[0, 0], torch.from_numpy(LEFT))  # type: ignore[index]
    assert found.mask is None  # hidden colours may change, because nobody sees them


def test_masks_that_leave_nothing_are_refused() -> None:
    apart = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)], mask=RIGHT)
    with pytest.raises(NstError, match="leave nothing to paint") as caught:
        scaled(apart)
    assert caught.value.code == BAD_INPUT


def test_the_strength_mask_is_brought_to_the_scales_size() -> None:
    assert scaled(Inputs(CONTENT, [Style(TISSUES)])).strength is None
    halves = np.array([[1, 0]], np.float32)
    found = scaled(Inputs(CONTENT, [Style(TISSUES)], strength_mask=halves)).strength
    assert found is not None
    assert found.shape == (1, 1, 48, 64)
    assert (found[..., :16] == 1).all()
    assert not found[..., 48:].any()


def test_what_is_seen_is_the_strengths_business_only_through_the_objective() -> None:
    weak = scaled(Inputs(CONTENT, [Style(TISSUES)], strength_mask=LEFT))
    painted = torch.zeros_like(weak.content)
    assert torch.equal(weak.compose(painted), painted)


def test_what_is_seen_is_the_content_where_nothing_is_painted() -> None:
    half = scaled(Inputs(CONTENT, [Style(TISSUES)], mask=LEFT))
    painted = torch.zeros_like(half.content)
    seen = half.compose(painted)
    assert torch.equal(seen[..., 32:], half.content[..., 32:])
    assert not seen[..., :32].any()
