"""The files of history and presets: found, read, and written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nst_contract.platforms import files, folders

VERSION = 1
# What is larger was not written here.
_MOST_BYTES = 1_000_000
_SUFFIX = ".json"


def folder() -> Path:
    """Returns where they lie."""
    return folders.saved(Path.home(), os.environ)


def read_all(kind: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields path and content of each file of a kind; what is damaged or too new is passed over.

    Args:
        kind: "history", "presets" or "gallery": the name of their folder.
    """
    for path in sorted((folder() / kind).glob(f"*{_SUFFIX}")):
        values = _read(path)
        if values is not None:
            yield path, values


def write(kind: str, name: str, values: dict[str, Any]) -> Path:
    """Writes a file, whole or not at all; one of the same name is replaced.

    Args:
        kind: as for :func:`read_all`.
        name: of the file, without its ending.
        values: what is kept.

    Raises:
        OSError: if it cannot be written.
    """
    place = folder() / kind
    files.make_private_folder(place)
    text = json.dumps({"kind": kind, "version": VERSION, **values}, indent=1)
    descriptor, unfinished = tempfile.mkstemp(dir=place, prefix=".", suffix=".part")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path = place / f"{name}{_SUFFIX}"
        files.replace(Path(unfinished), path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(unfinished).unlink()
        raise
    return path


def _read(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("kind") != path.parent.name:
        return None
    return values if values.get("version") == VERSION else None
