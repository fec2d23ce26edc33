"""Files that are written completely or not at all, and never in place of what must stay.

A new file is written beside the old one under a hidden name, through the handle that made it, and
takes the old one's place once it is safely on the disk. Whatever ends the process leaves nothing
behind: see :func:`discard_unfinished` for signals; what a kill or a power cut leaves is swept up
by the next file that is written there.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import secrets
import shutil
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nst_contract.platforms import files, locks

# The name of what is written: which file it will be is for people, and shows whether the folder
# takes such names at all.
_HIDDEN_NAME = re.compile(r"\.nst-[0-9a-f]{16}-.*\.tmp", re.DOTALL)
_CHARACTERS_OF_NAME = 40
_MOST_LINKS = 40

_unfinished: set[Path] = set()
_changing_unfinished = threading.Lock()


@contextlib.contextmanager
def writing(
    path: Path, permissions: int = 0o666, *, or_beside: bool = False
) -> Iterator[IO[bytes]]:
    """Opens a new file, which replaces the old one once its content is safely on the disk.

    If the disk is full, or writing is interrupted, the old file stays as it was. A symbolic link
    stays, and the file that it leads to is replaced.

    Args:
        path: the file to replace; it need not exist.
        permissions: of the new file, before the user's umask; those of an old one are kept as far
            as they are among these.
        or_beside: whether a new file that cannot take the old one's place, because a program has
            that open, is kept under a name like it; the error says which.

    Yields:
        An open file, for reading too. It is private until it is complete.

    Raises:
        OSError: if nothing can be written there, the old file must stay, or the disk is full.
    """
    target = _followed(path)
    granted = permissions & ~_umask()
    old = _checked(target)
    if old is not None:
        granted = permissions & stat.S_IMODE(old.st_mode)
    sweep(target.parent)
    with _hidden_file(target) as (hidden, file):
        yield file
        file.flush()
        files.set_permissions(file.fileno(), granted)
        os.fsync(file.fileno())
        try:
            files.replace(hidden, target)
        except OSError as error:
            if not or_beside or not files.is_in_use(error):
                raise
            beside = _put_beside(hidden, target)
            why = f"{error.strerror}; what was written is in {beside.name}"
            raise OSError(errno.EBUSY, why, os.fspath(target)) from error
    files.sync_folder(target.parent)


def check_place(path: Path) -> None:
    """Makes sure that :func:`writing` will be able to write there, as far as can be known.

    Raises:
        OSError: as :func:`writing` would raise it.
    """
    target = _followed(path)
    if _checked(target) is not None and files.is_held(target):
        raise OSError(errno.EBUSY, "another program has it open", os.fspath(target))
    sweep(target.parent)
    with _hidden_file(target):
        pass


def room(path: Path) -> int:
    """Returns how many bytes there is room for where a file is to be written.

    Raises:
        OSError: if its folder cannot be looked at.
    """
    disk = shutil.disk_usage(_followed(path).parent)
    # Some mounted file systems do not say how large they are.
    return disk.free if disk.total else sys.maxsize


def version(path: Path) -> tuple[int, int] | None:
    """Returns what changes when a file is replaced; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def sweep(folder: Path) -> None:
    """Removes what processes that were killed have left in a folder; never raises OSError."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _HIDDEN_NAME.fullmatch(entry.name):
                _remove_if_nobody_writes(Path(entry))


def discard_unfinished(*, for_good: bool = False) -> None:
    """Removes the files that are being written in this process. It may be called by any thread.

    Args:
        for_good: whether the process ends at once: then no further file is begun.
    """
    _changing_unfinished.acquire()
    for hidden in _unfinished:
        with contextlib.suppress(OSError):
            hidden.unlink()
    if not for_good:
        _changing_unfinished.release()


# Where a file may be written ----------------------------------------------------------------------


def _followed(path: Path) -> Path:
    """Returns what a symbolic link leads to, whether or not it exists."""
    for _ in range(_MOST_LINKS):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return path
        if not stat.S_ISLNK(status.st_mode):
            return path
        if not _is_trusted(status, path.parent):
            raise _must_stay(path, "it is a link that another user has made")
        path = path.parent / os.readlink(path)  # noqa: PTH115 (a name that is no text, too)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))


def _is_trusted(link: os.stat_result, folder: Path) -> bool:
    """Tells whether a link may be followed: the rule of Linux (fs.protected_symlinks)."""
    status = folder.stat()
    is_shared = status.st_mode & stat.S_ISVTX and status.st_mode & stat.S_IWOTH
    return not is_shared or files.is_own(link) or link.st_uid == status.st_uid


def _checked(target: Path) -> os.stat_result | None:
    """Returns the state of the file to be replaced, which may be; None if there is none."""
    try:
        status = target.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", os.fspath(target))
    if not stat.S_ISREG(status.st_mode):
        raise _must_stay(target, "it is no ordinary file")
    # Root may write to any file, but whoever has taken away all rights to write means it.
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise _must_stay(target, "it is write-protected")
    folder = target.parent.stat()
    if folder.st_mode & stat.S_ISVTX and not (files.is_own(status) or files.is_own(folder)):
        raise _must_stay(target, "it belongs to another user")
    return status


def _must_stay(path: Path, why: str) -> OSError:
    return PermissionError(errno.EACCES, why, os.fspath(path))


def _put_beside(hidden: Path, target: Path) -> Path:
    """Gives a file a name like another one's that nothing has yet. Returns its path."""
    for number in itertools.count(2):
        beside = target.with_name(f"{target.stem} ({number}){target.suffix}")
        if os.path.lexists(beside):
            continue
        try:
            files.rename(hidden, beside)
        except FileExistsError:  # it has come meanwhile
            continue
        except OSError:  # it may be too long
            break
        return beside
    beside = target.with_name(f"{secrets.token_hex(8)}{target.suffix}")
    files.rename(hidden, beside)
    return beside


