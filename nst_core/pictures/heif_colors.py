"""What an AVIF or HEIC file says of its colours in boxes of its own, without an ICC profile.

libvips hands out samples and no word of nclx (ISO/IEC 14496-12, 12.1.5; ISO/IEC 23008-12, 6.5).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import IO

from nst_core.pictures.code_points import StatedColors, colors_of

_MOST_BOXES = 1000
_LARGEST_META = 2**24


def stated_colors(file: IO[bytes]) -> StatedColors | None:
    """Returns what the file says of the colours of its first picture; None if it says nothing.

    Args:
        file: open and seekable.
    """
    try:
        properties = _of_primary_item(_meta(file))
    except (struct.error, IndexError, KeyError):  # damaged, or cut off
        return None
    code_points = [data for name, data in properties if name == b"colr" and data[:4] == b"nclx"]
    if not code_points or len(code_points[0]) < 8:
        return None
    primaries, curve = struct.unpack_from(">HH", code_points[0], 4)
    light = [struct.unpack_from(">H", data)[0] for name, data in properties if name == b"clli"]
    return colors_of(primaries, curve, peak=light[0] if light else None)


def _meta(file: IO[bytes]) -> bytes:
    """Returns the box that describes pictures; b"" if there is none."""
    size = file.seek(0, os.SEEK_END)
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        head = file.read(16)
        length, name = struct.unpack_from(">I4s", head)
        start = 8
        if length == 1:
            length, start = struct.unpack_from(">Q", head, 8)[0], 16
        if name == b"meta" and length <= _LARGEST_META:
            file.seek(position + start)
            return file.read((length or size - position) - start)
        if length < start:
            break
        position += length
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        length = length or len(data) - position
        if length < 8:
            return
        yield name, data[position + 8 : position + length]
        position += length


def _of_primary_item(meta: bytes) -> list[tuple[bytes, bytes]]:
    """Returns the properties of the picture that is shown, by name."""
    boxes = dict(_boxes(meta[4:]))
    found = dict(_boxes(boxes[b"iprp"]))
    primary = boxes[b"pitm"]
    number = struct.unpack_from(">I" if primary[0] else ">H", primary, 4)[0]
    properties = list(_boxes(found[b"ipco"]))
    return [
        properties[index - 1]
        for index in _associated(found[b"ipma"], number)
        if 0 < index <= len(properties)
    ]


def _associated(data: bytes, wanted: int) -> list[int]:
    """Returns which properties belong to an item, counted from 1."""
    item_format = ">I" if data[0] else ">H"
    index_format, mask = (">H", 0x7FFF) if data[3] & 1 else (">B", 0x7F)
    (items,) = struct.unpack_from(">I", data, 4)
    position = 8
    for _ in range(items):
        (number,) = struct.unpack_from(item_format, data, position)
        position += struct.calcsize(item_format)
        count = data[position]
        position += 1
        step = struct.calcsize(index_format)
        if number == wanted:
            return [
                struct.unpack_from(index_format, data, position + i * step)[0] & mask
                for i in range(count)
            ]
        position += count * step
    return []
