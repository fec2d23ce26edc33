"""One place, spelt in several ways."""

from __future__ import annotations

import os
from pathlib import Path


def is_same(one: Path, other: Path) -> bool:
    """Tells whether two paths, which need not exist, are those of one file or folder."""
    try:
        return one.samefile(other)
    except OSError:
        return _spelt_alike(one) == _spelt_alike(other)


def is_same_program(one: Path, other: Path) -> bool:
    """Tells whether two programs are one: all environments' Pythons may be links to one file."""
    return one.name == other.name and is_same(one.parent, other.parent)


def _spelt_alike(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))
