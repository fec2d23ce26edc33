"""nst_core.run.shared_blocks: what a leader and another process tell one another."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nst_contract.errors import PROCESS_GROUP, NstError
from nst_core.blocks.dealing import Dealer
from nst_core.blocks.layout import Block, blocks_of
from nst_core.blocks.painter import PaintedBlock
from nst_core.distributed.group_interface import SingleProcess
from nst_core.pictures.tile_margins import Window
from nst_core.run.shared_blocks import Helper, OtherProcess, paint_for_leader

SIGHT = 16
BLOCKS = blocks_of((300, 200), (96, 96))
PICTURE = torch.rand(1, 3, 200, 300, generator=torch.Generator().manual_seed(1))
NOBODY = NstError(PROCESS_GROUP, "The connection was lost.", "Start again.")


class Ends(SingleProcess):
    """One end of a connection between two processes, which are threads here."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: queue.Queue[Tensor | None] = queue.Queue()
        self.other: Ends = self

    def send(self, tensor: Tensor, rank: int) -> None:  # noqa: ARG002 (there is but one other)
        self.sent.put(tensor.clone())

    def receive(self, tensor: Tensor, rank: int) -> None:  # noqa: ARG002
        found = self.other.sent.get(timeout=60)
        if found is None:
            raise NOBODY
        assert (found.shape, found.dtype) == (tensor.shape, tensor.dtype)
        tensor.copy_(found)

    def close(self) -> None:
        self.sent.put(None)


@pytest.fixture
def ends() -> tuple[Ends, Ends]:
    """The leader's end, and that of another process."""
    leader, other = Ends(), Ends()
    leader.other, other.other = other, leader
    return leader, other


def shared(
    ends: tuple[Ends, Ends],
    paint: Callable[[Tensor, Block], PaintedBlock],
) -> tuple[Helper, Dealer, dict[int, PaintedBlock]]:
    """Has another process paint all blocks of a picture; returns what the leader knows then."""
    leader, other = ends
    accepted: dict[int, PaintedBlock] = {}
    theirs = torch.zeros_like(PICTURE)

    def cut(window: Window) -> Tensor:
        return PICTURE[..., window[0], window[1]]

    def accept(block: Block, painted: PaintedBlock) -> bool:
        if painted.is_finite:
            accepted[block.number] = painted
        return painted.is_finite

    def follow() -> None:
        blocks = {block.number: block for block in BLOCKS}
        with contextlib.suppress(SystemExit):
            paint_for_leader(other, blocks, SIGHT, theirs, lambda block: paint(theirs, block))
        other.close()

    dealer = Dealer(BLOCKS)
    process = OtherProcess(1, leader, SIGHT, cut)
    helper = Helper("", dealer, process.paint, accept, process.leave)
    follower = threading.Thread(target=follow)
    follower.start()
    helper.start()
    helper.join()
    follower.join()
    return helper, dealer, accepted


def negative(picture: Tensor, block: Block) -> PaintedBlock:
    rows, columns = block.window
    around = block.around(SIGHT).window
    assert torch.equal(picture[..., around[0], around[1]], PICTURE[..., around[0], around[1]])
    return PaintedBlock(1 - picture[..., rows, columns], block.number / 100, True)


def test_the_other_process_sees_the_picture_around_a_block_and_the_leader_gets_its_window(
    ends: tuple[Ends, Ends],
) -> None:
    helper, dealer, accepted = shared(ends, negative)
    assert helper.error is None
    assert dealer.is_over
    assert sorted(accepted) == list(range(len(BLOCKS)))
    for block in BLOCKS:
        rows, columns = block.window
        assert torch.equal(accepted[block.number].window, 1 - PICTURE[..., rows, columns])
        assert accepted[block.number].loss == block.number / 100


def test_the_block_of_a_process_that_ended_is_given_back(ends: tuple[Ends, Ends]) -> None:
    def dies(picture: Tensor, block: Block) -> PaintedBlock:
        if block.number == 2:
            raise SystemExit
        return negative(picture, block)

    helper, dealer, accepted = shared(ends, dies)
    assert helper.error is NOBODY
    assert sorted(accepted) == [0, 1]
    again = dealer.take(patience=0)
    assert again is not None
    assert again.number == 2


def test_a_block_whose_losses_are_not_finite_is_left_to_the_leader(
    ends: tuple[Ends, Ends],
) -> None:
    def overflows(picture: Tensor, block: Block) -> PaintedBlock:
        painted = negative(picture, block)
        return PaintedBlock(painted.window, torch.inf, False) if block.number == 1 else painted

    helper, dealer, accepted = shared(ends, overflows)
    assert helper.error is None
    assert sorted(accepted) == [0]
    again = dealer.take(patience=0)
    assert again is not None
    assert again.number == 1
