"""What the system says of the machine, and what it allows this process."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path

assert sys.platform != "win32"  # noqa: S101 (for the type checker)

_LESS_URGENT = 5
# glibc's mallopt(3): up to which size freed memory is kept for what comes next, and how much of it.
_MMAP_THRESHOLD, _LARGEST_KEPT = -3, 2**28
_TRIM_THRESHOLD, _MOST_KEPT = -1, 2**31 - 1
_kept: list[int] = []
# How threads of OpenMP wait, and how often those of libgomp look for work before they sleep.
_POLICY, _LOOKS = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"
_FEW_LOOKS = "5000"
# How many processes torchrun has started on this machine. One of them computes coarse scales with
# the threads of all, and otherwise each has a core of its own.
_STARTED = "LOCAL_WORLD_SIZE"
# Where no more threads ran at a time in the last minute, as a mean, nobody else computes.
_LITTLE = 0.5
# What computes is there each time that we look; so many seconds later, the kernel's own threads,
# which run for an instant now and then, are gone.
_GLANCES, _MOMENT = 4, 0.001


def lower_priority() -> None:
    """Lets the programs that somebody is looking at go first."""
    os.nice(_LESS_URGENT)


def keep_freed_memory() -> None:
    """Has this process keep some of the memory that it frees, where the system gives it all back.

    Feature maps are made and freed at each evaluation. By itself glibc gives all large ones back,
    and the kernel clears each page again when it is next used: a fifth of an evaluation's time.
    """
    glibc = ctypes.CDLL(None)
    # An older glibc gives back what is large in any case.
    if hasattr(glibc, "mallopt") and glibc.mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT):
        glibc.mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
        _kept.append(_MOST_KEPT)


def waiting_threads(env: Mapping[str, str]) -> dict[str, str]:
    """Returns what to add to an environment so that threads of OpenMP wait for each other well.

    They sleep: a thread that goes on looking for work keeps the core from the one it waits for, as
    soon as another program wants one as well. But to be woken takes longer than most operations on
    small pictures, so where no other program computes they look for a tenth of a millisecond before
    they sleep. Only libgomp, which torch has on Linux, knows the second variable.

    Args:
        env: in which the user may have said how threads wait; then nothing is added.
    """
    if _POLICY in env or _LOOKS in env:
        return {}
    sleeping = {_POLICY: "PASSIVE"}
    started = env.get(_STARTED, "")
    own = 1 + int(started) if started.isdecimal() else 1  # torchrun itself has begun just now
    return sleeping if _others_compute(own) else {**sleeping, _LOOKS: _FEW_LOOKS}


def _others_compute(own: int) -> bool:
    """Tells whether other programs want a core, and have for a while; True if nobody can say.

    Args:
        own: how many processes belong to this run, with this one; they begin alike.
    """
    for _ in range(_GLANCES):
        try:
            # The mean of a minute, those of longer times, and how many threads run at this moment:
            # this one at least.
            lately, _, _, now, _ = Path("/proc/loadavg").read_text(encoding="ascii").split()
        except OSError:
            return True
        if float(lately) <= _LITTLE or int(now.partition("/")[0]) <= own:
            return False
        time.sleep(_MOMENT)
    return True


def kept_memory() -> int:
    """Returns how many bytes of freed memory this process keeps at most at the end of its heap."""
    return max(_kept, default=0)


def give_back_freed_memory() -> None:
    """Gives back to the system what this process has kept until now."""
    if _kept:
        ctypes.CDLL(None).malloc_trim(0)


def cores() -> int:
    """Returns how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_memory() -> int:
    """Returns the machine's memory, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def memory_limits() -> tuple[int | None, int | None]:
    """Returns how many bytes this process may map in all, and how many of data of its own; None
    for no limit.
    """
    limits = (resource.getrlimit(which)[0] for which in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    mapped, data = (None if limit == resource.RLIM_INFINITY else limit for limit in limits)
    return mapped, data


def is_administrator() -> bool:
    """Tells whether whoever runs this may do everything."""
    return os.geteuid() == 0
