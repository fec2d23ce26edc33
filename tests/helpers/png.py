"""Writes and reads PNG files by hand, after the specification (W3C, PNG, second edition).

An implementation of our own, since Pillow knows no 16-bit colours, and since the pictures that the
product reads and writes must not be judged by the library that it uses.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_COLOR_TYPES = {1: _GREY, 2: _GREY_ALPHA, 3: _RGB, 4: _RGB_ALPHA}


@dataclass(frozen=True)
class Png:
    """A PNG file, taken apart.

    Attributes:
        samples: (height, width, channels), uint8 or uint16 as in the file.
        chunks: the other chunks by name.
    """

    samples: NDArray[np.uint8] | NDArray[np.uint16]
    chunks: dict[str, bytes]


def write_png(
    path: Path,
    samples: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    palette: list[tuple[int, int, int]] | None = None,
    palette_alpha: list[int] | None = None,
    one_bit: bool = False,
    profile: bytes | None = None,
    pixels_per_metre: tuple[int, int] | None = None,
) -> Path:
    """Writes (height, width, channels) samples; returns ``path``.

    Args:
        palette, palette_alpha: the colours that one channel of samples then points into.
        one_bit: packs one channel of 0 and 1 into bits.
        profile: an ICC profile to embed.
    """
    height, width, channels = samples.shape
    color_type = _PALETTE if palette else _COLOR_TYPES[channels]
    if one_bit:
        depth, rows = 1, [np.packbits(row[:, 0]).tobytes() for row in samples]
    else:
        depth = samples.dtype.itemsize * 8
        rows = [row.astype(samples.dtype.newbyteorder(">")).tobytes() for row in samples]
    chunks = [_chunk("IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0))]
    if profile is not None:
        chunks.append(_chunk("iCCP", b"profile\0\0" + zlib.compress(profile)))
    if pixels_per_metre is not None:
        chunks.append(_chunk("pHYs", struct.pack(">IIB", *pixels_per_metre, 1)))
    if palette:
        chunks.append(_chunk("PLTE", bytes(value for color in palette for value in color)))
    if palette_alpha:
        chunks.append(_chunk("tRNS", bytes(palette_alpha)))
    # Each row begins with the number of its filter: 0, none.
    chunks.append(_chunk("IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))))
    path.write_bytes(_SIGNATURE + b"".join(chunks) + _chunk("IEND", b""))
    return path


def with_chunks(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """Inserts chunks behind the first, which is the only one that must precede them."""
    data = path.read_bytes()
    head = len(_SIGNATURE) + 12 + struct.unpack_from(">I", data, len(_SIGNATURE))[0]
    added = b"".join(_chunk(name.decode(), content) for name, content in chunks)
    path.write_bytes(data[:head] + added + data[head:])
    return path


def read_png(path: Path) -> Png:
    """Reads a PNG file of 8 or 16 bits that is not interlaced."""
    chunks = _chunks(path.read_bytes())
    width, height, depth, color_type, *_ = struct.unpack(">IIBBBBB", chunks.pop("IHDR"))
    channels = _CHANNELS[color_type]
    step = channels * depth // 8
    data = np.frombuffer(zlib.decompress(chunks.pop("IDAT")), np.uint8)
    rows = data.reshape(height, 1 + width * step)
    lines = np.zeros((height + 1, width + 1, step), np.int64)  # a border of zeros, left and above
    for y, row in enumerate(rows):
        lines[y + 1, 1:] = _unfiltered(int(row[0]), row[1:].reshape(width, step), lines[y])
    raw = lines[1:, 1:].astype(np.uint8).tobytes()
    dtype = np.dtype(">u2" if depth == 16 else "u1")
    samples = np.frombuffer(raw, dtype).reshape(height, width, channels)
    return Png(samples.astype(dtype.newbyteorder("=")), chunks)


def _unfiltered(kind: int, row: NDArray[np.uint8], above: NDArray[np.int64]) -> NDArray[np.int64]:
    line = np.zeros_like(above)
    for x, sample in enumerate(row.astype(np.int64), start=1):
        left, up, corner = line[x - 1], above[x], above[x - 1]
        guess = left + up - corner
        to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
        paeth = np.where(
            (to_left <= to_up) & (to_left <= to_corner),
            left,
            np.where(to_up <= to_corner, up, corner),
        )
        line[x] = (sample + (0, left, up, (left + up) // 2, paeth)[kind]) % 256
    return line[1:]


def _chunk(name: str, data: bytes) -> bytes:
    tagged = name.encode() + data
    return struct.pack(">I", len(data)) + tagged + struct.pack(">I", zlib.crc32(tagged))


def _chunks(data: bytes) -> dict[str, bytes]:
    assert data.startswith(_SIGNATURE)
    found: dict[str, bytes] = {}
    position = len(_SIGNATURE)
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        name = data[position + 4 : position + 8].decode()
        found[name] = found.get(name, b"") + data[position + 8 : position + 8 + length]
        position += length + 12
    return found
