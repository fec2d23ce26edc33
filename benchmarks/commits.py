"""Runs commits of this repository: checks them out, and measures their processes.

Only the standard library is imported: on Linux, the peak memory of a child cannot be less than that
of the process which spawned it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import common


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Attributes:
        seconds: from its spawn to its end.
        peak_mib: the most memory that it had in use at a time, in MiB.
    """

    seconds: float
    peak_mib: float


def identified(commit: str) -> str:
    """Returns the full hash of a commit.

    Raises:
        SystemExit: if there is none of this name.
    """
    git = ["git", "-C", str(common.REPOSITORY), "rev-parse", "--verify", "--quiet"]
    found = subprocess.run(
        [*git, f"{commit}^{{commit}}"], stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    if found.returncode:
        sys.exit(f"There is no commit {commit!r} here; git log names those that there are.")
    return found.stdout.strip()


@contextlib.contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """Yields a new folder, inside ``folder``, with the commit's files."""
    checkout = Path(tempfile.mkdtemp(prefix="checkout-", dir=folder))
    git = ["git", "-C", str(common.REPOSITORY), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(checkout), commit], check=True)
    try:
        yield checkout
    finally:
        subprocess.run([*git, "remove", "--force", str(checkout)], check=True)


def environment(checkout: Path) -> dict[str, str]:
    """Returns an environment in which a checkout's packages come before installed ones."""
    # How threads wait is each version's own matter.
    return {**os.environ, "PYTHONPATH": str(checkout)}


def measured(
    module: str, *arguments: object, folder: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Runs a module to its end, from within a folder, and returns what it took.

    Raises:
        SystemExit: if it fails; what it wrote to standard error has been seen.
    """
    words: Sequence[str] = (sys.executable, "-m", module, *map(str, arguments))
    began = time.monotonic()
    run = subprocess.Popen(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(run.pid, 0)
    seconds = time.monotonic() - began
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        sys.exit(f"This ended with exit code {run.returncode}: {' '.join(words)}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return Cost(seconds, usage.ru_maxrss * unit / 2**20)
