"""Locks of the system's own: they end with the process, however that ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

assert sys.platform != "win32"  # noqa: S101 (for the type checker)


def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> None:
    """Locks an open file until it is closed, or the process ends.

    Args:
        descriptor: of the file.
        shared: whether others may share it, if they ask for no more.
        wait: whether to wait until it is free.

    Raises:
        BlockingIOError: if it is taken.
        OSError: if the file system has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno == errno.EACCES:  # what some systems say instead
            raise BlockingIOError(error.errno, error.strerror) from error
        raise


def release(descriptor: int, last: Callable[[], None]) -> None:
    """Does what has to be done before anybody else may have a lock, and gives that up.

    Args:
        descriptor: of the locked file, which is closed.
        last: what has to be done; it may remove the file.
    """
    try:
        last()
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_folder(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Locks a folder, however its path is written; nothing is written into it.

    Raises:
        BlockingIOError: if it is taken.
        OSError: if it cannot be opened, or the file system has no locks of folders.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock(descriptor, wait=wait)
        yield
    finally:
        os.close(descriptor)
