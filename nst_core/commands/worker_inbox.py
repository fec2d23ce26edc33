"""What reaches a worker: one thread watches its standard input, another waits for Ctrl+C.

A cancel, or the death of the plug-in, thus ends the process at once, even in the middle of a
convolution. Nothing heavy is imported here: both threads watch while torch loads.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import signal
import stat
import threading
from pathlib import Path

from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.protocol.requests import FOLDER_PREFIX, Command, Inquiry, Request, parse

_log = logging.getLogger(__name__)


class Inbox(threading.Thread):
    """Watches standard input: the request, then commands, then the end of the other side.

    Attributes:
        is_finish_wanted: is set once the plug-in wants the best picture so far.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.is_finish_wanted = threading.Event()
        self._asked: queue.Queue[Request | Inquiry | NstError] = queue.Queue()
        self._folder: Path | None = None

    def run(self) -> None:
        # os.read, since a thread blocked in a buffered reader makes the process abort at exit.
        rest = b""
        while chunk := os.read(0, 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._receive(line.decode(errors="replace"))
        _log.info("end of input: the other side is gone or has its result")
        self.abandon()

    def wait(self) -> Request | Inquiry:
        """Returns what is asked next, once it has come.

        Raises:
            NstError: (bad-request) if it is nothing that can be asked.
        """
        asked = self._asked.get()
        if isinstance(asked, NstError):
            raise asked
        return asked

    def release(self) -> None:
        """Leaves the folder, with the result, to the other side."""
        self._folder = None

    def abandon(self) -> None:
        """Removes the request's folder and ends the process at once."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(0)

    def _receive(self, line: str) -> None:
        if line == Command.FINISH.value:
            self.is_finish_wanted.set()
        elif line == Command.CANCEL.value:
            self.abandon()
        elif self._folder is None:
            try:
                asked = parse(line)
                if isinstance(asked, Request):
                    self._folder = checked_folder(asked)
                self._asked.put(asked)
            except NstError as error:
                self._asked.put(error)


def watch_for_interrupt(inbox: Inbox) -> None:
    """Has Ctrl+C abandon the request. Called before other threads start, which inherit the mask.

    A KeyboardInterrupt would wait for the end of what the main thread is at, which may be a write
    to a pipe that nobody reads.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def watch() -> None:
        signal.sigwait({signal.SIGINT})
        inbox.abandon()

    threading.Thread(target=watch, daemon=True).start()


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
        or not stat.S_ISDIR(status.st_mode)
        or status.st_uid != os.getuid()
        or status.st_mode & 0o077
    ):
        raise NstError(
            BAD_REQUEST,
            f"{folder} is not a private folder of this program.",
            f"It must be an absolute path to a folder named {FOLDER_PREFIX}... with mode 700.",
        )
    return folder
