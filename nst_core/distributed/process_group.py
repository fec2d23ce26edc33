"""The processes that share the tiles of one picture, as the objective sees them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from nst_core.run.memory import Plan


class Order(IntEnum):
    """What the leader of a team has the others do."""

    END = 0
    BUILD = 1
    EVALUATE = 2


class Team(Protocol):
    """A team, of which :mod:`nst_core.distributed.torchrun` has the one of several processes.

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

    def add_up(self, tensor: Tensor) -> None:
        """Replaces the tensor by the sum of all processes' tensors."""
        ...

    def agree(self, plans: Sequence[Plan]) -> Sequence[Plan]:
        """Returns the leader's plans, of which there are as many as this process has."""
        ...

    def call(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Tells the others, who wait for it, what to do next; only the leader may."""
        ...

    def spread(self, image: Tensor) -> None:
        """Replaces the picture by the leader's."""
        ...


class Alone:
    """A team of one process.

    Args:
        size_here: how many such processes share this machine's memory, each with its own picture.
    """

    rank = 0
    size = 1

    def __init__(self, size_here: int = 1) -> None:
        self.size_here = size_here

    def add_up(self, tensor: Tensor) -> None:
        """Leaves the tensor as it is: the sum of one."""

    def agree(self, plans: Sequence[Plan]) -> Sequence[Plan]:
        """Returns its own plans."""
        return plans

    def call(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Nobody else is there."""

    def spread(self, image: Tensor) -> None:
        """Leaves the picture as it is."""
