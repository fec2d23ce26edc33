"""A folder that one process at a time works in."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger(__name__)

_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Locks a folder, however its path is written, until the end of the block or of the process.

    Nothing is written into it. Where the file system knows no locks of folders, as some in the
    network do not, the folder counts as free.

    Yields:
        Whether the folder was free.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        _log.warning("%s cannot be opened to lock it", folder, exc_info=True)
        yield True
        return
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        _log.warning("the folder cannot be locked", exc_info=True)
    return True
