"""How a process is told to end: by a console, if it has one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

# What ends a process at once, besides Ctrl+C: Ctrl+Break, and a console that is closed.
ENDING: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGBREAK)

_handlers: list[object] = []  # Windows does not keep them


def on_end(end: Callable[[], None]) -> None:
    """Has Ctrl+C and its like call a function in a thread of its own, whatever the others do."""

    def handle(_event: int) -> bool:
        end()
        return True

    handler = kernel.ControlHandler(handle)
    _handlers.append(handler)
    kernel.set_control_handler(handler, True)


def keep_out_of_this_thread() -> None:
    """Does nothing: signals come to a thread of Windows' own."""


def wake_with(writer: int) -> int:
    """Has the number of each signal written to a pipe; -1 for none. Returns the last such pipe."""
    return signal.set_wakeup_fd(writer, warn_on_full_buffer=False)


def interrupt() -> None:
    """Does what Ctrl+C does."""
    signal.raise_signal(signal.SIGINT)
