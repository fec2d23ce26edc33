"""How a command ends when it is told to: nothing half written stays, nothing looks like a crash.

SIGTERM and SIGHUP (on Windows: Ctrl+Break) end it at once, even in the middle of a convolution: a
thread removes what is being written. The first Ctrl+C raises KeyboardInterrupt, so that the command
can say what is kept; a second one ends it at once, too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from nst_contract.platforms import signals
from nst_core.storage import atomic_files

_AGAIN_AFTER_SECONDS = 0.1


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Watches for signals until the command is over; those that are ignored stay ignored."""
    watch = Watch()
    if threading.current_thread() is not threading.main_thread():
        yield watch
        return
    reader, writer = os.pipe()
    threading.Thread(target=watch.run, args=(reader,), daemon=True).start()
    wakeup = signals.wake_with(writer)
    unraisable, sys.unraisablehook = sys.unraisablehook, watch.on_unraisable
    handlers = {
        number: signal.signal(number, watch.on_signal)
        for number in (signal.SIGINT, *signals.ENDING)
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    try:
        watch.is_armed = True
        yield watch
    finally:
        watch.is_armed = False
        for number, handler in handlers.items():
            signal.signal(number, handler)
        sys.unraisablehook = unraisable
        signals.wake_with(wakeup)
        os.close(writer)  # which ends the thread


class Watch:
    """What is known of signals.

    Attributes:
        is_armed: whether the next Ctrl+C raises KeyboardInterrupt.
        is_interrupted: whether there was one.
    """

    def __init__(self) -> None:
        self.is_armed = False
        self.is_interrupted = False
        self._once_more = False

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Raises KeyboardInterrupt at the first Ctrl+C; the thread does the rest."""
        if number == signal.SIGINT and self.is_armed:
            self.is_armed, self.is_interrupted = False, True
            raise KeyboardInterrupt

    def run(self, reader: int) -> None:
        """Waits for signals, in a thread of its own: the main thread may be busy in a library."""
        # Signals that a worker blocks are meant for its own thread, not for this one.
        signals.keep_out_of_this_thread()
        interrupts = 0
        while numbers := os.read(reader, 64):
            for number in numbers:
                interrupts += number == signal.SIGINT and not self._once_more
                self._once_more = False
                # Others may have taken a signal over: processes that share a run say why they end.
                is_ours = signal.getsignal(number) == self.on_signal
                if (number in signals.ENDING and is_ours) or interrupts > 1:
                    atomic_files.discard_unfinished(for_good=True)
                    os._exit(128 + number)
        os.close(reader)

    def on_unraisable(self, unraisable: Any) -> None:
        """Repeats a Ctrl+C that was lost in a callback of a library, and says nothing of it."""
        if unraisable.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(unraisable)
            return
        self.is_armed = self._once_more = True
        threading.Timer(_AGAIN_AFTER_SECONDS, signals.interrupt).start()
