"""Files that others may have open: POSIX lets their names be changed and removed all the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from pathlib import Path

assert sys.platform != "win32"  # noqa: S101 (for the type checker)

_PRIVATE = 0o600


def create(path: Path) -> int:
    """Makes a file that only its user may read, and which may be renamed and removed while it is
    open. Returns its descriptor, for reading and writing.

    Raises:
        FileExistsError: if there is something of that name.
        OSError: if it cannot be made.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)


def open_existing(path: Path) -> int:
    """Opens a file for reading and writing, in a way that lets it be removed while it is open.

    Raises:
        OSError: if there is none, it is a link, or it may not be opened.
    """
    return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def open_for_writing(path: Path) -> int:
    """Opens a file for writing, and makes a private one if there is none; keeps what is in it.

    Raises:
        OSError: if it is a link, or may not be opened.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)


def make_private_folder(folder: Path) -> None:
    """Makes a folder that only its user can enter, and those that it lies in; or leaves one alone.

    Raises:
        OSError: if it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """Opens a file for Python's open(), in a way that lets it be renamed while it is open.

    Raises:
        OSError: if it cannot be opened.
    """
    return os.open(path, flags | os.O_CLOEXEC, 0o666)


def set_permissions(descriptor: int, permissions: int) -> None:
    """Gives an open file its permissions, where the file system has any."""
    # Some mounted file systems have permissions of their own, and refuse others.
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, permissions)


def replace(source: Path, target: Path) -> None:
    """Puts a file or folder in the place of another one, in one step.

    Raises:
        OSError: if that is not possible.
    """
    source.replace(target)


def rename(source: Path, target: Path) -> None:
    """Gives a file or folder another name, which nothing has.

    Raises:
        OSError: if that is not possible.
    """
    source.rename(target)


def sync_folder(folder: Path) -> None:
    """Has new names on the disk too, where folders can be synchronised."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Removes a file, if there is one.

    Raises:
        OSError: if it has to stay.
    """
    path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Removes a folder with everything in it, what is write-protected too.

    Raises:
        OSError: if something has to stay.
    """
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for inner, _folders, _files in os.walk(folder):
            Path(inner).chmod(stat.S_IRWXU)
        shutil.rmtree(folder)


def remove_with_lock(folder: Path, descriptor: int) -> None:
    """Removes a folder in which a locked file is open, as far as possible, and closes that."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def is_own(status: os.stat_result) -> bool:
    """Tells whether something belongs to whoever runs this."""
    return status.st_uid == os.geteuid()


def is_private_folder(status: os.stat_result) -> bool:
    """Tells whether it is a folder, and no link to one, that nobody else can enter."""
    return stat.S_ISDIR(status.st_mode) and is_own(status) and not status.st_mode & 0o077


def is_held(_path: Path) -> bool:
    """Tells whether a program has a file open so that no other can take its place."""
    return False


def is_in_use(_error: OSError) -> bool:
    """Tells whether something could not be done because another program has the file open."""
    return False
