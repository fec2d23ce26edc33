"""What leaves a worker: events on the standard output that it was started with, and only these."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import IO

from nst_contract.errors import explain
from nst_contract.protocol.events import Error, Event, encode

_log = logging.getLogger(__name__)

# Whoever fails must not wait for ever for somebody who waits for a reader.
_PATIENCE = 5.0


class Gone(Exception):
    """Nobody listens any more."""


class Outlet:
    """Writes events, from whichever thread; the last one is ``done`` or ``error``.

    Args:
        output: where to.
        log_file: which file a person is pointed to for what is not in the event.

    Attributes:
        log_file: as given.
    """

    def __init__(self, output: IO[str], log_file: Path) -> None:
        self._output = output
        self.log_file = log_file
        self._lock = threading.Lock()

    @classmethod
    def claim(cls, log_file: Path) -> Outlet:
        """Takes standard output for events alone: whatever a library prints goes to stderr.

        Raises:
            Gone: if it was closed before this process began.
        """
        # Python's own word for it: something else may have taken the number since.
        if sys.__stdout__ is None:
            raise Gone
        output = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        os.dup2(sys.stderr.fileno(), 1)
        sys.stdout = sys.stderr
        return cls(output, log_file)

    def send(self, event: Event) -> None:
        """Sends an event.

        Raises:
            Gone: if nobody listens.
        """
        with self._lock:
            self._write(event)

    def fail(self, error: Exception) -> None:
        """Says why there will be no result, if it can still be said, and logs the details."""
        _log.error("the run failed", exc_info=error)
        failure = explain(error, self.log_file)
        if not self._lock.acquire(timeout=_PATIENCE):
            return
        try:
            self._write(Error(failure.code, failure.message, failure.advice))
        except Gone:
            _log.info("nobody listens")
        finally:
            self._lock.release()

    def _write(self, event: Event) -> None:
        try:
            self._output.write(encode(event))
            self._output.flush()
        # The other side is gone, or output goes to a file on a full disk, or was closed.
        except (OSError, ValueError) as error:
            raise Gone from error
