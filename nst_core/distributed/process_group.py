"""The process group of torch.distributed: the processes that ``torchrun`` started.

The leader (rank 0) runs the optimiser and tells the others what to evaluate
(:mod:`nst_core.run.other_ranks`). Sums travel by all_reduce, through NCCL where each process has a
GPU, and through gloo elsewhere.
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
from nst_core.distributed.group_interface import Order, SingleProcess
from nst_core.distributed.rendezvous import Place, meet

# The others wait while the leader computes a coarse scale alone, so the timeout must be long. A
# process that ends is noticed at once anyway, because its connection closes.
_TIMEOUT = timedelta(days=7)
_SECONDS_BETWEEN_LOOKS = 0.2
_TURNS = "turns that were taken"


def is_started_by_torchrun(environment: Mapping[str, str] = os.environ) -> bool:
    """Tells whether this process is one of several."""
    is_one = environment.get("WORLD_SIZE", "").strip() in ("", "0", "1")
    return not is_one and "MASTER_ADDR" in environment


@contextlib.contextmanager
def joined() -> Iterator[TorchrunGroup | None]:
    """Joins the processes that torchrun started, and leaves them at the end.

    Yields:
        The group, or None if this process is the only one.

    Raises:
        NstError: (team) if another process never joins, or ends early.
    """
    if not is_started_by_torchrun():
        yield None
        return
    group = TorchrunGroup()
    yield group
    # Only after success: after an error there may be no other process left to say goodbye to.
    group.leave()


class TorchrunGroup:
    """The group of the processes that torchrun started.

    Attributes:
        rank, size, size_here: as in :class:`nst_core.distributed.group_interface.ProcessGroup`.
        rank_here: this process's number among those on this machine.
    """

    def __init__(self) -> None:
        place = Place.read()
        self._store = store = meet(place)
        self.size_here = int(os.environ.get("LOCAL_WORLD_SIZE", place.size))
        with _explaining_lost_processes():
            dist.init_process_group(
                backend(self.size_here),
                store=store,
                rank=place.rank,
                world_size=place.size,
                timeout=_TIMEOUT,
            )
        self.rank = place.rank
        self.size = place.size
        self.rank_here = int(os.environ.get("LOCAL_RANK", self.rank))
        # When one process ends, torchrun terminates the others; they should say why they stopped.
        self._on_sigterm = signal.signal(signal.SIGTERM, _stopped) or signal.SIG_DFL

    def all_reduce(self, tensor: Tensor) -> None:
        with _explaining_lost_processes():
            dist.all_reduce(tensor)

    def send_order(self, order: Order, scale: int = 0, is_float32: bool = False) -> None:
        with _explaining_lost_processes():
            dist.broadcast(torch.tensor([order, scale, is_float32]), src=0)

    def receive_order(self) -> tuple[Order, int, bool]:
        """Waits for the leader's next order, and returns it."""
        called = torch.empty(3, dtype=torch.int64)
        with _explaining_lost_processes():
            dist.broadcast(called, src=0)
        order, scale, is_float32 = called.tolist()
        return Order(order), scale, bool(is_float32)

    def broadcast(self, image: Tensor) -> None:
        with _explaining_lost_processes():
            dist.broadcast(image, src=0)

    def send(self, tensor: Tensor, rank: int) -> None:
        with _explaining_lost_processes():
            dist.send(tensor, rank)

    def receive(self, tensor: Tensor, rank: int) -> None:
        with _explaining_lost_processes():
            dist.recv(tensor, rank)

    def broadcast_value(self, value: Any) -> Any:
        """Returns the leader's value, which must be representable in JSON, in every process."""
        said = torch.tensor(list(json.dumps(value).encode()), dtype=torch.uint8)
        length = torch.tensor(len(said))
        with _explaining_lost_processes():
            dist.broadcast(length, src=0)
            said = said if self.rank == 0 else torch.empty(int(length), dtype=torch.uint8)
            dist.broadcast(said, src=0)
        return json.loads(bytes(said.tolist()))

    def take_turn(self) -> int:
        """Returns 0 in the process that asks first, 1 in the one that asks next, and so on."""
        with _explaining_lost_processes():
            return int(self._store.add(_TURNS, 1)) - 1

    def all_reduce_when_all_are_done(self, tensor: Tensor, meanwhile: Callable[[], None]) -> None:
        """Waits until all processes get here, then does what :meth:`all_reduce` does.

        Args:
            tensor: is replaced with the sum over all processes.
            meanwhile: is called every now and then during the wait.

        Raises:
            NstError: (team) if another process ended.
        """
        with _explaining_lost_processes():
            work = dist.all_reduce(tensor, async_op=True)
            while not work.is_completed():
                meanwhile()
                # wait() itself would not let signals through.
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            work.wait()

    def settings_for_own_pictures(self, settings: Settings) -> tuple[Settings, SingleProcess]:
        """Returns the settings and group with which this process paints a picture on its own, while
        the others paint theirs.

        Args:
            settings: those of all processes. Where there are several GPUs, each process gets one.
        """
        cards = torch.cuda.device_count() if settings.device in ("auto", "cuda") else 0
        if not cards:
            return settings, SingleProcess(self.size_here)
        device = f"cuda:{self.rank_here % cards}"
        return replace(settings, device=device), SingleProcess(-(-self.size_here // cards))

    def leave(self) -> None:
        """Closes the connections; from here on it does not matter if other processes end."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        dist.destroy_process_group()


def backend(size_here: int) -> str:
    """Returns the name of what carries tensors between processes.

    NCCL wants a GPU for each of the processes on this machine; gloo goes through main memory,
    whichever device a tensor is on.
    """
    cards = torch.cuda.device_count() if dist.is_nccl_available() else 0
    return "cpu:gloo,cuda:nccl" if 0 < size_here <= cards else "gloo"


@contextlib.contextmanager
def _explaining_lost_processes() -> Iterator[None]:
    """Turns the failure to reach another process into an error that says so."""
    try:
        yield
    except RuntimeError as error:
        raise NstError(
            PROCESS_GROUP,
            "The connection to another process of this run was lost.",
            "That process ended; its own message says why. Start the run again.",
        ) from error


def _stopped(_signal: int, _frame: object) -> None:
    raise NstError(
        PROCESS_GROUP,
        "This process was stopped because another process of this run ended.",
        "That process's own message says why. Start the run again.",
    )
