"""The process group of torch.distributed: the processes that ``torchrun`` started.

The leader (rank 0) runs the optimiser and tells the others what to evaluate
(:mod:`nst_core.run.follower`). Sums travel by all_reduce: gloo between CPUs, NCCL between GPUs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from nst_contract.errors import PROCESS_GROUP, NstError
from nst_contract.settings import Settings
from nst_core.distributed.process_group import Order, SingleProcess

# While the leader computes a coarse scale alone, the others wait. A process that ends is noticed
# at once, by its closed connection.
_TIMEOUT = timedelta(days=7)
_SECONDS_BETWEEN_LOOKS = 0.2


def is_started_by_torchrun(environment: Mapping[str, str] = os.environ) -> bool:
    """Tells whether this process is one of several."""
    return int(environment.get("WORLD_SIZE", "1")) > 1 and "MASTER_ADDR" in environment


@contextlib.contextmanager
def joined() -> Iterator[TorchrunGroup | None]:
    """Joins the processes that torchrun started, and leaves them at the end.

    Yields:
        The group, or None if this process is the only one.

    Raises:
        NstError: (team) if another process does not come, or ends.
    """
    if not is_started_by_torchrun():
        yield None
        return
    group = TorchrunGroup()
    yield group
    # Only at a good end: after an error there may be nobody left to take leave of.
    group.leave()


class TorchrunGroup:
    """The group of the processes that torchrun started.

    Attributes:
        rank, size, size_here: as in :class:`nst_core.distributed.process_group.ProcessGroup`.
        rank_here: this process's number among those on this machine.
    """

    def __init__(self) -> None:
        with _losing_nobody():
            has_cuda = torch.cuda.is_available()
            dist.init_process_group("cpu:gloo,cuda:nccl" if has_cuda else "gloo", timeout=_TIMEOUT)
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self.size_here = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        self.rank_here = int(os.environ.get("LOCAL_RANK", self.rank))
        # torchrun ends all processes when one has ended; they should say so.
        signal.signal(signal.SIGTERM, _stopped)

    def all_reduce(self, tensor: Tensor) -> None:
        with _losing_nobody():
            dist.all_reduce(tensor)

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        with _losing_nobody():
            dist.broadcast(torch.tensor([order, scale, is_float32]), src=0)

    def receive_order(self) -> tuple[Order, int, bool]:
        """Returns what the leader calls, once it does."""
        called = torch.empty(3, dtype=torch.int64)
        with _losing_nobody():
            dist.broadcast(called, src=0)
        order, scale, is_float32 = called.tolist()
        return Order(order), scale, bool(is_float32)

    def broadcast(self, image: Tensor) -> None:
        with _losing_nobody():
            dist.broadcast(image, src=0)

    def broadcast_value(self, value: Any) -> Any:
        """Returns the leader's value, made of what JSON knows, which all processes get."""
        said = torch.tensor(list(json.dumps(value).encode()), dtype=torch.uint8)
        length = torch.tensor(len(said))
        with _losing_nobody():
            dist.broadcast(length, src=0)
            said = said if self.rank == 0 else torch.empty(int(length), dtype=torch.uint8)
            dist.broadcast(said, src=0)
        return json.loads(bytes(said.tolist()))

    def all_reduce_when_all_are_done(self, tensor: Tensor, meanwhile: Callable[[], None]) -> None:
        """Waits until all processes are here, then does what :meth:`all_reduce` does.

        Args:
            tensor: is replaced by the sum of all processes' tensors.
            meanwhile: is called from time to time.

        Raises:
            NstError: (team) if another process ended.
        """
        with _losing_nobody():
            work = dist.all_reduce(tensor, async_op=True)
            while not work.is_completed():
                meanwhile()
                # In wait() itself, no signal would be heard.
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            work.wait()

    def settings_for_own_pictures(self, settings: Settings) -> tuple[Settings, SingleProcess]:
        """Returns how this process paints a picture of its own, beside the others.

        Args:
            settings: those for all. With several cards, each process gets one of them.
        """
        cards = torch.cuda.device_count() if settings.device in ("auto", "cuda") else 0
        if not cards:
            return settings, SingleProcess(self.size_here)
        device = f"cuda:{self.rank_here % cards}"
        return replace(settings, device=device), SingleProcess(-(-self.size_here // cards))

    def leave(self) -> None:
        """Ends the connections; from here on it is nobody's loss if the others end."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        dist.destroy_process_group()


@contextlib.contextmanager
def _losing_nobody() -> Iterator[None]:
    """Turns the loss of another process into an error that says so."""
    try:
        yield
    except RuntimeError as error:
        raise NstError(
            PROCESS_GROUP,
            "The connection to another process of this run was lost.",
            "One of them ended; its own message says why. Start the run again.",
        ) from error


def _stopped(_signal: int, _frame: object) -> None:
    raise NstError(
        PROCESS_GROUP,
        "This process was stopped, because another process of this run ended.",
        "Its own message says why. Start the run again.",
    )
