"""nst_core.scales.scale_inputs: what is painted where, at one scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import Settings
from nst_core.masks.regions import at_layer, shares
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.scales.pyramid import Scale
from nst_core.scales.scale_inputs import ScaleInputs, lay_out, painted_where
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT = photograph(COFFEE, 64, 48)
TISSUES, CATS = photograph(TISSUE, 40, 40), photograph(CAT, 60, 40)
LEFT, RIGHT = np.zeros((2, 48, 64), np.float32)
LEFT[:, :32] = 1
RIGHT[:, 32:] = 1
UPPER: Array = np.flipud(np.tri(48, 64, 16, dtype=np.float32))
QUARTER: Array = LEFT * np.float32(0.25)
CPU = torch.device("cpu")


def canvas(inputs: Inputs) -> ScaleInputs:
    sizes = tuple((style.picture.width, style.picture.height) for style in inputs.styles)
    return lay_out(inputs, Scale((64, 48), sizes, 10), Settings(), CPU)


def guides(inputs: Inputs) -> list[Array | None]:
    return [
        None if region.guide is None else region.guide[0, 0].numpy()
        for region in canvas(inputs).regions
    ]


def test_without_masks_all_styles_are_mixed_everywhere() -> None:
    found = canvas(Inputs(CONTENT, [Style(TISSUES, 2.0), Style(CATS)]))
    (region,) = found.regions
    assert [painting.weight for painting in region.style_images] == [2.0, 1.0]
    assert region.guide is None
    assert region.share == 1
    assert found.where is None


def test_each_mask_is_the_region_of_its_style() -> None:
    inputs = Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS, mask=RIGHT)])
    left, right = guides(inputs)
    assert np.array_equal(left, LEFT)  # type: ignore[arg-type]
    assert np.array_equal(right, RIGHT)  # type: ignore[arg-type]
    assert [region.share for region in canvas(inputs).regions] == [0.5, 0.5]


def test_styles_with_the_same_mask_are_mixed_there() -> None:
    inputs = Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS, mask=LEFT.copy())])
    (region,) = canvas(inputs).regions
    assert len(region.style_images) == 2


def test_a_style_without_a_mask_gets_what_the_others_leave() -> None:
    left, rest = guides(Inputs(CONTENT, [Style(TISSUES, mask=QUARTER), Style(CATS)]))
    np.testing.assert_allclose(left, QUARTER)  # type: ignore[arg-type]
    np.testing.assert_allclose(rest, 1 - QUARTER)  # type: ignore[arg-type]


def test_where_masks_overlap_styles_share_the_place_by_their_weights() -> None:
    everywhere = np.ones((48, 64), np.float32)
    inputs = Inputs(CONTENT, [Style(TISSUES, 3.0, mask=everywhere), Style(CATS, mask=LEFT)])
    first, second = guides(inputs)
    np.testing.assert_allclose(first, 0.75 * LEFT + RIGHT)  # type: ignore[arg-type]
    np.testing.assert_allclose(second, 0.25 * LEFT)  # type: ignore[arg-type]


def test_where_no_style_is_wanted_nothing_is_painted() -> None:
    masked = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)])
    np.testing.assert_array_equal(painted_where(masked), LEFT)
    both = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)], mask=UPPER)
    where = painted_where(both)
    assert where is not None
    np.testing.assert_allclose(where, LEFT * UPPER, atol=1e-6)
    assert painted_where(Inputs(CONTENT, [Style(TISSUES, mask=LEFT), Style(CATS)])) is None


def test_a_mask_of_another_size_is_stretched_with_soft_edges() -> None:
    small = np.array([[0, 0, 1, 1]], np.float32)
    where = painted_where(Inputs(CONTENT, [Style(TISSUES)], mask=small))
    assert where is not None
    assert where.shape == (48, 64)
    assert where[:, :20].max() < 0.1
    assert where[:, -20:].min() > 0.9
    assert np.all(np.diff(where[0, 24:40]) > 0)


def test_transparent_parts_count_neither_in_the_content_nor_in_a_style() -> None:
    content = Picture(CONTENT.rgb, LEFT)
    style = Picture(TISSUES.rgb, np.tri(40, 40, dtype=np.float32))
    found = canvas(Inputs(content, [Style(style)]))
    (region,) = found.regions
    (painting,) = region.style_images
    assert torch.equal(region.guide[0, 0], torch.from_numpy(LEFT))  # type: ignore[index]
    assert torch.equal(painting.visible[0, 0], torch.tril(torch.ones(40, 40)))  # type: ignore[index]
    assert found.where is None  # what lies hidden may change, nobody sees it


def test_masks_that_leave_nothing_are_refused() -> None:
    apart = Inputs(CONTENT, [Style(TISSUES, mask=LEFT)], mask=RIGHT)
    with pytest.raises(NstError, match="leave nothing to be painted") as caught:
        canvas(apart)
    assert caught.value.code == BAD_INPUT


def test_what_is_seen_is_the_content_where_nothing_is_painted() -> None:
    half = canvas(Inputs(CONTENT, [Style(TISSUES)], mask=LEFT))
    painted = torch.zeros_like(half.content)
    seen = half.compose(painted)
    assert torch.equal(seen[..., 32:], half.content[..., 32:])
    assert not seen[..., :32].any()


# Guides at layers ---------------------------------------------------------------------------------


def test_a_guide_at_a_layer_is_the_mean_over_the_pixels_that_are_pooled_there() -> None:
    guide = torch.zeros(1, 1, 8, 9)  # the ninth column belongs to no position after a pooling
    guide[..., :3, :] = 1
    expected = torch.tensor([1.0, 0.5, 0.0, 0.0]).view(1, 1, 4, 1).expand(1, 1, 4, 4)
    assert torch.equal(at_layer(guide, "relu2_1"), expected)
    assert torch.equal(at_layer(guide, "pool2"), torch.tensor([[[[0.75, 0.75], [0.0, 0.0]]]]))


def test_shares_of_all_positions_are_one_together() -> None:
    guide = torch.rand(1, 1, 37, 50)
    for layer, share in shares(guide, {"relu1_1": 1.0, "relu4_1": 1.0}, 37, 50).items():
        assert isinstance(share, Tensor)
        assert share.shape[2:] == at_layer(guide, layer).shape[2:]
        assert share.sum().item() == pytest.approx(1)
    assert shares(None, {"relu2_2": 1.0}, 37, 50) == {"relu2_2": 1 / (18 * 25)}
