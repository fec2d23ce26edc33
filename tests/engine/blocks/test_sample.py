"""nst_core.blocks.sample: which parts of a picture are looked at to find prices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import cast

import pytest
import torch
from torch import Tensor

from nst_core.blocks.sample import COUNT, SIDE, looked_at, parts
from nst_core.distributed.group_interface import ProcessGroup
from nst_core.pictures.tile_margins import Tile


def test_of_a_small_picture_all_is_looked_at() -> None:
    found = parts(2 * SIDE, 3 * SIDE, None, 48)
    assert [(part.rows.inner[0], part.columns.inner[0]) for part in found] == [
        (row * SIDE, column * SIDE) for row in range(2) for column in range(3)
    ]


def test_of_a_large_picture_so_many_parts_are_spread_evenly() -> None:
    found = parts(40 * SIDE, 60 * SIDE, None, 48)
    assert len(found) == COUNT
    assert sum(part.rows.inner[0] < 20 * SIDE for part in found) == COUNT // 2
    assert abs(sum(part.columns.inner[0] < 30 * SIDE for part in found) - COUNT // 2) <= COUNT // 6


def test_only_parts_of_the_region_are_looked_at() -> None:
    mask = torch.zeros(1, 1, 10 * SIDE, 10 * SIDE)
    mask[..., 5 * SIDE :, : 2 * SIDE] = 1
    found = parts(10 * SIDE, 10 * SIDE, mask, 48)
    assert len(found) == 10
    assert all(
        part.rows.inner[0] >= 5 * SIDE and part.columns.inner[0] < 2 * SIDE for part in found
    )


def test_a_region_that_lies_between_all_parts_is_looked_at_all_the_same() -> None:
    mask = torch.zeros(1, 1, SIDE + 8, SIDE)
    mask[..., SIDE:, :] = 1
    assert len(parts(SIDE + 8, SIDE, mask, 48)) == 1


@pytest.mark.parametrize("mask", [None, torch.ones(1, 1, 59, 3 * SIDE)])
def test_parts_of_a_narrow_picture_are_as_narrow(mask: Tensor | None) -> None:
    """But whole places high: of 59 pixels, 56 are 14 places."""
    found = parts(59, 3 * SIDE, mask, 48)
    assert [part.rows.inner for part in found] == [(0, 56)] * 3
    assert [part.rows.outer for part in found] == [(0, 59)] * 3
    assert [part.columns.inner for part in found] == [(0, 64), (64, 128), (128, 192)]


def test_a_part_is_found_again_in_the_maps_of_its_window() -> None:
    positions = torch.arange(5 * SIDE * 4 * SIDE).view(1, 1, 5 * SIDE, 4 * SIDE)
    for part in parts(5 * SIDE, 4 * SIDE, None, 48):
        rows, columns = part.window
        whole = positions[..., ::4, ::4]
        found = part.own_of_tile(positions[..., rows, columns][..., ::4, ::4], 4)
        rows, columns = (
            slice(start // 4, end // 4) for start, end in (part.rows.inner, part.columns.inner)
        )
        assert torch.equal(found, whole[..., rows, columns])


class Connected:
    """One of several processes, here threads; what they send goes through queues."""

    def __init__(self, rank: int, size: int, lines: dict[tuple[int, int], Queue[Tensor]]) -> None:
        self.rank, self.size = rank, size
        self._lines = lines

    def send(self, tensor: Tensor, rank: int) -> None:
        self._lines[self.rank, rank].put(tensor.clone())

    def receive(self, tensor: Tensor, rank: int) -> None:
        tensor.copy_(self._lines[rank, self.rank].get(timeout=30))


@pytest.mark.parametrize("size", [1, 2, 3, 60])
def test_each_process_looks_at_its_share_and_the_leader_has_it_all(size: int) -> None:
    known = torch.rand(1, 3, 4 * SIDE, 5 * SIDE, generator=torch.Generator().manual_seed(1))
    tiles = parts(4 * SIDE, 5 * SIDE, None, 8)
    looks = [0] * size
    lines: dict[tuple[int, int], Queue[Tensor]] = {
        (one, other): Queue() for one in range(size) for other in range(size)
    }

    def seen(picture: Tensor, tile: Tile) -> Tensor:
        own = tile.own_of_picture(picture, 1)
        return own[0].flatten(1).bfloat16().T

    def work(rank: int) -> list[Tensor]:
        picture = known if rank == 0 else torch.zeros_like(known)

        def look(tile: Tile) -> Tensor:
            looks[rank] += 1
            return seen(picture, tile)

        group = cast(ProcessGroup, Connected(rank, size, lines))
        return looked_at(tiles, picture, look, group)

    with ThreadPoolExecutor(size) as threads:
        found, *_ = threads.map(work, range(size))
    assert len(found) == len(tiles)
    assert all(map(torch.equal, found, [seen(known, tile) for tile in tiles]))
    assert sum(looks) == len(tiles)
    assert max(looks) - min(looks) <= 1
