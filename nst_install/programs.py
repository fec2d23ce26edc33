"""Other programs that take minutes: started, and waited for with signs of life."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from nst_install.console import say

HOUR = 3600.0
_HEARTBEAT = 10.0
_TAIL = 8


def wait_for(
    command: list[str], environment: dict[str, str], log: Path, patience: float = HOUR
) -> str:
    """Runs a program to its end, or ends it when the patience is over. Returns what it said.

    Args:
        command: the program and its arguments.
        environment: all of its environment variables.
        log: the file that gets what it says.
        patience: in seconds.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while child.poll() is None and time.monotonic() - started < patience:
                try:
                    child.wait(_HEARTBEAT)
                except subprocess.TimeoutExpired:
                    say(f"      ... {time.monotonic() - started:.0f} s")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    return log.read_text(encoding="utf-8", errors="replace")


def last_lines(said: str) -> str:
    """Returns the end of what a program said, indented, on lines of its own."""
    return "".join(f"\n    {line}" for line in said.strip().splitlines()[-_TAIL:])
