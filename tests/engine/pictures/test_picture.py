"""nst_core.pictures.picture: colours and alpha, and conversion to and from tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from nst_core.pictures.picture import Array, Picture, as_tensor, resize, to_rgb, to_tensor


def colors(height: int, width: int) -> Array:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def test_a_picture_knows_its_size() -> None:
    picture = Picture(colors(4, 7))
    assert (picture.width, picture.height) == (7, 4)


def test_the_tensor_holds_red_green_and_blue_planes() -> None:
    rgb = colors(4, 7)
    tensor = to_tensor(Picture(rgb))
    assert tensor.shape == (1, 3, 4, 7)
    assert tensor.dtype == torch.float32
    assert tensor[0, 2, 3, 5].item() == rgb[3, 5, 2]


def test_colours_survive_the_round_trip_through_a_tensor() -> None:
    rgb = colors(4, 7)
    assert np.array_equal(to_rgb(to_tensor(Picture(rgb))), rgb)


def test_colours_on_the_way_back_are_clipped() -> None:
    image = torch.tensor([-0.5, 0.25, 1.5]).view(1, 3, 1, 1)
    assert to_rgb(image).tolist() == [[[0.0, 0.25, 1.0]]]


def test_values_that_cannot_be_shown_are_clipped_on_the_way_in() -> None:
    rgb = np.array([[[-1, 0.5, 2], [np.nan, np.inf, -np.inf]]], np.float32)
    tensor = to_tensor(Picture(rgb))
    assert tensor[0, :, 0, 0].tolist() == [0, 0.5, 1]
    assert tensor[0, :, 0, 1].tolist() == [0, 1, 0]


def test_hidden_colours_become_the_mean_of_the_visible_ones() -> None:
    rgb = np.array([[[1, 0, 0], [0.5, 0, 1], [0.2, 0.9, 0.3]]], np.float32)
    alpha = np.array([[1, 0.1, 0]], np.float32)
    tensor = to_tensor(Picture(rgb, alpha))
    assert tensor[0, :, 0, :2].T.tolist() == rgb[0, :2].tolist()
    assert tensor[0, :, 0, 2].tolist() == [0.75, 0, 0.5]


def test_the_picture_itself_is_never_changed() -> None:
    rgb = colors(4, 7)
    picture = Picture(rgb.copy(), np.zeros((4, 7), np.float32))
    to_tensor(picture)
    assert np.array_equal(picture.rgb, rgb)


def read_only(rgb: Array) -> Array:
    rgb.flags.writeable = False
    return rgb


@pytest.mark.parametrize(
    ("picture", "is_shared"),
    [
        (Picture(colors(4, 7)), True),
        (Picture(colors(4, 7), np.ones((4, 7), np.float32)), True),
        (Picture(colors(4, 7), np.zeros((4, 7), np.float32)), False),
        (Picture(colors(4, 7) * 2), False),
        (Picture(colors(4, 7) - 1), False),
        (Picture(np.full((4, 7, 3), np.nan, np.float32)), False),
        (Picture(colors(4, 7)[::-1]), False),
        (Picture(read_only(colors(4, 7))), False),
    ],
)
def test_what_can_be_shown_as_it_is_need_not_be_copied(picture: Picture, is_shared: bool) -> None:
    tensor = as_tensor(picture)
    assert (tensor.data_ptr() == picture.rgb.ctypes.data) is is_shared
    assert torch.equal(tensor, to_tensor(picture))
    assert to_tensor(picture).data_ptr() != picture.rgb.ctypes.data


@pytest.mark.parametrize(
    ("alpha", "transparent"),
    [(None, False), ([[0, 0]], True), ([[0, 0.01]], False), ([[1, 1]], False)],
)
def test_only_a_picture_that_shows_nothing_counts_as_transparent(
    alpha: list[list[float]] | None, transparent: bool
) -> None:
    plane = None if alpha is None else np.array(alpha, np.float32)
    assert Picture(colors(1, 2), plane).is_transparent is transparent


def test_new_colours_leave_everything_else_unchanged() -> None:
    alpha = np.full((4, 7), 0.5, np.float32)
    picture = Picture(colors(4, 7), alpha, "name", 16, (3.0, 4.0))
    other = picture.with_rgb(np.zeros((4, 7, 3), np.float32))
    assert not other.rgb.any()
    assert other.alpha is alpha
    assert (other.name, other.bits, other.pixels_per_mm) == ("name", 16, (3.0, 4.0))


def test_a_picture_of_the_right_size_is_not_resampled() -> None:
    image = torch.rand(1, 3, 5, 8)
    assert resize(image, 8, 5) is image


@pytest.mark.parametrize(("width", "height"), [(20, 12), (64, 50), (7, 40)])
def test_resampling_is_bicubic_as_in_pillow(width: int, height: int) -> None:
    plane = colors(30, 40)[..., 0] * 0.2 + 0.4  # far from the ends: nothing overshoots
    truth = Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)
    image = torch.from_numpy(plane).expand(1, 3, -1, -1)
    assert resize(image, width, height)[0, 1].numpy() == pytest.approx(np.asarray(truth), abs=1e-5)


def test_exact_resampling_is_that_of_float64_rounded() -> None:
    image = torch.rand(1, 3, 30, 40, generator=torch.Generator().manual_seed(0))
    exact = resize(image, 17, 23, exact=True)
    truth = resize(image.double(), 17, 23)
    assert exact.dtype == image.dtype
    assert torch.equal(exact, truth.float())


def test_resampling_does_not_leave_the_range() -> None:
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1  # bicubic alone would overshoot on both sides
    resized = resize(edge, 31, 31)
    assert (resized.min().item(), resized.max().item()) == (0, 1)
