"""Files that others may have open: Windows then keeps their names, unless everybody agreed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

import msvcrt  # noqa: E402 (unknown elsewhere)

_READ, _WRITE, _DELETE = 0x80000000, 0x40000000, 0x10000
# Others may read it, write to it, rename it and remove it.
_SHARED = 0x1 | 0x2 | 0x4
_CREATE_NEW, _OPEN_EXISTING, _OPEN_ALWAYS = 1, 3, 4
_ORDINARY, _NO_LINK = 0x80, 0x00200000
_IN_USE = (kernel.ERROR_ACCESS_DENIED, kernel.ERROR_SHARING_VIOLATION, kernel.ERROR_LOCK_VIOLATION)

# Virus scanners and indexers open what has just been written, for a moment.
_PATIENCE_SECONDS = 2.0
_BETWEEN_TRIES_SECONDS = 0.05


def create(path: Path) -> int:
    """Makes a file that may be renamed and removed while it is open. Returns its descriptor, for
    reading and writing.

    Raises:
        FileExistsError: if there is something of that name.
        OSError: if it cannot be made.
    """
    return _opened(path, _READ | _WRITE, _CREATE_NEW, os.O_RDWR)


def open_existing(path: Path) -> int:
    """Opens a file for reading and writing, in a way that lets it be removed while it is open.

    Raises:
        OSError: if there is none, it is a link, or it may not be opened.
    """
    return _opened(path, _READ | _WRITE, _OPEN_EXISTING, os.O_RDWR)


def open_for_writing(path: Path) -> int:
    """Opens a file for writing, and makes one if there is none; keeps what is in it.

    Raises:
        OSError: if it is a link, or may not be opened.
    """
    return _opened(path, _WRITE, _OPEN_ALWAYS, os.O_WRONLY)


def _opened(path: Path, access: int, how: int, flags: int) -> int:
    handle = kernel.create_file(
        os.fspath(path), access, _SHARED, None, how, _ORDINARY | _NO_LINK, None
    )
    if handle == kernel.INVALID_HANDLE:
        raise kernel.last_error(os.fspath(path))
    descriptor = msvcrt.open_osfhandle(handle, flags | os.O_BINARY)
    if _is_link(os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return descriptor


def make_private_folder(folder: Path) -> None:
    """Makes a folder in the user's profile, and those that it lies in; or leaves one alone.

    Raises:
        OSError: if it cannot be made.
    """
    # The profile is private. What Python makes for 0o700 belongs to whoever runs it alone: as
    # administrator, that would shut out the user.
    folder.mkdir(parents=True, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """Opens a file for Python's open(), in a way that lets it be renamed while it is open.

    Raises:
        OSError: if it cannot be opened.
    """
    how = _OPEN_ALWAYS if flags & os.O_CREAT else _OPEN_EXISTING
    return _opened(Path(path), _READ | _WRITE, how, flags)


def set_permissions(_descriptor: int, _permissions: int) -> None:
    """Does nothing: a file has the permissions of its folder."""


def replace(source: Path, target: Path) -> None:
    """Puts a file or folder in the place of another one, in one step.

    Raises:
        OSError: if that is not possible, not even a moment later.
    """
    _insist(lambda: source.replace(target))


def rename(source: Path, target: Path) -> None:
    """Gives a file or folder another name, which nothing has.

    Raises:
        OSError: if that is not possible, not even a moment later.
    """
    _insist(lambda: source.rename(target))


def sync_folder(_folder: Path) -> None:
    """Does nothing: folders cannot be synchronised."""


def remove(path: Path) -> None:
    """Removes a file, if there is one; one that a program has open, by another name.

    Raises:
        OSError: if it has to stay where it is.
    """
    if not path.exists():
        return
    # A program at work cannot be removed, but renamed.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    rename(path, aside)
    with contextlib.suppress(OSError):
        _insist(aside.unlink)


def remove_tree(folder: Path) -> None:
    """Removes a folder with everything in it, what is write-protected too.

    Raises:
        OSError: if something has to stay, most of all because a program has it open.
    """

    def again(function: Callable[..., Any], path: str, error: tuple[Any, ...]) -> None:
        if isinstance(error[1], FileNotFoundError):
            return
        with contextlib.suppress(OSError):
            Path(path).chmod(stat.S_IWRITE)
        _insist(lambda: function(path))

    shutil.rmtree(folder, onerror=again)


def remove_with_lock(folder: Path, descriptor: int) -> None:
    """Removes a folder in which a locked file is open, as far as possible, and closes that."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
        # On some file systems the name of an open file stays until here, and its folder with it.
        shutil.rmtree(folder, ignore_errors=True)


def is_own(_status: os.stat_result) -> bool:
    """Tells whether something belongs to whoever runs this: whatever can be opened does."""
    return True


def is_private_folder(status: os.stat_result) -> bool:
    """Tells whether it is a folder, and no link to one; who may enter is for its parent to say."""
    return stat.S_ISDIR(status.st_mode) and not _is_link(status)


def is_held(path: Path) -> bool:
    """Tells whether a program has a file open so that no other can take its place, for more than a
    moment.
    """
    try:
        _insist(lambda: os.close(_opened(path, _DELETE, _OPEN_EXISTING, os.O_RDONLY)))
    except OSError as error:
        return getattr(error, "winerror", None) == kernel.ERROR_SHARING_VIOLATION
    return False


def is_in_use(error: OSError) -> bool:
    """Tells whether something could not be done because another program has the file open."""
    return getattr(error, "winerror", None) in _IN_USE


def _is_link(status: os.stat_result) -> bool:
    """Tells whether it is a link or a junction."""
    return status.st_reparse_tag in (stat.IO_REPARSE_TAG_SYMLINK, stat.IO_REPARSE_TAG_MOUNT_POINT)


def _insist(do: Callable[[], object]) -> None:
    """Does something, again for a moment if a program has the file open."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            do()
        except OSError as error:
            if not is_in_use(error) or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(_BETWEEN_TRIES_SECONDS)
