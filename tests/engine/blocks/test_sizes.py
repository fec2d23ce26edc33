"""nst_core.blocks.sizes: with which blocks a picture is painted soonest."""

from __future__ import annotations

import math

import pytest

from nst_core.blocks.layout import MARGIN, blocks_of
from nst_core.blocks.sizes import BlockSize, Share, block_sizes, share, soonest

SIGHT = 80
PRINT, MIDDLE, SMALL = (6000, 4000), (2109, 1406), (1048, 699)


def chosen(
    picture: tuple[int, int], workers: int, *, is_lent: bool = False
) -> tuple[BlockSize, Share]:
    sizes = block_sizes(picture, SIGHT)
    return soonest(sizes, picture, SIGHT, workers, is_lent=is_lent)


def grid(picture: tuple[int, int], size: BlockSize) -> tuple[int, int]:
    """Returns how many blocks there are side by side, and above one another."""
    tiles = [block.tile for block in blocks_of(picture, size.largest)]
    return len({tile.columns for tile in tiles}), len({tile.rows for tile in tiles})


@pytest.mark.parametrize("margin", [MARGIN, 112, 160])
@pytest.mark.parametrize("picture", [PRINT, MIDDLE, SMALL, (300, 5000)])
def test_a_size_says_how_large_windows_are_and_what_all_of_them_take(
    picture: tuple[int, int], margin: int
) -> None:
    sizes = list(block_sizes(picture, SIGHT, margin))
    assert len({size.largest for size in sizes}) == len(sizes)
    assert len({grid(picture, size) for size in sizes}) == len(sizes)
    for size in sizes[:: max(1, len(sizes) // 5)]:
        blocks = blocks_of(picture, size.largest, margin)
        assert size.window == max(math.prod(block.size) for block in blocks)
        assert max(block.area for block in blocks) <= 2**20
        # What is painted, and half of what is looked at before.
        painted = sum(math.prod(block.size) for block in blocks)
        seen = sum(math.prod(block.around(SIGHT).size) for block in blocks)
        expected = (painted + seen / 2) / (math.prod(picture) * 3 / 2)
        assert size.work == pytest.approx(expected)
        alone = share(size.largest, picture, SIGHT, 1, is_lent=False, margin=margin)
        assert alone.work == pytest.approx(expected)


def test_what_is_in_one_block_takes_as_long_as_the_whole() -> None:
    size, found = chosen(SMALL, 1)
    assert grid(SMALL, size) == (1, 1)
    assert (size.window, size.work, found) == (1048 * 699, 1.0, Share(1.0, is_alone=False))


def test_blocks_are_cut_across_the_long_side_first() -> None:
    """Worked out by hand: each border has two margins on it, and the short side is its length."""
    size, found = chosen(MIDDLE, 1)
    assert grid(MIDDLE, size) == (3, 1)
    painted = 2 * 2 * MARGIN * 1406
    seen = 2 * 2 * (MARGIN + SIGHT) * 1406
    assert found.work == pytest.approx(1 + (painted + seen / 2) / (3 / 2 * 2109 * 1406))


def test_two_processes_paint_four_strips_in_two_turns() -> None:
    size, found = chosen(MIDDLE, 2)
    assert grid(MIDDLE, size) == (4, 1)
    assert found.work < 1.25 / 2
    # Square blocks, of which two lie above one another, have more margin, or keep one waiting.
    square = share((1024, 1024), MIDDLE, SIGHT, 2, is_lent=False)
    assert square.work > 1.2 * found.work


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_of_all_sizes_the_one_that_is_ready_first_is_chosen(workers: int) -> None:
    _, found = chosen(MIDDLE, workers)
    assert found.work == min(
        share(size.largest, MIDDLE, SIGHT, workers, is_lent=False).work
        for size in block_sizes(MIDDLE, SIGHT)
    )


def test_more_processes_are_never_slower() -> None:
    work = [chosen(PRINT, workers)[1].work for workers in (1, 2, 4, 8, 16)]
    assert work == sorted(work, reverse=True)
    assert work[0] / work[1] > 1.9


def test_a_picture_of_one_block_is_painted_with_the_threads_of_all() -> None:
    """Strips would have as much margin as two threads lose that share a block."""
    size, found = chosen(SMALL, 2, is_lent=True)
    assert grid(SMALL, size) == (1, 1)
    assert found.is_alone
    assert found.work == pytest.approx(1 / (2 * 0.9))
    assert chosen(SMALL, 2)[1].work > found.work


def test_threads_are_not_lent_where_each_process_has_blocks_of_its_own() -> None:
    _, found = chosen(PRINT, 2, is_lent=True)
    assert not found.is_alone
    assert found == chosen(PRINT, 2)[1]
