"""The directories of TIFF files (TIFF 6.0, BigTIFF) and of EXIF, which has the same structure.

libvips says little of what stands in them: which page is only a thumbnail, how samples are stored,
who took the picture. Files come from strangers, so nothing in them is trusted: what is out of
bounds is left out.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from nst_core.pictures import text_encodings

NEW_SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 258, 259, 262
STRIP_OFFSETS, SAMPLES_PER_PIXEL, STRIP_BYTE_COUNTS, PLANAR = 273, 277, 279, 284
PREDICTOR, TILE_OFFSETS, TILE_BYTE_COUNTS = 317, 324, 325
SUB_DIRECTORIES, EXTRA_SAMPLES, SAMPLE_FORMAT = 330, 338, 339
EXIF_DIRECTORY, ICC_PROFILE = 34665, 34675

_SHORT = 3
# Bytes of one value of each type (TIFF 6.0, section 2; BigTIFF), and struct's letters for numbers.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST_ENTRIES = 2000
_MOST_DIRECTORIES = 100
# Longer values are strips' positions or blobs, which others read.
_LONGEST_VALUE = 2**16
# Type, count, and the bytes of a value; where these do not fit into the entry, of their position.
Entry = tuple[int, int, bytes]


@dataclass(frozen=True)
class Directory:
    """One directory: a page, or what is known of it.

    Attributes:
        order: of bytes, as struct has it: "<" or ">".
        big: whether its positions have 64 bits (BigTIFF).
        entries: what stands in it, by tag.
        values: of the entries, by tag, as bytes; without those that are too long or out of bounds.
        next: the position of the next directory; 0 if there is none.
    """

    order: str
    big: bool
    entries: Mapping[int, Entry]
    values: Mapping[int, bytes]
    next: int

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Returns whole numbers; none if the tag is missing or holds something else."""
        kind = self.entries[tag][0] if tag in self.entries else 0
        if tag not in self.values or kind not in _NUMBERS:
            return ()
        value = self.values[tag]
        return struct.unpack(f"{self.order}{len(value) // _SIZES[kind]}{_NUMBERS[kind]}", value)

    def number(self, tag: int, otherwise: int = 0) -> int:
        """Returns the first number; ``otherwise`` if there is none."""
        return next(iter(self.numbers(tag)), otherwise)

    def text(self, tag: int) -> str:
        """Returns a text without its end; "" if there is none."""
        if tag not in self.entries or self.entries[tag][0] != 2:
            return ""
        return text_encodings.decoded(self.values.get(tag, b"").split(b"\0")[0]).strip()

    @property
    def is_reduced(self) -> bool:
        """Whether the file says that this page is only a smaller copy, or a mask, of another."""
        return bool(self.number(NEW_SUBFILE_TYPE) & 0b101) or self.number(OLD_SUBFILE_TYPE) == 2


