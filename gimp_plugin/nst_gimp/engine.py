"""Starts the engine, talks to it and stops it. Standard library only."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO

from nst_core.errors import Cancelled, NstError
from nst_core.protocol import (
    PROTOCOL,
    Caution,
    Done,
    Error,
    Event,
    Loaded,
    Progress,
    Ready,
    Request,
    decode,
)
from nst_gimp import install_info

_log = logging.getLogger(__name__)

STOPPED = "engine-stopped"
# How long the plug-in waits for a word from the engine before it looks around.
_TICK_SECONDS = 0.2
_GOODBYE_SECONDS = 5.0


class Engine:
    """A worker of nst_core in a process of its own; a context manager that ends it.

    It is started at once and loads while the user is still choosing. Between events it is this
    side that keeps looking whether GIMP and the image are still there (``on_tick``), so that a
    dead GIMP is noticed even if the engine says nothing.
    """

    def __init__(self, info: install_info.InstallInfo, log: IO[bytes] | None = None) -> None:
        self._info = info
        self._events: queue.Queue[str | None] = queue.Queue()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (the command is install.sh's)
                info.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log or subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=install_info.engine_environment(),
                cwd="/",
            )
        except OSError as error:
            raise NstError(
                install_info.MISSING,
                f"The engine cannot be started ({error.strerror}: {error.filename}).",
                f"Run this command in a terminal: {info.repair}",
            ) from error
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        request: Request,
        on_event: Callable[[Ready | Progress | Caution], None],
        on_tick: Callable[[], bool],
    ) -> Done:
        """Sends the request and follows it to its end.

        Args:
            request: what to paint.
            on_event: is told of the plan, of progress and of cautions.
            on_tick: is asked several times a second whether to go on.

        Raises:
            NstError: what the engine could not do, or that it is gone.
            Cancelled: if ``on_tick`` said no.
        """
        loaded = self._next(on_tick)
        if not isinstance(loaded, Loaded) or loaded.protocol != PROTOCOL:
            raise self._misunderstood(loaded)
        _log.info("engine %s", loaded)
        self._write(request.to_line())
        while True:
            event = self._next(on_tick)
            if isinstance(event, Done):
                return event
            if not isinstance(event, Ready | Progress | Caution):
                raise self._misunderstood(event)
            on_event(event)

    def close(self) -> None:
        """Ends the process, whatever it is doing: the end of its input tells it to."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 (it is a pipe)
        with contextlib.suppress(ValueError):  # the pipe was closed meanwhile
            for line in self._process.stdout:
                self._events.put(line)
        self._events.put(None)

    def _next(self, on_tick: Callable[[], bool]) -> Event:
        """Returns the next event; an error that the engine reports is raised."""
        while True:
            if not on_tick():
                raise Cancelled
            try:
                line = self._events.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                continue
            if line is None:
                raise self._gone()
            event = decode(line)
            if isinstance(event, Error):
                raise NstError(event.code, event.message, event.advice)
            return event

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 (it is a pipe)
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> NstError:
        code = self._process.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return NstError(
            STOPPED,
            f"The engine stopped unexpectedly ({how}).",
            "If memory may be short, choose a smaller size. "
            f"The log {install_info.log_file()} has the details.",
        )

    def _misunderstood(self, event: Event) -> NstError:
        return NstError(
            install_info.MISSING,
            f"The engine answered with an unexpected {event.event!r}: its version is another one.",
            f"Run this command in a terminal: {self._info.repair}",
        )
