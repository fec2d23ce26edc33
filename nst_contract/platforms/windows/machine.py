"""What the system says of the machine, and what it allows this process."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

_BELOW_NORMAL = 0x4000
_POLICY = "OMP_WAIT_POLICY"


def lower_priority() -> None:
    """Lets the programs that somebody is looking at go first."""
    kernel.set_priority_class(kernel.current_process(), _BELOW_NORMAL)


def keep_freed_memory() -> None:
    """Leaves it to the system how much freed memory is kept."""


def waiting_threads(env: Mapping[str, str]) -> dict[str, str]:
    """Returns what to add to an environment so that threads of OpenMP wait for each other well.

    They sleep: a thread that goes on looking for work keeps the core from the one it waits for, as
    soon as another program wants one as well.

    Args:
        env: in which the user may have said how threads wait; then nothing is added.
    """
    return {} if _POLICY in env else {_POLICY: "PASSIVE"}


def kept_memory() -> int:
    """Returns how many bytes of freed memory this process keeps by its own wish: none."""
    return 0


def give_back_freed_memory() -> None:
    """Does nothing: nothing is kept."""


def cores() -> int:
    """Returns how many cores this process may use."""
    return os.cpu_count() or 1


def total_memory() -> int:
    """Returns the machine's memory, in bytes."""
    status = kernel.MemoryStatus(length=ctypes.sizeof(kernel.MemoryStatus))
    if not kernel.memory_status(ctypes.byref(status)):
        raise kernel.last_error()
    return int(status.total)


def memory_limits() -> tuple[int | None, int | None]:
    """Returns how many bytes this process may map in all, and how many of data of its own; None
    for no limit: there are none.
    """
    return None, None


def is_administrator() -> bool:
    """Tells whether whoever runs this may do everything; nothing here asks before that."""
    return False
