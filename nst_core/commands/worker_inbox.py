"""What reaches a worker: one thread watches its standard input, another waits for signals.

A cancel, or the death of the plug-in, thus ends the process at once, even in the middle of a
convolution. Nothing heavy is imported here: both threads watch while torch loads. Whatever happens
in them ends the process too: a worker that no longer listens would never end.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_contract import repairs
from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.messages import Message
from nst_contract.platforms import files, pipes, signals
from nst_contract.protocol.limits import LONGEST_LINE, MAX_WAITING
from nst_contract.protocol.requests import (
    FOLDER_PREFIX,
    Asked,
    Command,
    Inquiry,
    Request,
    Sketch,
    parse,
)

_log = logging.getLogger(__name__)

_CHUNK = 2**16


class Inbox(threading.Thread):
    """Watches standard input: questions, the request, commands, and the end of the other side.

    Args:
        fail: is told what this thread cannot go on after, before the process ends.
        descriptor: of standard input.
        end: ends the process at once, with an exit code.

    Attributes:
        is_finish_wanted: is set once the plug-in wants the best picture so far.
    """

    def __init__(
        self,
        fail: Callable[[Exception], None],
        *,
        descriptor: int = 0,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        super().__init__(daemon=True)
        self.is_finish_wanted = threading.Event()
        self._fail = fail
        self._descriptor = descriptor
        self._end = end
        self._asked: queue.Queue[Asked | NstError] = queue.Queue()
        self._is_requested = False
        # Of the request and of the last sketch.
        self._folder: Path | None = None
        self._sketch_folder: Path | None = None
        self._sketch: Sketch | None = None
        self._is_closed = False
        self._code = 0

    def run(self) -> None:
        try:
            self._watch()
        except Exception as error:
            try:
                self._fail(error)
            finally:
                self._end(1)

    def wait(self) -> Asked:
        """Returns what is asked next, once it has come; never a sketch that is no longer wanted.

        Raises:
            NstError: (bad-request) if it is nothing that can be asked.
        """
        asked = self._asked.get()
        while isinstance(asked, Sketch) and not self.wants(asked):
            asked = self._asked.get()
        if isinstance(asked, NstError):
            raise asked
        return asked

    def waiting_inquiry(self) -> Inquiry | None:
        """Returns the inquiry that is next in line, without waiting; None if none is."""
        with self._asked.mutex:
            is_next = bool(self._asked.queue) and isinstance(self._asked.queue[0], Inquiry)
        asked = self._asked.get() if is_next else None
        return asked if isinstance(asked, Inquiry) else None

    def wants(self, sketch: Sketch) -> bool:
        """Tells whether a sketch is still wanted: nothing that supersedes it has come since."""
        return sketch is self._sketch

    def release(self, code: int) -> None:
        """Leaves the folder to the other side, with whatever is in it.

        Args:
            code: that the process is about to end with; it does even if the other side is faster.
        """
        self._is_closed = True
        self._folder = self._sketch_folder = None
        self._code = code

    def abandon(self) -> None:
        """Removes the folders of request and sketch, and ends the process at once."""
        try:
            for folder in (self._folder, self._sketch_folder):
                if folder is not None:
                    shutil.rmtree(folder, ignore_errors=True)
        finally:
            self._end(self._code)

    def _watch(self) -> None:
        lines = _Lines()
        while chunk := pipes.read(self._descriptor, _CHUNK):
            for line in lines.of(chunk):
                self._receive(line)
            if lines.is_too_long:
                self._refuse(
                    _too_much(Message("a line has more than {most} bytes", most=LONGEST_LINE))
                )
        _log.info("end of input: the other side is gone or has its result")
        self.abandon()

    def _receive(self, line: str) -> None:
        if line == Command.CANCEL.value:
            self.abandon()
        elif self._is_closed:
            pass  # the process is about to end, and to say why
        elif line == Command.DROP.value:
            self._sketch = None
        elif self._is_requested:
            if line == Command.FINISH.value:
                self.is_finish_wanted.set()
        elif line != Command.FINISH.value:  # which means nothing before there is a request
            self._take(line)

    def _take(self, line: str) -> None:
        try:
            asked = parse(line)
            if isinstance(asked, Request):
                self._folder = checked_folder(asked)
                self._is_requested, self._sketch = True, None
            elif self._asked.qsize() >= MAX_WAITING:
                raise _too_much(
                    Message("more than {most} questions wait for their answers", most=MAX_WAITING)
                )
            elif isinstance(asked, Sketch):
                if _is_gone(asked.request):
                    return  # whoever wanted it has cleared up while this process was starting
                self._sketch_folder = checked_folder(asked.request)
                self._sketch = asked
            self._asked.put(asked)
        except NstError as error:
            self._refuse(error)

    def _refuse(self, error: NstError) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._sketch = None
            self._asked.put(error)


class _Lines:
    """Puts lines together from chunks, each byte of them once, and holds on to none for ever.

    Attributes:
        is_too_long: whether there was a line that nobody can mean.
    """

    def __init__(self) -> None:
        self.is_too_long = False
        self._parts: list[bytes] = []
        self._length = 0

    def of(self, chunk: bytes) -> Iterator[str]:
        """Yields the lines that end in this chunk, but for those that are too long."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._add(end)
            if self._length <= LONGEST_LINE:
                # On Windows, text that is written to a pipe has lines that end in two characters.
                yield b"".join(self._parts).decode(errors="replace").removesuffix("\r")
            self._parts, self._length = [], 0
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._length += len(part)
        if self._length <= LONGEST_LINE:
            self._parts.append(part)
        else:
            self.is_too_long = True
            self._parts = []


def _too_much(why: str) -> NstError:
    what = Message("The engine was sent too much: {why}.", why=why)
    return NstError(BAD_REQUEST, what, repairs.SAME_VERSION)


def watch_for_signals(inbox: Inbox) -> None:
    """Has Ctrl+C and its like abandon the request. Called before other threads start."""
    signals.on_end(inbox.abandon)


def _is_gone(request: Request) -> bool:
    """Tells whether a request's folder, whose name is one of ours, is no longer there."""
    folder = Path(request.folder)
    if not folder.is_absolute() or not folder.name.startswith(FOLDER_PREFIX):
        return False
    try:
        folder.lstat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        pass
    return False


def checked_folder(request: Request) -> Path:
    """Returns the request's folder, once it is certain that it may be removed.

    Raises:
        NstError: (bad-request) if it is not a private folder of this program.
    """
    folder = Path(request.folder)
    try:
        status = folder.lstat()
    except (OSError, ValueError):  # a name with a zero byte is a ValueError
        status = None
    if (
        status is None
        or not folder.is_absolute()
        or not folder.name.startswith(FOLDER_PREFIX)
        or not files.is_private_folder(status)
    ):
        raise NstError(
            BAD_REQUEST,
            Message("{folder} is not a private folder of this program.", folder=folder),
            Message(
                "It must be an absolute path to a folder named {prefix}... with mode 700.",
                prefix=FOLDER_PREFIX,
            ),
        )
    return folder
