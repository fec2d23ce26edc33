"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lets a file be written beside another, whose place it takes once it is complete.

    A disk that is full, or an interruption, leaves the older file as it was.

    Args:
        path: the file to be replaced; it need not exist.

    Yields:
        A path in the same folder, with the same suffix, at which there is nothing yet: whoever
        creates the file there gives it the permissions of any new file.

    Raises:
        OSError: if nothing can be written there.
    """
    handle, name = tempfile.mkstemp(suffix=path.suffix.lower(), prefix=".nst-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    temporary.unlink()
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


@contextlib.contextmanager
def writing(path: Path, permissions: int = 0o666) -> Iterator[IO[bytes]]:
    """Lets content be written that takes the place of a file once it is safe on the disk.

    Args:
        path: as in :func:`replacing`.
        permissions: of the new file, before the user's own mask.

    Yields:
        An open file.

    Raises:
        OSError: if nothing can be written there, or the disk is full.
    """
    with replacing(path) as temporary:
        temporary.touch(mode=permissions)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
