"""nst_core.blocks.layout: what a picture is cut into, and in which order it is painted."""

from __future__ import annotations

import math

import pytest
import torch

from nst_core.blocks.layout import FADING, MARGIN, Block, blocks_of, margin_for

SIZES = [(64, 64), (200, 150), (1000, 70), (333, 517)]


def covered(size: tuple[int, int], blocks: list[Block]) -> torch.Tensor:
    """Returns in how many blocks each pixel is."""
    width, height = size
    counts = torch.zeros(height, width)
    for block in blocks:
        counts[slice(*block.tile.rows.inner), slice(*block.tile.columns.inner)] += 1
    return counts


@pytest.mark.parametrize("size", SIZES)
def test_each_pixel_is_in_one_block(size: tuple[int, int]) -> None:
    blocks = blocks_of(size, (96, 96))
    assert (covered(size, blocks) == 1).all()
    assert sum(block.area for block in blocks) == size[0] * size[1]
    assert [block.number for block in blocks] == list(range(len(blocks)))


def test_blocks_are_as_good_as_equal() -> None:
    """Not full ones, and a strip of what is left over."""
    widths = {block.tile.columns.inner for block in blocks_of((1040, 64), (512, 512))}
    assert widths == {(0, 352), (352, 688), (688, 1040)}


def overlap(one: Block, other: Block) -> bool:
    """Tells whether what one block changes is seen by another."""
    return all(
        max(0, a.inner[0] - FADING) < b.outer[1] and b.outer[0] < a.inner[1] + FADING
        for a, b in ((one.tile.rows, other.tile.rows), (one.tile.columns, other.tile.columns))
    )


@pytest.mark.parametrize(("largest", "margin"), [(96, MARGIN), (96, 48), (128, 64), (224, 112)])
@pytest.mark.parametrize("size", SIZES)
def test_of_two_blocks_that_see_each_other_one_waits_for_the_other(
    size: tuple[int, int], largest: int, margin: int
) -> None:
    """So the picture is the same, however many are painted at a time, and in whatever order."""
    blocks = blocks_of(size, (largest, largest), margin)
    for one in blocks:
        for other in blocks[: one.number]:
            assert (other.number in one.needs) == overlap(other, one)
        assert all(needed < one.number for needed in one.needs)


def test_the_middle_comes_first() -> None:
    first = blocks_of((480, 480), (96, 96))[0].tile
    assert (first.rows.inner, first.columns.inner) == ((192, 288), (192, 288))


def test_a_change_fades_out_around_the_block_but_not_at_the_edge_of_the_picture() -> None:
    (corner,) = (
        block
        for block in blocks_of((192, 192), (96, 96))
        if (block.tile.rows.inner[0], block.tile.columns.inner[0]) == (0, 0)
    )
    fading = corner.fading()[0, 0]
    assert fading.shape == (96 + MARGIN, 96 + MARGIN)
    assert (fading[: 96 - FADING, : 96 - FADING] == 1).all()
    assert (fading[96 + FADING :] == 0).all()
    assert (fading[:, 96 + FADING :] == 0).all()
    # On the border itself, between two pixels, it is the sine of 45 degrees.
    assert float(fading[0, 95:97].mean()) == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert torch.equal(fading, fading.T)


@pytest.mark.parametrize("size", SIZES)
def test_the_steps_of_all_blocks_add_up_to_one(size: tuple[int, int]) -> None:
    """What is optimised is the change times the fading, so that steps have its square."""
    width, height = size
    steps = torch.zeros(height, width)
    for block in blocks_of(size, (96, 96)):
        rows, columns = block.window
        steps[rows, columns] += block.fading()[0, 0].square()
    assert torch.allclose(steps, torch.ones_like(steps), atol=1e-6)


def test_what_the_network_sees_otherwise_than_in_the_whole_picture_does_not_count() -> None:
    (corner,) = (
        block
        for block in blocks_of((192, 192), (96, 96))
        if (block.tile.rows.inner[0], block.tile.columns.inner[0]) == (96, 0)
    )
    seen = corner.seen(16)[0, 0]
    height, width = 96 + MARGIN, 96 + MARGIN
    expected = torch.zeros(height, width)
    # The window begins within the picture above, and ends within it on the right.
    expected[16:, : width - 16] = 1
    assert torch.equal(seen, expected)


@pytest.mark.parametrize("sight", [16, 32, 48, 96, 144])
def test_all_that_a_block_changes_counts_however_far_the_network_sees(sight: int) -> None:
    margin = margin_for(sight)
    for block in blocks_of((1000, 700), (2 * margin, 2 * margin), margin):
        assert (block.seen(sight) >= block.fading().ceil()).all()


def test_what_is_around_the_window_ends_where_the_picture_does() -> None:
    block = blocks_of((300, 100), (96, 96))[0]
    assert block.size[1] <= 100
    rows, columns = block.around(48).window
    assert (rows.start, rows.stop) == (0, 100)
    assert columns.start == max(0, block.tile.columns.outer[0] - 48)
    assert columns.stop == min(300, block.tile.columns.outer[1] + 48)


@pytest.mark.parametrize("side", [0, 32, 100])
def test_a_side_that_margins_do_not_fit_into_is_refused(side: int) -> None:
    for largest in ((side, 128), (128, side)):
        with pytest.raises(ValueError, match=f"side is {side}"):
            blocks_of((200, 200), largest)
