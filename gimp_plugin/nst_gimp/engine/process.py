"""Starts the engine, talks to it and stops it. Standard library only."""

from __future__ import annotations

import contextlib
import logging
import queue
import subprocess
import threading
from types import TracebackType
from typing import IO

from nst_contract.errors import NstError
from nst_contract.platforms import processes
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import Error, Event, Loaded, decode
from nst_contract.protocol.requests import Command, Inquiry, Request, Sketch
from nst_gimp.engine import install_info
from nst_gimp.text.i18n import _

_log = logging.getLogger(__name__)

STOPPED = "engine-stopped"
_GOODBYE_SECONDS = 5.0


class Engine:
    """A worker of nst_core in a process of its own; a context manager that ends it.

    It is started at once and loads while the user is still choosing.

    Attributes:
        loaded: what it is, once it is ready to be asked.
    """

    def __init__(self, info: install_info.InstallInfo, log: IO[bytes] | None = None) -> None:
        self.loaded: Loaded | None = None
        self._info = info
        self._lines: queue.Queue[str | None] = queue.Queue()
        try:
            self._process = processes.start_in_background(
                info.command(),
                install_info.engine_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log or subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            raise NstError(
                install_info.MISSING,
                _("The engine cannot be started ({why}: {file}).").format(
                    why=error.strerror, file=error.filename
                ),
                install_info.repair_advice(info.repair),
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

    def next_event(self, seconds: float) -> Event | None:
        """Returns the engine's next event, or None if there is none for this many seconds.

        Raises:
            NstError: what the engine could not do, or that it is gone or another one.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)  # it stays gone
            raise self._gone()
        event = decode(line)
        if isinstance(event, Error):
            raise NstError(event.code, event.message, event.advice)
        if self.loaded is None:
            if not isinstance(event, Loaded) or event.protocol != PROTOCOL:
                raise self._misunderstood(event)
            _log.info("engine %s", event)
            self.loaded = event
        return event

    def paint(self, request: Request) -> None:
        """Sends the request; the engine may still be loading.

        Raises:
            NstError: why the engine is gone.
        """
        self._write(request.to_line())

    def ask(self, inquiry: Inquiry) -> None:
        """Asks what a run would take; may be done any number of times before the request.

        Raises:
            NstError: why the engine is gone.
        """
        self._write(inquiry.to_line())

    def sketch(self, sketch: Sketch) -> None:
        """Asks for a sketch; may be done any number of times before the request.

        Raises:
            NstError: why the engine is gone.
        """
        self._write(sketch.to_line())

    def say(self, command: Command) -> None:
        """Says something about the request that runs; an engine that is gone needs no command."""
        with contextlib.suppress(NstError):
            self._write(command.value + "\n")

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
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 (it is a pipe)
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            # It may have said why before it went.
            while self.next_event(_GOODBYE_SECONDS):
                pass
            raise self._gone() from error

    def _gone(self) -> NstError:
        code = self._process.wait()
        how = processes.ending(code)
        if self.loaded is None and not processes.was_killed(code):
            return NstError(
                install_info.MISSING,
                _("The engine cannot be started ({how}). The log {path} has the details.").format(
                    how=how, path=install_info.log_file()
                ),
                install_info.repair_advice(self._info.repair),
            )
        return NstError(
            STOPPED,
            _("The engine stopped unexpectedly ({how}).").format(how=how),
            _("If memory is short, choose a smaller size. The log {path} has the details.").format(
                path=install_info.log_file()
            ),
        )

    def _misunderstood(self, event: Event) -> NstError:
        return NstError(
            install_info.MISSING,
            _("The engine answered with an unexpected {event}: it has a different version.").format(
                event=repr(event.event)
            ),
            install_info.repair_advice(self._info.repair),
        )
