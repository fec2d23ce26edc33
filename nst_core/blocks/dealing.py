"""Deals out the blocks of a scale to whoever has time: this process, and others if any."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Collection, Sequence

from nst_core.blocks.layout import Block


class Dealer:
    """Keeps count of who paints what. All of it may be called from any thread.

    Args:
        blocks: in the order in which they are dealt out, as far as their needs allow.
        done: numbers of those that are painted already.
    """

    def __init__(self, blocks: Sequence[Block], done: Collection[int] = ()) -> None:
        self._waiting = [block for block in blocks if block.number not in done]
        # What is not to be painted at all need not be waited for.
        self._missing = {block.number for block in self._waiting}
        self._changed = threading.Condition()
        self._is_stopped = False

    def take(self, patience: float | None = None) -> Block | None:
        """Waits for a block that can be painted now, and returns it.

        Args:
            patience: for how many seconds to wait at most; None: as long as it takes.

        Returns:
            None if there is none left, or none came in time; :attr:`is_over` tells which.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or self._ready() is not None, patience)
            block = None if self.is_over else self._ready()
            if block is not None:
                self._waiting.remove(block)
            return block

    @property
    def is_over(self) -> bool:
        """Whether no block will be dealt out any more: all are painted, or it was stopped."""
        return self._is_stopped or not self._missing

    def finished(self, block: Block) -> None:
        """Tells that a block is painted, and the picture has it."""
        with self._changed:
            self._missing.discard(block.number)
            self._changed.notify_all()

    def give_back(self, block: Block) -> None:
        """Has a block dealt out again, because who took it is gone."""
        with self._changed:
            self._waiting.insert(0, block)
            self._changed.notify_all()

    def stop(self) -> None:
        """Deals out nothing more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _ready(self) -> Block | None:
        return next(
            (block for block in self._waiting if self._missing.isdisjoint(block.needs)), None
        )


def time_taken(blocks: Sequence[Block], workers: int, cost: Callable[[Block, int], float]) -> float:
    """Returns how long blocks take if each is painted by whoever has time.

    Args:
        blocks: in the order in which they are dealt out.
        workers: how many there are, from 0 on.
        cost: returns how long a worker takes for a block.
    """
    dealer, by_number = Dealer(blocks), {block.number: block for block in blocks}
    now, idle = 0.0, list(range(workers))
    busy: list[tuple[float, int, int]] = []
    while not dealer.is_over:
        while idle and (block := dealer.take(patience=0)) is not None:
            worker = heapq.heappop(idle)
            heapq.heappush(busy, (now + cost(block, worker), worker, block.number))
        now, worker, number = heapq.heappop(busy)
        dealer.finished(by_number[number])
        heapq.heappush(idle, worker)
    return now
