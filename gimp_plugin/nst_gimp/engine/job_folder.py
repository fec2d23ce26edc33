"""The private folder in which one job's pixels lie. Standard library only."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nst_contract.platforms import files, locks
from nst_contract.protocol.requests import FOLDER_PREFIX

_LOCK = "lock"
_HALF_MADE_SECONDS = 60
# No run takes a week; where there are no locks, what is older was left.
_OLD_SECONDS = 7 * 24 * 3600


@contextlib.contextmanager
def folder(base: Path) -> Iterator[Path]:
    """Makes a folder that only this user can enter, and removes it at the end.

    A plug-in that is killed cannot remove its folder. Each folder is therefore locked while it
    is in use, and what lies there without a lock is swept away before a new one is made.
    """
    files.make_private_folder(base)
    sweep(base)
    path, lock = _locked_folder(base)
    try:
        yield path
    finally:
        files.remove_with_lock(path, lock)


def others(path: Path) -> int:
    """Returns how many jobs have their folders beside this one's: each is a run in progress."""
    return sum(1 for other in path.parent.glob(f"{FOLDER_PREFIX}*") if other != path)


def _locked_folder(base: Path) -> tuple[Path, int]:
    """Makes a folder, and returns it with its lock, which nobody else has."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=base))
        # Between these steps another GIMP may take it for one that was left, and sweep it away.
        try:
            lock = files.create(path / _LOCK)
        except FileNotFoundError:
            continue
        # Where the file system has no locks, only what is old is swept away.
        with contextlib.suppress(OSError):
            locks.lock(lock, wait=True)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), (path / _LOCK).stat()):
                return path, lock
        os.close(lock)


def sweep(base: Path) -> None:
    """Removes the folders of jobs that are no longer running."""
    for path in base.glob(f"{FOLDER_PREFIX}*"):
        try:
            lock = files.open_existing(path / _LOCK)
        except OSError:
            # Without a lock file it is just being made, or was half removed long ago.
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _HALF_MADE_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
            continue
        try:
            locks.lock(lock)
            was_left = True
        except BlockingIOError:  # another GIMP is at work there
            was_left = False
        except OSError:  # nobody can tell
            was_left = time.time() - os.fstat(lock).st_mtime > _OLD_SECONDS
        if was_left:
            files.remove_with_lock(path, lock)
        else:
            os.close(lock)
