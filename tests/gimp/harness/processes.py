"""Which processes run: for tests that ask what became of the engine (Linux)."""

from __future__ import annotations

import time
from pathlib import Path


def alive(pid: int) -> bool:
    """Tell whether PID runs; a zombie that nobody has collected yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def find(part: str) -> list[int]:
    """Return the pids of the running processes whose command line contains PART."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if part in line and alive(int(folder.name)):
            found.append(int(folder.name))
    return sorted(found)


def wait_gone(pid: int, timeout: float = 120) -> None:
    """Wait until PID has ended; TimeoutError if it does not."""
    start = time.monotonic()
    while alive(pid):
        if time.monotonic() - start > timeout:
            raise TimeoutError(f"process {pid} still runs after {timeout} s")
        time.sleep(0.02)
