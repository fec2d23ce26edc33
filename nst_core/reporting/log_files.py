"""The log files: what a user can send along when something went wrong."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

import platformdirs

from nst_contract.platforms import files
from nst_contract.printable import PrintableFormatter

_BYTES = 1_000_000
_OLDER_FILES = 2


def folder() -> Path:
    """Returns where the log files belong on this platform; it need not exist yet."""
    return platformdirs.user_log_path("gimp-neural-style", appauthor=False)


def start(name: str) -> Path:
    """Sends what the engine logs into a file, at most three of a megabyte each.

    A full or read-only disk must not keep a picture from being painted: then nothing is logged,
    or as much as there is room for.

    Args:
        name: of the program that logs: "worker" or "nst".

    Returns:
        The file's path, whether or not it could be opened.
    """
    path = folder() / f"{name}.log"
    handler: logging.Handler
    try:
        # Messages hold the names of the user's pictures, which are private.
        files.make_private_folder(path.parent)
        handler = _LogFile(
            path, maxBytes=_BYTES, backupCount=_OLDER_FILES, encoding="utf-8",
            errors="backslashreplace",  # files may have names that are no text
        )  # fmt: skip
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(PrintableFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # Warnings of libraries would otherwise end up between the lines of the protocol.
    logging.captureWarnings(True)
    return path


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log file that says nothing of what it cannot write."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Does nothing, where logging would print a traceback."""
