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
from nst_core.pictures.profiles import Profile, decoded, gamma, matrix_of

# Code points of cICP (ITU-T H.273): primaries, and curves from 0 to 1. Those of television are
# shown like that of sRGB.
_PRIMARIES = {
    1: None,
    9: np.array([[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]]),
    12: np.array([[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]]),
}
_CURVES = {1: decoded, 4: gamma(2.2), 5: gamma(2.8), 6: decoded, 8: gamma(1), 13: decoded}
_CURVES |= {14: decoded, 15: decoded}
# Programs write 1/2.2, or 0.45, where they mean sRGB, which it approximates; the specification asks
# for that.
_SRGB_GAMMA, _ABOUT = 0.45455, 0.02
_SRGB_PRIMARIES = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
_D65 = (0.3127, 0.3290)


def stated_colors(file: IO[bytes]) -> Profile | None:
    """Returns what its chunks say; None where they say nothing, or that it is sRGB.

    Args:
        file: a PNG file, open and seekable.
    """
    chunks = _chunks_before_pixels(file)
    if b"iCCP" in chunks:
        return None
    if chunks.get(b"cICP"):
        return _of_code_points(chunks[b"cICP"], _is_grey(chunks))
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
    return Profile((curve or decoded,) * (1 if matrix is None else 3), matrix)


def _of_code_points(data: bytes, is_grey: bool) -> Profile | None:
    """Returns what cICP says; None if it is sRGB, or nothing that can be shown here."""
    primaries, curve = _PRIMARIES.get(data[0]), _CURVES.get(data[1] if len(data) > 1 else 0)
    if curve is None or (curve is decoded and (primaries is None or is_grey)):
        return None
    matrix = None if primaries is None or is_grey else matrix_of(primaries, _D65)
    return Profile((curve,) * (1 if matrix is None else 3), matrix)


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
