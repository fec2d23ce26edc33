"""Locks of the system's own: they end with the process, however that ends.

A locked part of a file cannot even be read by others, so that what is locked here is a byte that no
file has.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

import ctypes  # noqa: E402
import msvcrt  # noqa: E402 (unknown elsewhere)

_EXCLUSIVE, _AT_ONCE = 0x2, 0x1
_FAR_BEHIND_THE_END = 0x7FFFFFFF  # in units of 4 GiB
_TAKEN = (kernel.ERROR_LOCK_VIOLATION, kernel.ERROR_IO_PENDING)
_BETWEEN_LOOKS_SECONDS = 0.05


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
    place = kernel.Overlapped(offset_high=_FAR_BEHIND_THE_END)
    flags = (0 if shared else _EXCLUSIVE) | (0 if wait else _AT_ONCE)
    handle = msvcrt.get_osfhandle(descriptor)
    if kernel.lock_file(handle, flags, 0, 1, 0, ctypes.byref(place)):
        return
    error = kernel.last_error()
    if error.winerror in _TAKEN:
        raise BlockingIOError(errno.EWOULDBLOCK, error.strerror)
    raise error


def release(descriptor: int, last: Callable[[], None]) -> None:
    """Does what has to be done before anybody else may have a lock, and gives that up.

    Args:
        descriptor: of the locked file, which is closed.
        last: what has to be done; it may remove the file.
    """
    os.close(descriptor)
    # An open file cannot be removed, nor can its folder. Whoever has it open now is as quick as
    # whoever comes after the removal.
    with contextlib.suppress(PermissionError):
        last()


@contextlib.contextmanager
def locked_folder(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Locks a folder, however its path is written; nothing is written into it.

    Raises:
        BlockingIOError: if it is taken.
        OSError: if it cannot be looked at.
    """
    status = folder.stat()
    # A folder cannot be locked. What everybody who wants to work in it makes is an object in the
    # system's memory, named after the folder, which is there for as long as somebody holds it.
    name = hashlib.sha256(f"{status.st_dev} {status.st_ino}".encode()).hexdigest()
    handle = _made(name)
    while handle is None:
        if not wait:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), str(folder))
        time.sleep(_BETWEEN_LOOKS_SECONDS)
        handle = _made(name)
    try:
        yield
    finally:
        kernel.close_handle(handle)


def _made(name: str) -> int | None:
    """Makes an object of this name, and returns its handle; None if somebody else has one."""
    ctypes.set_last_error(0)
    handle: int | None = kernel.create_event(None, True, False, f"Global\\nst-{name}")
    error = ctypes.get_last_error()
    if handle and error != kernel.ERROR_ALREADY_EXISTS:
        return handle
    if handle:
        kernel.close_handle(handle)
    elif error != kernel.ERROR_ACCESS_DENIED:  # which is another user's
        raise kernel.last_error()
    return None
