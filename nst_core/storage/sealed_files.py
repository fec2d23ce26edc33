"""Files that say what they are, and carry the SHA-256 of all that follows.

Two lines of text, then the data::

    gimp-neural-style checkpoint 3
    9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nst_core.storage.atomic_files import writing
from nst_core.storage.checksums import sha256_of_rest

_DIGITS = hashlib.sha256().digest_size * 2
_LONGEST_KIND = 100
_PROGRAM = b"gimp-neural-style "


class NotOurs(ValueError):
    """A file is something else altogether."""


class SealedWriter:
    """Receives the data of a file, and keeps count of their checksum.

    Attributes:
        error: what went wrong when writing; callers may hide it behind an error of their own.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Appends data."""
        try:
            written = self._file.write(data)
        except OSError as error:
            self.error = error
            raise
        self._digest.update(data)
        return written

    def flush(self) -> None:
        """Does nothing: everything is written at the end."""

    def checksum(self) -> str:
        """Returns the SHA-256 of all data so far, in hexadecimal digits."""
        return self._digest.hexdigest()


@contextlib.contextmanager
def sealing(path: Path, kind: str, permissions: int = 0o666) -> Iterator[SealedWriter]:
    """Opens a new file, which replaces the old one once it is complete and sealed.

    Args:
        path, permissions: as for :func:`nst_core.storage.atomic_files.writing`.
        kind: what the file holds, with its version, in one line.

    Raises:
        OSError: as :func:`nst_core.storage.atomic_files.writing` does; or the old one is
            something else, in whatever version.
    """
    if path.exists():
        with path.open("rb") as old:
            if not _is_any_version(_first_line(old), kind):
                why = "it is there already, and is something else"
                raise PermissionError(errno.EACCES, why, os.fspath(path))
    with writing(path, permissions) as file:
        file.write(f"{kind}\n{'-' * _DIGITS}\n".encode())
        writer = SealedWriter(file)
        yield writer
        file.seek(len(kind) + 1)
        file.write(writer.checksum().encode())


@contextlib.contextmanager
def unsealed(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """Opens a file where its data begin, once it is certain that they are what was written.

    Raises:
        OSError: if it cannot be read.
        NotOurs: if it is of another kind.
        ValueError: if it is of another version, or damaged.
    """
    with path.open("rb") as file:
        _check_kind(file, kind)
        expected = file.readline(_DIGITS + 1)
        begin = file.tell()
        digest = sha256_of_rest(file)
        if expected != f"{digest.hexdigest()}\n".encode():
            raise ValueError("it is damaged or incomplete: wrong checksum")
        file.seek(begin)
        yield file


def is_of_kind(path: Path, kind: str) -> bool:
    """Tells whether a file says that it is of a kind and version; nothing else in it is looked at.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return _first_line(file) == kind.encode()


def _check_kind(file: IO[bytes], kind: str) -> None:
    line = _first_line(file)
    if line == kind.encode():
        return
    if not line:
        raise ValueError("it is empty")
    if _is_any_version(line, kind):
        raise ValueError("it was written by another version")
    if line.startswith(_PROGRAM):
        raise NotOurs("it is of another kind")
    raise NotOurs("this program has not written it")


def _is_any_version(line: bytes, kind: str) -> bool:
    name, _, _version = kind.rpartition(" ")
    return line.startswith(f"{name} ".encode())


def _first_line(file: IO[bytes]) -> bytes:
    return file.readline(_LONGEST_KIND).rstrip(b"\n")
