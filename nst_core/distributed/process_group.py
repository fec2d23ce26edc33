"""The processes that share the tiles of one picture, as the objective sees them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from nst_core.run.memory import ScalePlan


class Order(IntEnum):
    """What the leader of a group has the others do."""

    END = 0
    BUILD = 1
    EVALUATE = 2


class ProcessGroup(Protocol):
    """A group, of which :mod:`nst_core.distributed.torchrun` has the one of several processes.

    Attributes:
        rank: this process's number, from 0, the leader.
        size: how many there are.
        size_here: how many of them are on this machine, and share its memory.
    """

    @property
    def rank(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def size_here(self) -> int: ...

    def all_reduce(self, tensor: Tensor) -> None:
        """Replaces the tensor by the sum of all processes' tensors."""
        ...

    def broadcast_plans(self, plans: Sequence[ScalePlan]) -> Sequence[ScalePlan]:
        """Returns the leader's plans, of which there are as many as this process has."""
        ...

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Tells the others, who wait for it, what to do next; only the leader may."""
        ...

    def broadcast(self, image: Tensor) -> None:
        """Replaces the picture by the leader's."""
        ...


class SingleProcess:
    """A group of one process.

    Args:
        size_here: how many such processes share this machine's memory, each with its own picture.
    """

    rank = 0
    size = 1

    def __init__(self, size_here: int = 1) -> None:
        self.size_here = size_here

    def all_reduce(self, tensor: Tensor) -> None:
        """Leaves the tensor as it is: the sum of one."""

    def broadcast_plans(self, plans: Sequence[ScalePlan]) -> Sequence[ScalePlan]:
        """Returns its own plans."""
        return plans

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Nobody else is there."""

    def broadcast(self, image: Tensor) -> None:
        """Leaves the picture as it is."""
