"""A new environment beside the old one, which works until the new one takes its place.

The new one begins as a copy of the old by hard links: it takes a second and no room. pip puts new
files in the place of those that it changes, and never writes into one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from nst_contract import in_use
from nst_contract.platforms import files
from nst_install import prefix, trees
from nst_install.console import say
from nst_install.systems import system
from nst_install.venv import Venv

# A file of every environment.
_OF_ANY = "pyvenv.cfg"
_SECONDS_BETWEEN_LOOKS = 0.5
_HEARTBEAT = 20.0


def beside(venv: Venv) -> Venv:
    """Returns the environment that is to take this one's place."""
    return dataclasses.replace(venv, folder=venv.folder.with_name(prefix.NEXT_VENV))


def copy(old: Path, new: Path) -> None:
    """Makes the new environment like the old one.

    Raises:
        OSError: at the first file that cannot be copied.
    """
    trees.remove(new)
    _copy_below(old, new)


def room_for_copy(old: Path) -> int:
    """Returns how many bytes :func:`copy` takes on this disk: none where it has hard links."""
    new = old.with_name(prefix.NEXT_VENV)
    trees.remove(new)
    new.mkdir()
    try:
        os.link(old / _OF_ANY, new / _OF_ANY)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOSPC):  # it says nothing of hard links
            return 0
        everything = (path for path in old.rglob("*") if not path.is_symlink())
        return sum(path.stat().st_size for path in everything if path.is_file())
    finally:
        trees.remove(new)
    return 0


def swap(old: Path, new: Path) -> None:
    """Puts the new environment in the place of the old one, and removes that."""
    _name_for_good(new, old)
    aside = old.with_name(prefix.LAST_VENV)
    trees.remove(aside)
    files.rename(old, aside)
    try:
        files.rename(new, old)
    except BaseException:
        files.rename(aside, old)
        raise
    trees.clear(aside)


def recover(folder: Path) -> None:
    """Tidies up after an installer that was killed: whichever environment was whole remains.

    Args:
        folder: of the installation, which nobody else is working on.
    """
    venv, new, aside = (folder / name for name in (prefix.VENV, prefix.NEXT_VENV, prefix.LAST_VENV))
    if aside.exists() and not venv.exists():
        files.rename(aside, venv)
    for left in (new, aside):
        trees.clear(left)


@contextlib.contextmanager
def at_rest(folder: Path) -> Iterator[None]:
    """Waits until no engine of this installation is at work, and keeps others from starting."""
    started = told = time.monotonic()
    lock = in_use.take(folder)
    if lock is None:
        say(
            f"The engine in {folder} is at work: nst is painting, or GIMP's window of Neural Style "
            "is open.\nWaiting until that has ended. Ctrl+C stops waiting."
        )
    while lock is None:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        if time.monotonic() - told > _HEARTBEAT:
            told = time.monotonic()
            say(f"      ... {told - started:.0f} s")
        lock = in_use.take(folder)
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Keeps other installers from changing the environment while something of it runs."""
    lock = in_use.hold(folder)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _copy_below(old: Path, new: Path) -> None:
    new.mkdir()
    for entry in old.iterdir():
        target = new / entry.name
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir():
            _copy_below(entry, target)
        else:
            _link(entry, target)
    shutil.copymode(old, new)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _name_for_good(new: Path, old: Path) -> None:
    """Has the programs of the new environment name the folder that it is about to get."""
    # As they are, and as they stand between a shell's quotes.
    forms = [(str(new), str(old)), (shlex.quote(str(new))[1:-1], shlex.quote(str(old))[1:-1])]
    if "'" not in str(new):
        del forms[1]
    for file in (new / _OF_ANY, *(new / system.PROGRAMS).iterdir()):
        if file.is_symlink() or not file.is_file():
            continue
        before = text = file.read_bytes()
        for ours, later in forms:
            text = text.replace(os.fsencode(ours), os.fsencode(later))
        if text != before:
            # Not in place: the old environment may have the same file.
            staged = file.with_name(f".{file.name}.new")
            staged.write_bytes(text)
            shutil.copymode(file, staged)
            files.replace(staged, file)
