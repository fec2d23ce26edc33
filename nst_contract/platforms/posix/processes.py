"""Other processes: how they are started, and how they ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

assert sys.platform != "win32"  # noqa: S101 (for the type checker)

# What every Python of ours is started with: no code of the current folder, of PYTHONPATH or of the
# user's own packages.
PYTHON_OPTIONS = ("-I",)


def start_in_background(
    command: Sequence[str], env: Mapping[str, str], **options: Any
) -> subprocess.Popen[Any]:
    """Starts a program that nobody sees, in a folder that nobody will want to remove.

    Args:
        command: the program and its arguments.
        env: all of its environment variables.
        options: further ones of Popen.

    Raises:
        OSError: if it cannot be started.
    """
    return subprocess.Popen(command, env=env, cwd="/", **options)  # noqa: S603


def start_with_lock(command: Sequence[str], lock: int, **options: Any) -> subprocess.Popen[Any]:
    """Starts a program during which nobody else gets a lock, even if this process is killed.

    Args:
        command: the program and its arguments.
        lock: the descriptor of the locked file; -1 for none.
        options: further ones of Popen.

    Raises:
        OSError: if it cannot be started.
    """
    return subprocess.Popen(command, pass_fds=[lock] if lock >= 0 else [], **options)  # noqa: S603


def end_group(process: subprocess.Popen[Any]) -> None:
    """Ends a process that leads a session of its own, with everything that it started."""
    os.killpg(process.pid, signal.SIGTERM)


def use_bundled_libraries() -> None:
    """Does nothing: libraries say themselves where the others are that they need."""


def was_killed(code: int) -> bool:
    """Tells whether the system or somebody has killed a process, as where memory is short.

    Args:
        code: as Popen returns it; a program that waits for the process returns it as 128 more.
    """
    return code in (-signal.SIGKILL, 128 + signal.SIGKILL)


def ending(code: int) -> str:
    """Returns how a process ended, for people who report it.

    Args:
        code: as Popen returns it.
    """
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
