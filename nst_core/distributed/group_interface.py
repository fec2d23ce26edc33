"""The processes that share the tiles of one picture, as seen by the objective."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol

from torch import Tensor


class Order(IntEnum):
    """What the leader of a group has the others do."""

    END = 0
    BUILD = 1
    EVALUATE = 2
    PAINT_BLOCKS = 3


class ProcessGroup(Protocol):
    """A group of processes; :mod:`nst_core.distributed.process_group` has the one with several.

    Attributes:
        rank: this process's number, counted from 0, which is the leader.
        size: how many processes there are.
        size_here: how many of them run on this machine and share its memory.
    """

    @property
    def rank(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def size_here(self) -> int: ...

    def all_reduce(self, tensor: Tensor) -> None:
        """Replaces the tensor with the sum over all processes."""
        ...

    def broadcast_value(self, value: Any) -> Any:
        """Returns the leader's value, which must be representable in JSON, in every process."""
        ...

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Tells the other processes, which are waiting, what to do next; only the leader may."""
        ...

    def broadcast(self, image: Tensor) -> None:
        """Replaces the picture with the leader's."""
        ...

    def send(self, tensor: Tensor, rank: int) -> None:
        """Sends a tensor on the CPU to one process, which must be receiving it."""
        ...

    def receive(self, tensor: Tensor, rank: int) -> None:
        """Replaces the tensor with what one process sends, which must have the same shape."""
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
        """Leaves the tensor as it is, the sum over a single process."""

    def broadcast_value(self, value: Any) -> Any:
        """Returns its own value."""
        return value

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        """Does nothing: there are no other processes."""

    def broadcast(self, image: Tensor) -> None:
        """Leaves the picture as it is."""

    def send(self, tensor: Tensor, rank: int) -> None:
        """Does nothing: there is nobody to send it to."""

    def receive(self, tensor: Tensor, rank: int) -> None:
        """Leaves the tensor as it is: there is nobody to send another one."""
