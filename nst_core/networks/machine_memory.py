"""How much memory is free: the machine's, and what the limits of this process leave of it.

A container or a batch system gives a process less than the machine has, and the kernel kills what
exceeds it without a word. The kernel's admin guide describes control groups (cgroup-v1/memory and
cgroup-v2), proc(5) the files that say where they are, getrlimit(2) the other limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

from nst_contract.platforms import machine
from nst_contract.settings import Settings

GIB = 2**30
# How much of the free memory a run may take if the user sets no budget: other programs need some.
SHARE = 0.6
# What version 1 says without a limit is a little less than 2**63.
_UNLIMITED = 2**60


def budget(gib: float, processes: int = 1) -> int:
    """Returns how many bytes each process may use of the machine's memory.

    Args:
        gib: the requested amount, in GiB, of which no more counts than control groups and
            ``ulimit`` allow; 0 for a share of what is free.
        processes: how many processes share it.
    """
    if not gib:
        return int(SHARE * free() / processes)
    most = most_within_limits()
    return int(gib * GIB) if most is None else min(int(gib * GIB), most // processes)


def budget_for_pictures(settings: Settings) -> int:
    """Returns how many bytes pictures may take while they are read: of the machine's memory, even
    where a graphics card computes, whose own memory ``settings.memory`` is then about.
    """
    gib = settings.memory
    if gib and settings.device != "cpu":
        from nst_core.networks.device import choose_device  # with torch, which takes seconds

        gib = 0.0 if choose_device(settings.device).has_own_memory else gib
    return budget(gib)


def free() -> int:
    """Returns how many bytes this process can still take without driving anything out."""
    # What it keeps of what it has freed would seem taken.
    machine.give_back_freed_memory()
    available = int(psutil.virtual_memory().available)
    limited = free_within_limits()
    return available if limited is None else min(available, limited)


def taken() -> int:
    """Returns how many bytes of the machine's memory this process has."""
    return int(psutil.Process().memory_info().rss)


def free_within_limits(proc: Path = Path("/proc/self")) -> int | None:
    """Returns how many bytes control groups and ``ulimit`` leave; None without any limit.

    Args:
        proc: where the kernel describes this process.
    """
    found = [*_left_by_groups(proc), *_left_by_ulimit()]
    return max(0, min(found)) if found else None


def most_within_limits() -> int | None:
    """Returns how many bytes this process may have in all, with those that it has already; None
    without any limit.
    """
    left = free_within_limits()
    return None if left is None else left + taken()


def _left_by_ulimit() -> Iterator[int]:
    used = psutil.Process().memory_info()
    # Of data, what is mapped privately and writable counts; where that is not known, all of it.
    mapped, data = machine.memory_limits()
    for limit, taken in ((mapped, used.vms), (data, getattr(used, "data", used.vms))):
        if limit is not None:
            yield limit - taken


def _left_by_groups(proc: Path) -> Iterator[int]:
    """Yields what each control group leaves that this process belongs to, and those above it."""
    for group, limits, usage, prefix in _groups(proc):
        limit = min(
            (int(text) for name in limits if (text := _read(group / name)).isdecimal()),
            default=_UNLIMITED,
        )
        used = _read(group / usage)
        if limit < _UNLIMITED and used.isdecimal():
            # Files that were read count too, but make room for whoever needs it.
            files = _statistics(group, f"{prefix}inactive_file", f"{prefix}active_file")
            yield limit - max(0, int(used) - files)


def _groups(proc: Path) -> Iterator[tuple[Path, tuple[str, ...], str, str]]:
    """Yields the folder of each group, and the names of what is in it: the files of the limits and
    of the memory in use, and what statistics of the whole group begin with.
    """
    paths = {}
    for line in _read(proc / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            paths[controllers == ""] = path
    for line in _read(proc / "mountinfo").splitlines():
        mounted, _, kind = line.partition(" - ")
        root, point = (_unescaped(text) for text in mounted.split()[3:5])
        words = kind.split()
        is_second = words[0] == "cgroup2"
        if is_second not in paths or not (
            is_second or (words[0] == "cgroup" and "memory" in words[-1].split(","))
        ):
            continue
        for folder in _from_leaf(Path(point), root, paths[is_second]):
            if is_second:
                yield folder, ("memory.max", "memory.high"), "memory.current", ""
            else:
                yield folder, ("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_"


def _from_leaf(point: Path, root: str, path: str) -> Iterator[Path]:
    """Yields the folder of a group and of those above it, as far as they can be seen from here.

    Args:
        point: where the hierarchy is mounted.
        root: the group that is seen there.
        path: the group of this process.
    """
    own, seen = PurePosixPath(path), PurePosixPath(root)
    inside = own.relative_to(seen) if own.is_relative_to(seen) else PurePosixPath()
    if ".." in inside.parts:
        inside = PurePosixPath()
    yield from (point / part for part in (inside, *inside.parents))


def _statistics(group: Path, *names: str) -> int:
    """Returns the sum of some of a group's statistics, as far as they are there."""
    lines = (line.split() for line in _read(group / "memory.stat").splitlines())
    return sum(int(words[1]) for words in lines if len(words) == 2 and words[0] in names)


def _read(path: Path) -> str:
    """Returns the text of one of the kernel's files; "" if it is not there."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _unescaped(text: str) -> str:
    """Returns a path of mountinfo, where spaces and the like are written in octal digits."""
    return text.encode().decode("unicode_escape") if "\\" in text else text
