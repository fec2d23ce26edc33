"""nst_core.neighbors.quilt: a picture put together from the chosen places of the paintings."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nst_core.neighbors.quilt import PlacePixels, quilted


def painting(rows: int, columns: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, 4 * rows, 4 * columns, generator=generator)


def pixels(*images: Tensor, visible: Tensor | None = None) -> PlacePixels:
    shapes = [(image.shape[2] // 4, image.shape[3] // 4) for image in images]
    return PlacePixels.of(images, [visible] + [None] * (len(images) - 1), shapes)


def test_places_in_their_own_order_are_the_painting() -> None:
    image = painting(5, 6)
    quilt, is_there = quilted(torch.arange(30).view(5, 6), pixels(image))
    assert torch.allclose(quilt, image, atol=1e-6)
    assert (is_there == 1).all()


def test_part_of_a_second_painting_is_taken_over_as_it_is() -> None:
    """What continues beyond the part that was chosen is the same painting's, too."""
    first, second = painting(3, 4), painting(5, 6, seed=2)
    chosen = 12 + torch.arange(30).view(5, 6)[1:4, 2:5]
    quilt, _ = quilted(chosen, pixels(first, second))
    assert torch.allclose(quilt, second[..., 4:16, 8:20], atol=1e-6)


def test_what_is_left_over_at_the_edges_of_a_painting_belongs_to_no_place() -> None:
    image = torch.nn.functional.pad(painting(3, 3), (0, 3, 0, 2), value=1.0)
    quilt, _ = quilted(torch.arange(9).view(3, 3), pixels(image))
    assert torch.allclose(quilt, image[..., :12, :12], atol=1e-6)


@pytest.mark.parametrize("is_turned", [False, True], ids=["side by side", "above one another"])
def test_between_two_places_what_each_brings_along_fades_out(is_turned: bool) -> None:
    """Worked out by hand: a row of four black and four white places; the last black one is shown
    beside the first white one's far neighbour."""
    image = torch.zeros(1, 3, 4, 32)
    image[..., 16:] = 1
    # Black places 0 and 1, then white ones 6 and 7: in the painting, 2 follows 1 (black), and
    # 5 precedes 6 (white).
    choice = torch.tensor([[0, 1, 6, 7]])
    if is_turned:
        quilt = quilted(choice.T, pixels(image.transpose(2, 3)))[0].transpose(2, 3)
    else:
        quilt, _ = quilted(choice, pixels(image))

    def weight(position: int) -> float:
        """Of pixel ``position`` of the twelve that a place and its neighbours have."""
        return 0.5 - 0.5 * math.cos(2 * math.pi * (position + 1) / 13)

    row = quilt[0, 0, 0]
    for pixel in range(4):
        # Of place 1: its own and what 0 brings along are black, what 6 brings along is white.
        black = weight(4 + pixel) + weight(8 + pixel)
        assert float(row[4 + pixel]) == pytest.approx(weight(pixel) / (black + weight(pixel)))
        # The same, mirrored.
        assert float(row[11 - pixel]) == pytest.approx(1 - float(row[4 + pixel]), abs=1e-6)
    assert (row[:4] == 0).all()
    assert (row[12:] == 1).all()


def test_what_is_not_visible_is_not_taken_over() -> None:
    image = painting(3, 4)
    visible = torch.ones(1, 1, 12, 16)
    visible[..., 8:] = 0
    spoilt = torch.where(visible > 0, image, 7.0)
    quilt, is_there = quilted(torch.arange(12).view(3, 4), pixels(spoilt, visible=visible))
    assert torch.equal(is_there, visible)
    assert torch.allclose(quilt[..., :8], image[..., :8], atol=1e-6)
    assert (quilt[..., 8:] == 0).all()


def test_of_several_paintings_only_some_may_have_transparent_parts() -> None:
    first, second = painting(2, 2), painting(2, 3, seed=2)
    chosen = torch.tensor([[4, 5, 6], [7, 8, 9]])
    quilt, is_there = quilted(chosen, pixels(first, second, visible=torch.zeros(1, 1, 8, 8)))
    assert torch.allclose(quilt, second, atol=1e-6)
    assert (is_there == 1).all()
