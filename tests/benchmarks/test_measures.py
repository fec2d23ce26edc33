"""benchmarks.measures: each measure gives what is worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.measures import (
    Box,
    content,
    faces,
    faces_again,
    pooling_lines,
    projected_quantiles,
    self_similarity,
    sliced_wasserstein,
    style,
)
from tests.helpers.photographs import CAT, photograph

Floats = NDArray[np.float64]

EAST, WEST, NORTH, SOUTH = (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)


def places(*columns: tuple[float, float]) -> Tensor:
    """Returns two feature maps of 2 x 2 places."""
    return torch.tensor(columns).T.reshape(1, 2, 2, 2)


def one_map(values: Tensor) -> Tensor:
    return values[None, None, None]


def test_self_similarity_is_the_cosine_of_every_two_places() -> None:
    found = self_similarity(places(EAST, WEST, NORTH, SOUTH), grid=2)
    assert found.tolist() == pytest.approx([-1, 0, 0, 0, 0, -1])


def test_self_similarity_knows_neither_brightness_nor_contrast() -> None:
    maps = places(EAST, WEST, NORTH, SOUTH)
    brighter = 7 * maps + torch.tensor([3.0, 5.0]).view(1, 2, 1, 1)
    assert torch.allclose(self_similarity(brighter, 2), self_similarity(maps, 2))


def test_a_place_is_the_mean_over_its_part() -> None:
    maps = places(EAST, WEST, NORTH, SOUTH)
    # Each place as 2 x 2 positions, two of them lighter by as much as the other two are darker.
    fine = maps.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    fine[..., ::2] += 4
    fine[..., 1::2] -= 4
    assert torch.allclose(self_similarity(fine, 2), self_similarity(maps, 2))


def test_content_is_kept_if_the_same_places_are_alike() -> None:
    photographed = self_similarity(places(EAST, WEST, NORTH, SOUTH), 2)
    turned = self_similarity(places(NORTH, SOUTH, WEST, EAST), 2)
    assert content(turned, photographed) == pytest.approx(1)


def test_content_is_lost_if_others_are() -> None:
    # By hand: (-1, 0, 0, 0, 0, -1) and (0, -1, 0, 0, -1, 0) have covariance -1/9, variance 2/9.
    photographed = self_similarity(places(EAST, WEST, NORTH, SOUTH), 2)
    mixed = self_similarity(places(EAST, NORTH, WEST, SOUTH), 2)
    assert content(mixed, photographed) == pytest.approx(-0.5)


def test_the_distance_of_one_map_that_is_shifted_is_the_shift_squared() -> None:
    maps = torch.linspace(0, 5, 4096).view(1, 1, 64, 64)
    distance = sliced_wasserstein(projected_quantiles(maps), projected_quantiles(maps + 3))
    assert distance == pytest.approx(9, rel=1e-5)


def test_the_distance_does_not_ask_where_anything_is() -> None:
    maps = torch.rand(1, 8, 16, 16, generator=torch.Generator().manual_seed(1))
    moved = maps.flip(2).transpose(2, 3)
    both = projected_quantiles(maps), projected_quantiles(moved)
    assert sliced_wasserstein(*both) == pytest.approx(0, abs=1e-10)


def test_the_distance_sees_more_than_means_and_variances() -> None:
    # Both have mean 0 and variance 1.
    coin = torch.tensor([-1.0, 1.0]).repeat(512)
    rare = torch.tensor([0.0] * 6 + [-2.0, 2.0]).repeat(128)
    distance = sliced_wasserstein(*(projected_quantiles(one_map(x)) for x in (coin, rare)))
    # By hand: each quantile of the one is 1 away from that of the other, be it 2 or 0.
    assert distance == pytest.approx(1, rel=0.01)


def test_maps_of_different_sizes_are_compared_by_interpolated_quantiles() -> None:
    small = projected_quantiles(one_map(torch.arange(1024.0)))
    large = projected_quantiles(one_map(torch.arange(2048.0) / 2))
    # A map's quantiles ascend even where it is looked at from the other side.
    upwards = small[:, 0] == 0
    # By hand: quantile i of the large map lies halfway between 2 i and 2 i + 1, each halved.
    assert torch.allclose((large - small)[upwards], torch.tensor(0.25))
    assert torch.allclose((large - small)[~upwards], torch.tensor(-0.25))
    assert 0 < int(upwards.sum()) < len(upwards)


def test_style_is_0_at_the_painting_and_1_at_the_photograph() -> None:
    target, photographed, halfway = (
        {"one": projected_quantiles(torch.full((1, 1, 4, 4), value))} for value in (0.0, 2.0, 1.0)
    )
    assert style(target, photographed, target) == 0
    assert style(photographed, photographed, target) == 1
    assert style(halfway, photographed, target) == pytest.approx(1 / 4)


def test_every_layer_counts_alike_in_style() -> None:
    def quantiles(small: float, large: float) -> dict[str, Tensor]:
        values = {"small": small, "large": 1000 * large}
        return {n: projected_quantiles(torch.full((1, 1, 4, 4), v)) for n, v in values.items()}

    found = style(quantiles(1, 0.5), quantiles(1, 1), quantiles(0, 0))
    assert found == pytest.approx((1 + 1 / 4) / 2)


ROWS, COLUMNS = np.indices((256, 384))


def textured(pattern: NDArray[np.floating[Any]]) -> Floats:
    """Returns a grey picture: the pattern over noise whose power falls with the frequency."""
    noise = np.fft.fft2(np.random.default_rng(0).normal(size=ROWS.shape))
    height, width = (np.fft.fftfreq(side) for side in ROWS.shape)
    frequency = np.hypot(height[:, None], width)
    frequency[0, 0] = 1
    texture = np.fft.ifft2(noise / frequency).real
    return np.repeat((texture / texture.std() + pattern)[..., None], 3, axis=2)


def test_a_texture_without_directions_has_no_lines() -> None:
    assert max(pooling_lines(textured(np.zeros(ROWS.shape))).values()) < 2


@pytest.mark.parametrize("period", [2, 4, 8, 16])
def test_a_wave_stands_out_at_its_own_period_alone(period: int) -> None:
    wave = textured(0.5 * np.cos(2 * np.pi * COLUMNS / period))
    for rgb in (wave, wave.transpose(1, 0, 2)):
        found = pooling_lines(rgb)
        assert found.pop(period) > 10
        assert max(found.values()) < 2


def test_a_weave_of_period_2_shows_even_where_it_comes_and_goes() -> None:
    weave = 0.1 * (-1.0) ** (ROWS + COLUMNS)
    fading = weave * np.cos(2 * np.pi * COLUMNS / 80)
    for pattern in (weave, fading):
        assert pooling_lines(textured(pattern))[2] > 10


def test_a_picture_of_one_colour_has_no_lines() -> None:
    assert set(pooling_lines(np.full((64, 64, 3), 0.5)).values()) == {1.0}


def test_overlap_is_the_intersection_over_the_union() -> None:
    face = Box(10, 20, 40, 40)
    assert face.overlap(face) == 1
    assert face.overlap(Box(10, 40, 40, 40)) == pytest.approx(20 / 60)
    assert face.overlap(Box(30, 40, 40, 40)) == pytest.approx(400 / 2800)
    assert face.overlap(Box(50, 20, 40, 40)) == face.overlap(Box(90, 90, 5, 5)) == 0


def test_the_astronauts_face_is_found_and_found_again_and_the_cat_has_none() -> None:
    astronaut = photograph("astronaut.png", 512, 512).rgb.astype(float)
    (face,) = found = faces(astronaut)
    # Between the hair and the collar, and as wide as the head.
    assert math.dist((face.top + face.height / 2, face.left + face.width / 2), (115, 223)) < 25
    assert 70 < face.width < 130
    assert faces_again(found, astronaut) == 1
    # Not where it was.
    assert faces_again(found, astronaut[:, ::-1]) == 0
    assert faces_again(found, np.full_like(astronaut, 0.5)) == 0
    assert faces(photograph(CAT, 451, 300).rgb.astype(float)) == []
