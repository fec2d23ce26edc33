"""Blocks that others paint, on other devices or in other processes.

Nobody waits for anybody at an evaluation: the leader sends another process the number of a block
and what there is of the picture around it, and gets its window back when it is painted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nst_core.blocks.dealing import Dealer
from nst_core.blocks.layout import Block
from nst_core.blocks.painter import PaintedBlock
from nst_core.distributed.group_interface import ProcessGroup
from nst_core.pictures.tile_margins import Window

_NO_MORE = -1


class Helper(threading.Thread):
    """Paints blocks beside the leader, on another device or by another process.

    Args:
        name: of the thread.
        dealer: deals out the blocks.
        paint: paints a block.
        accept: takes a painted block into the picture; returns whether it could be used.
        leave: is called when there is nothing left to paint.

    Attributes:
        error: why it is lost; None: it is not.
    """

    def __init__(
        self,
        name: str,
        dealer: Dealer,
        paint: Callable[[Block], PaintedBlock],
        accept: Callable[[Block, PaintedBlock], bool],
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._dealer = dealer
        self._paint = paint
        self._accept = accept
        self._leave = leave
        self.error: Exception | None = None

    def run(self) -> None:
        block: Block | None = None
        try:
            while (block := self._dealer.take()) is not None:
                if not self._accept(block, self._paint(block)):
                    # The leader can do what this one cannot: paint it in float32.
                    self._dealer.give_back(block)
                    break
                self._dealer.finished(block)
            block = None
            self._leave()
        except Exception as error:
            self.error = error
            if block is not None:
                self._dealer.give_back(block)


class OtherProcess:
    """Another process that paints blocks, as the leader sees it.

    Args:
        rank: its number.
        group: the processes.
        sight: how far around a window the picture must be known, in pixels.
        cut: returns a part of the picture as it is now, on the CPU.
    """

    def __init__(
        self, rank: int, group: ProcessGroup, sight: int, cut: Callable[[Window], Tensor]
    ) -> None:
        self._rank = rank
        self._group = group
        self._sight = sight
        self._cut = cut

    def paint(self, block: Block) -> PaintedBlock:
        """Has it paint a block, and waits until it is painted."""
        self._group.send(torch.tensor([block.number]), self._rank)
        self._group.send(self._cut(block.around(self._sight).window).contiguous(), self._rank)
        facts = torch.empty(2, dtype=torch.float64)
        self._group.receive(facts, self._rank)
        width, height = block.size
        window = torch.empty(1, 3, height, width)
        self._group.receive(window, self._rank)
        return PaintedBlock(window, float(facts[0]), bool(facts[1]))

    def leave(self) -> None:
        """Tells it that nothing is left to paint."""
        self._group.send(torch.tensor([_NO_MORE]), self._rank)


def paint_for_leader(
    group: ProcessGroup,
    blocks: Mapping[int, Block],
    sight: int,
    picture: Tensor,
    paint: Callable[[Block], PaintedBlock],
) -> None:
    """Paints what the leader asks for, until it asks for nothing more.

    Args:
        group: the processes.
        blocks: by number.
        sight: how far around a window the picture must be known, in pixels.
        picture: (1, 3, height, width); what the leader knows of it is written there.
        paint: paints a block of it.
    """
    number = torch.empty(1, dtype=torch.int64)
    while True:
        group.receive(number, 0)
        if int(number) == _NO_MORE:
            return
        block = blocks[int(number)]
        rows, columns = block.around(sight).window
        there = picture[..., rows, columns]
        known = torch.empty(there.shape)
        group.receive(known, 0)
        there.copy_(known)
        painted = paint(block)
        facts = torch.tensor([painted.loss, painted.is_finite], dtype=torch.float64)
        group.send(facts, 0)
        group.send(painted.window.cpu().contiguous(), 0)
