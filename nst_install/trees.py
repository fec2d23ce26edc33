"""Folders with all that is in them: copied, and removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nst_contract.platforms import files


def copy_contents(source: Path, target: Path) -> None:
    """Copies what files contain, apart from compiled ones, and not their permissions: sources may
    be write-protected, and the copy has to be removed some day.

    Args:
        source: a folder.
        target: made if it is missing.

    Raises:
        OSError: if something cannot be copied.
    """
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir()):
        if entry.name == "__pycache__" or entry.suffix == ".pyc":
            continue
        if entry.is_dir():
            copy_contents(entry, target / entry.name)
        else:
            shutil.copyfile(entry, target / entry.name)


def remove(folder: Path) -> None:
    """Removes a folder, if there is one.

    Raises:
        OSError: if something has to stay.
    """
    if os.path.lexists(folder):
        files.remove_tree(folder)


def clear(folder: Path) -> None:
    """Removes a folder, if there is one, as far as possible."""
    try:
        remove(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
