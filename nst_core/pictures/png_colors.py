"""What a PNG file says about its colours in chunks of its own, without an ICC profile.

libvips reads iCCP and takes everything else for sRGB. Files of older programs say in gAMA and cHRM
what their samples mean (W3C, PNG, third edition, 11.3.2); an sRGB, cICP or iCCP chunk overrides
both.
"""

from __future__ import annotations

import os
import struct
from typing import IO

import numpy as np

from nst_core.pictures.profiles import Profile, decoded, gamma, matrix_of

_SIGNATURE = 8
_OVERRIDING = (b"iCCP", b"sRGB", b"cICP")
_MOST_CHUNKS = 1000
# Programs write 1/2.2, or 0.45, where they mean sRGB, which it approximates; the specification asks
# for that.
_SRGB_GAMMA, _ABOUT = 0.45455, 0.02
_SRGB_PRIMARIES = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
_D65 = (0.3127, 0.3290)


def stated_colors(file: IO[bytes]) -> Profile | None:
    """Returns what gAMA and cHRM say; None where they say nothing, or that it is sRGB.

    Args:
        file: a PNG file, open and seekable.
    """
    chunks = _chunks_before_pixels(file)
    if any(name in chunks for name in _OVERRIDING):
        return None
    exponent = struct.unpack(">I", chunks.get(b"gAMA", b"").ljust(4, b"\0")[:4])[0] / 100_000
    chromaticities = np.array(_numbers(chunks.get(b"cHRM", b""))) / 100_000
    curve = None
    if 0.1 <= exponent <= 10 and abs(exponent - _SRGB_GAMMA) > _ABOUT * _SRGB_GAMMA:
        curve = gamma(1 / exponent)
    matrix = None
    if len(chromaticities) and not _is_grey(chunks):
        white, primaries = chromaticities[:2], chromaticities[2:].reshape(3, 2)
        if np.abs(primaries - _SRGB_PRIMARIES).max() + np.abs(white - _D65).max() > 0.002:
            matrix = matrix_of(primaries, (float(white[0]), float(white[1])))
    if curve is None and matrix is None:
        return None
    return Profile((curve or decoded,) * (1 if matrix is None else 3), matrix)


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(">8I", data) if len(data) == 32 else ()


def _is_grey(chunks: dict[bytes, bytes]) -> bool:
    return chunks.get(b"IHDR", b"")[9:10] in (b"\0", b"\4")


def _chunks_before_pixels(file: IO[bytes]) -> dict[bytes, bytes]:
    """Returns the first bytes of each chunk by name, up to those that hold the pixels."""
    chunks: dict[bytes, bytes] = {}
    position = file.seek(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        length, name = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"IEND")
        if name in (b"IDAT", b"IEND"):
            break
        chunks.setdefault(name, file.read(min(length, 64)))
        position = file.seek(position + 12 + length, os.SEEK_SET)
    return chunks
