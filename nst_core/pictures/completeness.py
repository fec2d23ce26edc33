"""Tells whether a picture file ends too early: each format says where its end is."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import IO

from nst_core.pictures import tiff_directory
from nst_core.pictures.tiff_directory import TiffFile

# Programs append to complete files, cameras whole films; the end mark of JPEG is looked for in so
# many of the last bytes.
_TAIL = 2**16
_MOST_CHUNKS = 100_000


def is_cut_off(file: IO[bytes], kind: str) -> bool:
    """Returns whether the file ends before the picture does; False if that cannot be told.

    Args:
        file: open and seekable.
        kind: of :func:`nst_core.storage.file_kinds.kind_of`.
    """
    size = file.seek(0, os.SEEK_END)
    return _BY_KIND[kind](file, size) if kind in _BY_KIND else False


def _jpeg(file: IO[bytes], size: int) -> bool:
    file.seek(max(0, size - _TAIL))
    return b"\xff\xd9" not in file.read()


def _png(file: IO[bytes], size: int) -> bool:
    position = 8
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return True
        length, name = struct.unpack(">I4s", head)
        position += 12 + length
        if position > size:
            return True
        if name == b"IEND":
            return False
    return False


def _riff(file: IO[bytes], size: int) -> bool:
    file.seek(4)
    stated: int = struct.unpack("<I", file.read(4).ljust(4, b"\0"))[0]
    return stated + 8 > size


def _gif(file: IO[bytes], size: int) -> bool:
    file.seek(max(0, size - _TAIL))
    return not file.read().rstrip(b"\0").endswith(b";")


def _bmp(file: IO[bytes], size: int) -> bool:
    file.seek(0)
    head = file.read(26)
    if len(head) < 26:
        return True
    stated, start = struct.unpack("<2xI4xI", head[:14])
    return bool(stated > size or start > size)


def _boxes(file: IO[bytes], size: int) -> bool:
    position = 0
    for _ in range(_MOST_CHUNKS):
        if position == size:
            return False
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return True
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length == 0:  # up to the end, wherever that is
            return False
        if length < 8 or position + length > size:
            return bool(length >= 8)
        position += length
    return False


def _tiff(file: IO[bytes], size: int) -> bool:
    try:
        tiff = TiffFile(file)
    except ValueError:
        return size < 8
    page = tiff.directory(tiff.first)
    if page is None:
        return tiff.first >= size
    places = (
        (tiff_directory.STRIP_OFFSETS, tiff_directory.STRIP_BYTE_COUNTS),
        (tiff_directory.TILE_OFFSETS, tiff_directory.TILE_BYTE_COUNTS),
    )
    return any(
        offset + length > size
        for starts, lengths in places
        for offset, length in zip(page.numbers(starts), page.numbers(lengths), strict=False)
    )


_BY_KIND: dict[str, Callable[[IO[bytes], int], bool]] = {
    "JPEG": _jpeg, "PNG": _png, "WebP": _riff, "GIF": _gif, "BMP": _bmp, "AVIF": _boxes,
    "HEIC": _boxes, "TIFF": _tiff,
}  # fmt: skip
