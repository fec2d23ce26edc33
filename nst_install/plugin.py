"""Puts the plug-in into a GIMP user folder, and removes it again."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from nst_contract.errors import DISK, NstError
from nst_contract.platforms import files, installer, locks, processes
from nst_install import trees
from nst_install.gimp_folders import PLUGIN, plugin_folder
from nst_install.options import CHECKOUT

# The package that the plug-in shares with the engine: both sides of the pipe read the same files.
CONTRACT = "nst_contract"
ENGINE_FILE = "engine.json"
GUIDE_PICTURES = "docs/images/guide"
_STAGED, _OLD = f".{PLUGIN}.", "old"
# What a wheel has, and a clone has not.
_PACKED = Path(__file__).parent / "plugin_files"


def sources() -> Path:
    """Returns the folder that the plug-in's files are copied from: a wheel has its own, and a clone
    is one.
    """
    return _PACKED if is_packed() else CHECKOUT


def is_packed() -> bool:
    """Tells whether pip or pipx has installed this from a wheel, without the installer."""
    return _PACKED.is_dir()


def packed_repair() -> str:
    """Returns the command line that places the plug-in of such an engine again."""
    words = [sys.executable, *processes.PYTHON_OPTIONS, "-m", "nst_core", "gimp", "install"]
    return installer.quoted(words)


def place(checkout: Path, gimp_folder: Path, engine: dict[str, str]) -> Path:
    """Puts the plug-in into a GIMP user folder, completely, or leaves the old one untouched.

    Args:
        checkout: the project's sources.
        gimp_folder: created if it is missing.
        engine: content of engine.json: "version", "python" and "repair".

    Returns:
        The plug-in's folder.

    Raises:
        NstError: (disk) if it cannot be written, or something else is in the way.
    """
    target = plugin_folder(gimp_folder)
    if not may_replace(target):
        raise NstError(
            DISK,
            f"{target} already exists, and does not belong to this project.",
            f"Move it away, then run {installer.SCRIPT} again.",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.parent):
            _put_back(target)
            _sweep(target.parent)
            # Staged in the same folder: only there is the last step certain to be a mere rename.
            staged = _made_in(target.parent)
            _fill(staged, checkout, engine)
            if target.exists():
                aside = _made_in(target.parent) / _OLD
                files.rename(target, aside)
            try:
                files.rename(staged, target)
            except BaseException:
                _put_back(target)
                raise
            _sweep(target.parent)
    except OSError as error:
        advice = (
            "Close GIMP"
            if files.is_in_use(error)
            else "Make the folder writable or free some room on the disk"
        )
        raise NstError(
            DISK,
            f"The plug-in cannot be put into {target}: {error.strerror or error}.",
            f"{advice}, then run {installer.SCRIPT} again.",
        ) from error
    return target


def _put_back(target: Path) -> None:
    """Gives the old plug-in its place again, if the new one did not get there."""
    for old in target.parent.glob(f"{_STAGED}*/{_OLD}"):
        if is_ours(old) and not target.exists():
            files.rename(old, target)


def remove(folder: Path) -> None:
    """Removes the plug-in's folder if it is ours: all of it, or none where a program has it open.

    Raises:
        OSError: if it has to stay.
    """
    if not is_ours(folder):
        return
    with _alone(folder.parent):
        aside = _made_in(folder.parent) / "removed"
        try:
            with contextlib.suppress(FileNotFoundError):
                files.rename(folder, aside)
                files.remove_tree(aside)
        finally:
            _sweep(folder.parent)


def tidy(plugins: Path) -> None:
    """Removes what an earlier installer has left in a folder of plug-ins, if there is one."""
    if plugins.is_dir():
        with _alone(plugins):
            _sweep(plugins)


def is_ours(folder: Path) -> bool:
    """Tells whether an installer of this project made the folder."""
    return not folder.is_symlink() and (folder / ENGINE_FILE).is_file()


def may_replace(folder: Path) -> bool:
    """Tells whether the plug-in's place is free or holds our own plug-in."""
    return not os.path.lexists(folder) or is_ours(folder)


def read_engine_file(folder: Path) -> dict[str, str]:
    """Returns what a plug-in's folder says about its engine; empty if it cannot be read."""
    try:
        values = json.loads((folder / ENGINE_FILE).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in values.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _made_in(plugins: Path) -> Path:
    """Makes a folder in a folder of plug-ins, which whoever may enter that may enter, too.

    One that Python makes for temporary files is closed for Windows' other users, and remains so
    when it is renamed: to GIMP, if an administrator has made it.
    """
    folder = plugins / f"{_STAGED}{secrets.token_hex(8)}"
    folder.mkdir()
    return folder


def _fill(staged: Path, checkout: Path, engine: dict[str, str]) -> None:
    trees.copy_contents(checkout / "gimp_plugin", staged)
    trees.copy_contents(checkout / GUIDE_PICTURES, staged / "help" / "images")
    trees.copy_contents(checkout / CONTRACT, staged / CONTRACT)
    text = json.dumps(engine, indent=2, ensure_ascii=False)
    (staged / ENGINE_FILE).write_text(text + "\n", encoding="utf-8")
    # GIMP silently ignores plug-ins that are not executable.
    (staged / f"{PLUGIN}.py").chmod(0o755)


@contextlib.contextmanager
def _alone(plugins: Path) -> Iterator[None]:
    """Keeps other installers, into other prefixes, out of a folder of plug-ins for a moment."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a file system without locks
            stack.enter_context(locks.locked_folder(plugins, wait=True))
        yield


def _sweep(plugins: Path) -> None:
    """Removes what was staged by this run or by an interrupted one."""
    for left in plugins.glob(f"{_STAGED}*"):
        trees.clear(left)
