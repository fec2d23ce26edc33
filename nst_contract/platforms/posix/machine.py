"""What the system says of the machine, and what it allows this process."""

from __future__ import annotations

import os
import resource
import sys

assert sys.platform != "win32"  # noqa: S101 (for the type checker)

_LESS_URGENT = 5


def lower_priority() -> None:
    """Lets the programs that somebody is looking at go first."""
    os.nice(_LESS_URGENT)


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
