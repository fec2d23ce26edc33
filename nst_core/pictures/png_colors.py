"""What a PNG file says about its colours in chunks of its own, without an ICC profile.

libvips reads iCCP and takes everything else for sRGB. Files of older programs say in gAMA and cHRM
what their samples mean, newer ones in cICP (W3C, PNG, third edition, 11.3.2). iCCP, cICP and sRGB
override both.
"""

from __future__ import annotations

import itertools
import struct
from typing import IO

import numpy as np

from nst_core.pictures import png_chunks
from nst_core.pictures.code_points import AS_SRGB, StatedColors, colors_of
from nst_core.pictures.profiles import Profile, decoded, gamma, matrix_of

# Programs write 1/2.2, or 0.45, where they mean sRGB, which it approximates; the specification asks
# for that.
_SRGB_GAMMA, _ABOUT = 0.45455, 0.02
_SRGB_PRIMARIES = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
_D65 = (0.3127, 0.3290)


def stated_colors(file: IO[bytes]) -> StatedColors | None:
    """Returns what its chunks say; None where they say nothing, or that it is sRGB.

    Args:
        file: a PNG file, open and seekable.
    """
    chunks = _chunks_before_pixels(file)
    if b"iCCP" in chunks:
        return None
    if chunks.get(b"cICP"):
        return _of_code_points(chunks)
    if b"sRGB" in chunks:
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
    return StatedColors(Profile((curve or decoded,) * (1 if matrix is None else 3), matrix))


def _of_code_points(chunks: dict[bytes, bytes]) -> StatedColors:
    data = chunks[b"cICP"]
    if len(data) < 2:
        return AS_SRGB
    return colors_of(data[0], data[1], is_grey=_is_grey(chunks), peak=_peak(chunks))


def _peak(chunks: dict[bytes, bytes]) -> float | None:
    """Returns the brightest light in cd/m2, of the picture, or of the screen it was made on."""
    for name, position in ((b"cLLI", 0), (b"mDCV", 16)):
        data = chunks.get(name, b"")[position : position + 4]
        if len(data) == 4 and any(data):
            return float(struct.unpack(">I", data)[0]) / 10_000
    return None


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(">8I", data) if len(data) == 32 else ()


def _is_grey(chunks: dict[bytes, bytes]) -> bool:
    return chunks.get(b"IHDR", b"")[9:10] in (b"\0", b"\4")


def _chunks_before_pixels(file: IO[bytes]) -> dict[bytes, bytes]:
    before = itertools.takewhile(
        lambda chunk: chunk[0] != png_chunks.PIXELS, png_chunks.chunks(file)
    )
    found: dict[bytes, bytes] = {}
    for name, data in before:
        found.setdefault(name, data)
    return found
