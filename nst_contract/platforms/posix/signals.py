"""How a process is told to end: signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

assert sys.platform != "win32"  # noqa: S101 (for the type checker)

# What ends a process at once, besides Ctrl+C: kill, and a terminal that is closed.
ENDING: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGHUP)


def on_end(end: Callable[[], None]) -> None:
    """Has Ctrl+C and its like call a function in a thread of its own, whatever the others do.

    Called before other threads start, which inherit the mask.
    """
    # A KeyboardInterrupt would wait for the end of what the main thread is at, which may be a
    # write to a pipe that nobody reads.
    awaited = {signal.SIGINT, *ENDING}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)

    def watch() -> None:
        signal.sigwait(awaited)
        end()

    threading.Thread(target=watch, daemon=True).start()


def keep_out_of_this_thread() -> None:
    """Leaves all signals to other threads."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def wake_with(writer: int) -> int:
    """Has the number of each signal written to a pipe; -1 for none. Returns the last such pipe."""
    if writer >= 0:
        os.set_blocking(writer, False)
    return signal.set_wakeup_fd(writer, warn_on_full_buffer=False)


def interrupt() -> None:
    """Does what Ctrl+C does."""
    os.kill(os.getpid(), signal.SIGINT)
