"""Writes ICC profiles by hand, after the specification (ICC.1:2001-04, version 2)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

# Colorants of sRGB, adapted from D65 to D50 by Bradford's transform.
SRGB = ((0.4360747, 0.2225045, 0.0139322), (0.3850649, 0.7168786, 0.0971045),
        (0.1430804, 0.0606169, 0.7141733))  # fmt: skip
D50 = (0.9642, 1.0, 0.8249)


def grey_profile(gamma: float) -> bytes:
    """Returns a profile of grey samples that are light to the power of 1 / ``gamma``."""
    return _profile({b"wtpt": _xyz(D50), b"kTRC": _curve(gamma)}, b"GRAY")


def rgb_profile(
    gamma: float,
    colorants: Sequence[Sequence[float]] = SRGB,
    code_points: tuple[int, int] | None = None,
) -> bytes:
    """Returns a profile of red, green and blue with one curve for all of them.

    Args:
        code_points: primaries and transfer of H.273, which version 4.4 may add.
    """
    tags = {b"wtpt": _xyz(D50)}
    for name, colorant in zip((b"r", b"g", b"b"), colorants, strict=True):
        tags |= {name + b"XYZ": _xyz(colorant), name + b"TRC": _curve(gamma)}
    if code_points:
        tags[b"cicp"] = b"cicp\0\0\0\0" + bytes((*code_points, 0, 1))
    return _profile(tags, b"RGB ")


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _curve(gamma: float) -> bytes:
    if gamma == 1:
        return b"curv\0\0\0\0" + struct.pack(">I", 0)
    return b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))


def _profile(tags: Mapping[bytes, bytes], space: bytes) -> bytes:
    name = b"made by hand\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 78
    all_tags = {b"desc": described, b"cprt": b"text\0\0\0\0none\0", **tags}
    start = 128 + 4 + 12 * len(all_tags)
    table, body = b"", b""
    for tag, value in all_tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    head = struct.pack(">I4xI4s4s4s", start + len(body), 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(map(_fixed, D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(all_tags)) + table + body