# Hidden files -------------------------------------------------------------------------------------


@contextlib.contextmanager
def _hidden_file(target: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Makes a file that only this process can see into, and removes it unless it was renamed."""
    hidden = None
    try:
        hidden, handle = _created(target)
        with os.fdopen(handle, "w+b") as file:
            yield hidden, file
    finally:
        if hidden is not None:
            with contextlib.suppress(FileNotFoundError):
                hidden.unlink()
            with _changing_unfinished:
                _unfinished.discard(hidden)


def _created(target: Path) -> tuple[Path, int]:
    while True:
        name = f".nst-{secrets.token_hex(8)}-{target.name[:_CHARACTERS_OF_NAME]}.tmp"
        hidden = target.parent / name
        with _changing_unfinished:
            _unfinished.add(hidden)
            try:
                handle = files.create(hidden)
            except BaseException:
                _unfinished.discard(hidden)
                raise
        if _is_locked(handle, wait=True) and not os.fstat(handle).st_nlink:
            os.close(handle)  # it was swept up before it was locked
            with _changing_unfinished:
                _unfinished.discard(hidden)
            continue
        return hidden, handle


def _is_locked(handle: int, *, wait: bool) -> bool:
    """Locks a file as one that is written; returns whether that worked."""
    try:
        locks.lock(handle, wait=wait)
    except OSError:  # somebody writes it; or a network drive without locks, where nothing is swept
        return False
    return True


def _remove_if_nobody_writes(hidden: Path) -> None:
    with contextlib.suppress(OSError):
        handle = files.open_existing(hidden)
        try:
            status = os.fstat(handle)
            is_ours = stat.S_ISREG(status.st_mode) and files.is_own(status)
            if is_ours and _is_locked(handle, wait=False):
                hidden.unlink()
        finally:
            os.close(handle)


def _umask() -> int:
    """Returns the umask, which can only be read by setting it; meanwhile files are private."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
