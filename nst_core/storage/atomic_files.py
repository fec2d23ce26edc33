"""Files that are written completely or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Provides a temporary path for a new file, which replaces the old one once it is complete.

    If the disk is full, or writing is interrupted, the old file stays as it was.

    Args:
        path: the file to replace; it need not exist.

    Yields:
        A path in the same folder, with the same suffix, where nothing exists yet, so that the
        file created there gets the permissions of any new file.

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
    """Opens a new file, which replaces the old one once its content is safely on the disk.

    Args:
        path: as in :func:`replacing`.
        permissions: of the new file, before the user's umask.

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