class TiffFile:
    """A TIFF file, or the content of an EXIF segment.

    Args:
        file: open, and seekable.

    Raises:
        ValueError: if it does not begin as a TIFF file.
        OSError: if it cannot be read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        head = self._read(0, 16)
        orders = {b"II": "<", b"MM": ">"}
        if len(head) < 8 or head[:2] not in orders:
            raise ValueError("no TIFF file")
        self.order = orders[head[:2]]
        version = struct.unpack(f"{self.order}H", head[2:4])[0]
        if version not in (42, 43) or len(head) < (16 if version == 43 else 8):
            raise ValueError("no TIFF file")
        self.big = version == 43
        self.first: int = (
            struct.unpack(f"{self.order}Q", head[8:])[0]
            if self.big
            else struct.unpack(f"{self.order}I", head[4:8])[0]
        )

    def pages(self) -> Iterator[Directory]:
        """Yields the pages' directories in their order; a damaged one is the last."""
        position, seen = self.first, set[int]()
        while position and position not in seen and len(seen) < _MOST_DIRECTORIES:
            seen.add(position)
            page = self.directory(position)
            if page is None:
                return
            yield page
            position = page.next

    def within(self, page: Directory, tag: int) -> Iterator[Directory]:
        """Yields the directories that a page's tag has the positions of."""
        for position in page.numbers(tag)[:_MOST_DIRECTORIES]:
            found = self.directory(position)
            if found:
                yield found

    def directory(self, position: int) -> Directory | None:
        """Returns the directory at a position; None if there is none."""
        counter, width, link = ("Q", 20, "Q") if self.big else ("H", 12, "I")
        start = self._read(position, struct.calcsize(f"={counter}"))
        if len(start) < struct.calcsize(f"={counter}"):
            return None
        count = struct.unpack(self.order + counter, start)[0]
        if not 0 < count <= _MOST_ENTRIES:
            return None
        data = self._read(position + len(start), count * width + struct.calcsize(f"={link}"))
        if len(data) < count * width:
            return None
        entries, values = {}, {}
        for at in range(0, count * width, width):
            tag, kind, length, value = struct.unpack(
                f"{self.order}HH{'Q8s' if self.big else 'I4s'}", data[at : at + width]
            )
            entries[tag] = (kind, length, value)
            found = self._value(kind, length, value)
            if found is not None:
                values[tag] = found
        rest = data[count * width :]
        following = struct.unpack(self.order + link, rest)[0] if len(rest) > 2 else 0
        return Directory(self.order, self.big, entries, values, following)

    def _value(self, kind: int, length: int, value: bytes) -> bytes | None:
        size = length * _SIZES.get(kind, 0)
        if not 0 < size <= _LONGEST_VALUE:
            return None
        if size <= len(value):
            return value[:size]
        position = struct.unpack(self.order + ("Q" if self.big else "I"), value)[0]
        found = self._read(position, size)
        return found if len(found) == size else None

    def _read(self, position: int, size: int) -> bytes:
        if not 0 <= position <= self._size:
            return b""
        self._file.seek(position)
        return self._file.read(size)


def packed(order: str, big: bool, entries: Mapping[int, Entry], position: int) -> bytes:
    """Returns a directory without a successor, and its longer values behind it.

    Args:
        order, big: as of a :class:`Directory`.
        entries: by tag: type, count and the whole value, or what a directory has read.
        position: where it will stand, even.
    """
    counter, field, link = ("Q", 8, "Q") if big else ("H", 4, "I")
    size = struct.calcsize(f"={counter}") + len(entries) * (4 + 2 * field) + field
    start, values = position + size, b""
    directory = struct.pack(order + counter, len(entries))
    for tag, (kind, count, value) in sorted(entries.items()):
        if len(value) > field:
            value, values = struct.pack(order + link, start + len(values)), values + value
            values += b"\0" * (len(values) % 2)
        directory += struct.pack(f"{order}HH{link}", tag, kind, count) + value.ljust(field, b"\0")
    return directory + struct.pack(order + link, 0) + values


def with_directory(data: bytes, page: Directory, changed: Mapping[int, tuple[int, ...]]) -> bytes:
    """Returns a TIFF file that has one page of another, with some of its tags changed.

    Args:
        data: the whole file.
        page: one of its directories, wherever it stands.
        changed: numbers of up to 16 bits by tag; none at all removes the tag.
    """
    entries = {tag: entry for tag, entry in page.entries.items() if tag not in changed}
    for tag, numbers in changed.items():
        if numbers:
            value = struct.pack(f"{page.order}{len(numbers)}H", *numbers)
            entries[tag] = (_SHORT, len(numbers), value)
    padding = b"\0" * (-len(data) % 8)
    start = len(data) + len(padding)
    directory = packed(page.order, page.big, entries, start)
    return b"".join([first_directory_at(data, page, start), padding, directory])


def first_directory_at(data: bytes, page: Directory, position: int) -> bytes:
    """Returns data of a TIFF file whose first directory stands elsewhere."""
    at, link = (8, "Q") if page.big else (4, "I")
    pointer = struct.pack(page.order + link, position)
    return b"".join([data[:at], pointer, data[at + len(pointer) :]])
