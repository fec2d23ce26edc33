"""The chunks of a PNG file, and the texts in them (W3C, PNG, third edition, 5.3 and 11.3.3)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from nst_core.pictures import text_encodings

PIXELS = b"IDAT"
_SIGNATURE = 8
# A large picture is cut into pieces of 8 KiB by some programs.
_MOST_CHUNKS = 1_000_000
_LONGEST_KEYWORD = 79
# Of a text, which may be compressed: far more than anybody reads.
_MOST_BYTES = 2**16


def chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yields the name of each chunk and its first bytes, but for pixels, from first to last.

    Args:
        file: a PNG file, open and seekable.
    """
    position = _SIGNATURE
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(8)
        length, name = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"IEND")
        if name == b"IEND":
            return
        yield name, b"" if name == PIXELS else file.read(min(length, _MOST_BYTES))
        position += 12 + length


def texts(file: IO[bytes]) -> dict[str, str]:
    """Returns the texts of a PNG file by keyword, of each the first.

    Args:
        file: open and seekable.
    """
    found: dict[str, str] = {}
    for name, data in chunks(file):
        if name in _READERS:
            keyword, _, rest = data.partition(b"\0")
            if len(keyword) <= _LONGEST_KEYWORD:
                found.setdefault(keyword.decode("latin-1"), _READERS[name](rest))
    return found


def _compressed(data: bytes) -> str:
    return text_encodings.decoded(_inflated(data[1:]))


def _international(data: bytes) -> str:
    # Whether it is compressed, and how; the language; the keyword in it; the text.
    _language, _, rest = data[2:].partition(b"\0")
    _keyword, _, text = rest.partition(b"\0")
    return (_inflated(text) if data[:1] == b"\1" else text).decode("utf-8", "replace")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_BYTES)
    except zlib.error:
        return b""


_READERS = {b"tEXt": text_encodings.decoded, b"zTXt": _compressed, b"iTXt": _international}
