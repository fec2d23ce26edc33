"""Checksums of what files contain, without reading them whole."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

_CHUNK = 2**20


def sha256_of_rest(file: IO[bytes]) -> _Hash:
    """Returns hashlib's SHA-256 of an open file from where it stands to its end, to be continued.

    Raises:
        OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest
