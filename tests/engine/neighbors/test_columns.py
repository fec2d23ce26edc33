"""Feature columns: what is known of a place of 4 x 4 pixels."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.vgg_layers import stride
from nst_core.neighbors.columns import PLACE, columns, depth_weights, listed, margins, on_grid
from nst_core.networks.vgg import Vgg
from nst_core.pictures.tile_margins import Margins, cut
from tests.helpers.photographs import COFFEE, photograph, tensor

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def random_maps(
    channels: int, height: int, width: int, dtype: torch.dtype = torch.float32
) -> Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.rand(1, channels, height, width, generator=generator, dtype=dtype)


def random_features(
    height: int, width: int, dtype: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    return {
        "relu1_1": random_maps(2, height, width, dtype),
        "relu2_1": random_maps(3, height // 2, width // 2, dtype),
        "relu3_1": random_maps(4, height // 4, width // 4, dtype),
        "relu4_1": random_maps(5, height // 8, width // 8, dtype),
    }


# One value for each place -------------------------------------------------------------------------


def test_finer_maps_are_averaged_over_the_place() -> None:
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert on_grid(maps, "relu1_1", 4, 4).tolist() == [[[[7.5]]]]
    # Four positions of relu2_1 are as large as 8 x 8 pixels: 0 + 1 + 4 + 5 over 4, and so on.
    assert on_grid(maps, "relu2_1", 8, 8).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_maps_of_that_size_are_taken_as_they_are() -> None:
    maps = random_maps(2, 3, 5)
    assert torch.equal(on_grid(maps, "relu3_1", 12, 20), maps)


def test_coarser_maps_are_interpolated_between_their_centres() -> None:
    # Centres of the places lie a quarter before and behind those of the positions.
    maps = torch.tensor([[[[0.0, 4.0]]]])
    assert on_grid(maps, "relu4_1", 8, 16)[0, 0, 0].tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize(("layer", "factor"), [("relu4_1", 2), ("relu5_1", 4)])
def test_they_and_their_gradient_are_those_of_torch(layer: str, factor: int) -> None:
    maps = random_maps(3, 4, 5).double().requires_grad_()
    found = on_grid(maps, layer, 4 * 4 * factor, 4 * 5 * factor)
    truth = torch.nn.functional.interpolate(
        maps, scale_factor=factor, mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(found, truth)
    back = random_maps(*truth.shape[1:]).double()
    ours, theirs = (torch.autograd.grad(result, maps, back) for result in (found, truth))
    torch.testing.assert_close(ours, theirs)


def test_what_the_poolings_leave_over_continues_the_last_position() -> None:
    # 7 places, but only 3 positions of relu4_1 and 1 of relu5_1.
    assert on_grid(torch.tensor([[[[0.0, 4.0, 8.0]]]]), "relu4_1", 8, 28)[0, 0, 0].tolist() == [
        0, 1, 3, 5, 7, 8, 8,
    ]  # fmt: skip
    assert on_grid(torch.full((1, 1, 1, 1), 3.0), "relu5_1", 16, 28).tolist() == [[[[3.0] * 7] * 4]]


@pytest.mark.parametrize("sides", [(32, 48), (37, 50), (16, 63)])
def test_every_layer_has_as_many_places(sides: tuple[int, int]) -> None:
    height, width = sides
    for layer, maps in random_features(height, width).items():
        assert on_grid(maps, layer, height, width).shape[2:] == (
            height // PLACE,
            width // PLACE,
        )


def test_bfloat16_is_averaged_in_float32() -> None:
    maps = torch.tensor([[256.0, 1.0, 1.0, 1.0]] * 4, dtype=torch.bfloat16)[None, None]
    # 64.75 has more digits than bfloat16.
    assert on_grid(maps, "relu1_1", 4, 4).item() == 64.75


def test_large_bfloat16_maps_are_averaged_part_by_part() -> None:
    # 64 maps of 97 x 130 pixels are converted in four parts; a row and two columns are left over.
    maps = random_maps(64, 97, 130).bfloat16().contiguous(memory_format=torch.channels_last)
    expected = F.avg_pool2d(maps.float(), 4)
    found = on_grid(maps, "relu1_1", 97, 130)
    assert torch.equal(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layer", ["relu1_1", "relu2_1"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_positions_of_a_place_get_the_same_part_of_its_gradient(
    layer: str, dtype: torch.dtype
) -> None:
    maps = random_maps(3, 13, 18, dtype).requires_grad_()
    found = on_grid(maps, layer, 13 * stride(layer), 18 * stride(layer))
    by_place = random_maps(3, *found.shape[2:]) - 0.5
    (gradient,) = torch.autograd.grad(found, maps, by_place)
    side = PLACE // stride(layer)
    even = by_place.repeat_interleave(side, 2).repeat_interleave(side, 3) / side**2
    # Nothing depends on what is left over at the edges.
    expected = F.pad(even, (0, 18 - even.shape[3], 0, 13 - even.shape[2]))
    assert torch.equal(gradient, expected.to(dtype))
    assert gradient.is_contiguous(memory_format=torch.channels_last)


# Stacked ------------------------------------------------------------------------------------------


def test_a_column_has_the_layers_one_below_the_other_each_times_its_factor() -> None:
    features = random_features(16, 24)
    found = columns(features, {"relu2_1": 2.0, "relu4_1": 0.5}, 16, 24)
    assert found.shape == (1, 3 + 5, 4, 6)
    torch.testing.assert_close(found[:, :3], 2 * on_grid(features["relu2_1"], "relu2_1", 16, 24))
    torch.testing.assert_close(found[:, 3:], 0.5 * on_grid(features["relu4_1"], "relu4_1", 16, 24))


def test_listed_columns_are_in_the_order_of_reading() -> None:
    maps = torch.arange(12.0).reshape(1, 2, 2, 3)
    assert listed(maps).tolist() == [[0, 6], [1, 7], [2, 8], [3, 9], [4, 10], [5, 11]]


def test_their_gradient_is_that_of_finite_differences() -> None:
    features = random_features(17, 26, torch.float64)
    inputs = [maps.requires_grad_() for maps in features.values()]
    factors = {layer: 1.0 + i for i, layer in enumerate(features)}

    def stacked(*maps: Tensor) -> Tensor:
        return columns(dict(zip(features, maps, strict=True)), factors, 17, 26)

    assert torch.autograd.gradcheck(stacked, inputs)


# Weights ------------------------------------------------------------------------------------------


def test_depth_raises_the_deepest_block_as_much_as_it_lowers_the_first() -> None:
    weights = depth_weights(LAYERS, 8.0)
    # From 1/8 to 8 in three equal factors.
    assert weights == pytest.approx({"relu1_1": 1 / 8, "relu2_1": 0.5, "relu3_1": 2, "relu4_1": 8})
    assert depth_weights(("relu1_1", "relu1_2", "relu2_1"), 4.0) == pytest.approx(
        {"relu1_1": 0.25, "relu1_2": 0.25, "relu2_1": 4.0}
    )


def test_without_depth_all_layers_count_alike() -> None:
    assert set(depth_weights(LAYERS, 1.0).values()) == {1.0}
    assert depth_weights(["relu3_1"], 5.0) == {"relu3_1": 1.0}


# Tiles --------------------------------------------------------------------------------------------


def test_margins_reach_as_far_as_the_network_and_the_interpolation_see() -> None:
    # relu4_1 sees 2 x 1 + 2 x 2 + 4 x 4 + 8 = 30 pixels, and the position beside it 8 more.
    assert margins(LAYERS) == Margins(feature=48, gradient=64)
    assert margins(["relu1_1", "relu3_1"]) == Margins(feature=16, gradient=64)


@pytest.mark.parametrize(("height", "width"), [(173, 246), (128, 256)])
def test_tiles_with_their_margins_have_the_columns_of_the_whole_picture(
    network: Vgg, height: int, width: int
) -> None:
    image = tensor(photograph(COFFEE, width, height))
    factors = dict.fromkeys(LAYERS, 1.0)
    whole = columns(network.features(image, LAYERS), factors, height, width)
    put_together = torch.full_like(whole, torch.nan)
    for tile in cut(image, (64, 80), margins(LAYERS).feature):
        part = tile.cut(image, image.device)
        found = columns(network.features(part, LAYERS), factors, *part.shape[2:])
        tile.put(tile.own_of_tile(found, PLACE), put_together, PLACE)
    assert (put_together - whole).norm() < 1e-5 * whole.norm()
