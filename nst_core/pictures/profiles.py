"""Colour profiles of one curve for each channel and a matrix, computed as they are defined.

Little CMS computes with whole numbers of 8 or 16 bits, through tables: in shadows, a linear grey
comes out 10 steps of 255 too dark. Most profiles of photographs are a curve for each channel,
which makes its light linear, and a matrix for the colours (ICC.1:2022, 8.3 and annex F.3): these
we compute in floating point. The others, of inks or with tables, are Little CMS's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.pictures.picture import Array

Matrix = NDArray[np.float64]
Curve = Callable[[Array], Array]

# Linear sRGB from XYZ of the profile connection space, white D50: the inverse of the colorants of
# sRGB (IEC 61966-2-1) adapted from D65 by Bradford's transform, as ICC profiles have them.
_TO_SRGB: Matrix = np.linalg.inv(
    np.array(
        [
            [0.4360747, 0.3850649, 0.1430804],
            [0.2225045, 0.7168786, 0.0606169],
            [0.0139322, 0.0971045, 0.7141733],
        ]
    )
)
# By so much do the colorants of sRGB differ from profile to profile.
_ROUNDING = 1e-3
# A table of 1024 points is as exact as this, and so are 16 bits of a gamma.
_ROUNDING_OF_CURVES = 1e-4
_D50 = np.array([0.9642, 1.0, 0.8249])
# Sharpened cone responses from XYZ (Lam 1985, "Bradford").
_BRADFORD: Matrix = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_HEADER = 128
_MOST_TAGS = 200
# Tables from colours to the connection space, which take precedence over curves and matrix.
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2", b"D2B3")
# Rows are converted this many samples at a time, so that a picture is in memory only once.
_STRIP = 2**20


@dataclass(frozen=True)
class Profile:
    """What the samples of a picture mean.

    Attributes:
        curves: from samples to light, both 0..1; for red, green and blue, or one for all channels.
        matrix: linear sRGB from linear red, green and blue; None if the colours are those of sRGB,
            or there are none.
        is_srgb: whether it changes nothing, up to the rounding of profiles.
    """

    curves: tuple[Curve, ...]
    matrix: Matrix | None = None
    is_srgb: bool = False

    @property
    def is_grey(self) -> bool:
        """Whether it describes grey; one that only lacks a matrix describes colours too."""
        return self.matrix is None

    def to_srgb(self, samples: Array) -> None:
        """Replaces samples (height, width, 1 or 3) by R'G'B' of sRGB, or by its grey; all 0..1."""
        if self.is_srgb:
            return
        for part in strips(samples):
            curves = self.curves * (samples.shape[2] if len(self.curves) == 1 else 1)
            light = np.stack(
                [curve(part[..., i].clip(0, 1)) for i, curve in enumerate(curves)], axis=-1
            )
            if self.matrix is not None:
                light = light @ self.matrix.T.astype(np.float32)
            part[...] = encoded(light)


def strips(samples: Array) -> Iterator[Array]:
    """Yields views of samples (height, width, channels), a few rows at a time."""
    rows = max(1, _STRIP // max(1, samples.shape[1]))
    for top in range(0, len(samples), rows):
        yield samples[top : top + rows]


def encoded(light: Array) -> Array:
    """Returns linear light as sRGB encodes it (IEC 61966-2-1), clipped to 0..1."""
    light = light.clip(0, 1)
    curved: Array = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055
    ).astype(np.float32)
    return curved


def decoded(samples: Array) -> Array:
    """Returns the linear light of samples in sRGB, the inverse of :func:`encoded`."""
    samples = samples.clip(0, 1)
    light: Array = np.where(
        samples <= 0.04045, samples / 12.92, np.power((samples + 0.055) / 1.055, 2.4)
    ).astype(np.float32)
    return light


def gamma(exponent: float) -> Curve:
    """Returns the curve of a power."""
    return lambda samples: np.power(samples, np.float32(exponent))


def matrix_of(primaries: Matrix, white: tuple[float, float]) -> Matrix | None:
    """Returns linear sRGB from linear red, green and blue of other primaries.

    The white is adapted by Bradford's transform, so that white stays white.

    Args:
        primaries: chromaticities x, y of red, green and blue, (3, 2).
        white: its chromaticity.

    Returns:
        (3, 3); None if there are no colours like these.
    """
    if min(white[1], *primaries[:, 1]) <= 0:
        return None
    x, y = primaries[:, 0], primaries[:, 1]
    colorants = np.stack([x / y, np.ones(3), (1 - x - y) / y])
    white_point = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    if abs(np.linalg.det(colorants)) < 1e-6:
        return None
    colorants = colorants * np.linalg.solve(colorants, white_point)
    before, after = _BRADFORD @ white_point, _BRADFORD @ _D50
    if min(before) <= 0:
        return None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(after / before) @ _BRADFORD
    matrix: Matrix = _TO_SRGB @ adapted @ colorants
    return matrix


def space_of(data: bytes) -> str:
    """Returns what colours an ICC profile describes: "RGB", "GRAY", "CMYK", "Lab" or others."""
    return data[16:20].decode("ascii", "replace").strip()


def code_points_in(data: bytes) -> tuple[int, int] | None:
    """Returns ColourPrimaries and TransferCharacteristics of H.273 in an ICC profile of version 4.4
    (ICC.1:2022, 9.2.17); None if it has none.
    """
    try:
        tag = _tags(data).get(b"cicp", b"")
    except struct.error:
        return None
    return (tag[8], tag[9]) if len(tag) >= 12 and tag[:4] == b"cicp" else None


def from_icc(data: bytes) -> Profile | None:
    """Returns the profile in an ICC file; None if it is of another kind, or damaged."""
    try:
        return _from_icc(data)
    except (struct.error, IndexError, ValueError):
        return None


def _from_icc(data: bytes) -> Profile | None:
    space, connection = data[16:20], data[20:24]
    if data[36:40] != b"acsp" or connection != b"XYZ ":
        return None
    tags = _tags(data)
    if any(name in tags for name in _TABLES):
        return None
    if space == b"GRAY" and b"kTRC" in tags:
        return Profile((_curve(tags[b"kTRC"]),))
    names = [color + b"TRC" for color in (b"r", b"g", b"b")]
    columns = [color + b"XYZ" for color in (b"r", b"g", b"b")]
    if space != b"RGB " or not all(name in tags for name in (*names, *columns)):
        return None
    colorants = np.stack([_xyz(tags[name]) for name in columns], axis=1)
    matrix = _TO_SRGB @ colorants
    curves = tuple(_curve(tags[name]) for name in names)
    if np.abs(matrix - np.eye(3)).max() < _ROUNDING:
        matrix = np.eye(3)
        return Profile(curves, matrix, all(map(_is_of_srgb, curves)))
    return Profile(curves, matrix)


def _tags(data: bytes) -> dict[bytes, bytes]:
    tags = {}
    for i in range(min(struct.unpack_from(">I", data, _HEADER)[0], _MOST_TAGS)):
        name, position, size = struct.unpack_from(">4sII", data, _HEADER + 4 + 12 * i)
        tags[name] = data[position : position + size]
    return tags


def _is_of_srgb(curve: Curve) -> bool:
    samples = np.linspace(0, 1, 257, dtype=np.float32)
    return bool(np.abs(curve(samples) - decoded(samples)).max() < _ROUNDING_OF_CURVES)


def _xyz(tag: bytes) -> Matrix:
    return np.array(_fixed(tag, 8, 3))


def _fixed(tag: bytes, position: int, count: int) -> list[float]:
    """Returns numbers of type s15Fixed16."""
    return [value / 65536 for value in struct.unpack_from(f">{count}i", tag, position)]


def _curve(tag: bytes) -> Curve:
    """Returns the curve of a tag (ICC.1:2022, 10.6 and 10.18).

    Raises:
        ValueError, struct.error: if it is damaged.
    """
    kind = tag[:4]
    if kind == b"para":
        return _parametric(tag)
    if kind != b"curv":
        raise ValueError(f"no curve: {kind!r}")
    count = struct.unpack_from(">I", tag, 8)[0]
    if count == 0:
        return gamma(1)
    if count == 1:
        return gamma(struct.unpack_from(">H", tag, 12)[0] / 256)
    if count > 65536:
        raise ValueError("a curve of too many points")
    points = np.array(struct.unpack_from(f">{count}H", tag, 12), np.float32) / 65535
    places = np.linspace(0, 1, count)
    return lambda samples: np.interp(samples, places, points).astype(np.float32)


def _parametric(tag: bytes) -> Curve:
    function = struct.unpack_from(">H", tag, 8)[0]
    counts = (1, 3, 4, 5, 7)
    if function >= len(counts):
        raise ValueError(f"no parametric curve: {function}")
    given = _fixed(tag, 12, counts[function])
    if function in (0, 1, 2):
        exponent, a, b, c = (*given, *(1.0, 0.0, 0.0)[len(given) - 1 :])[:4]
        limit, slope, below = (-b / a if function else 0.0), 0.0, c
        above = c
    else:
        exponent, a, b, slope, limit, above, below = (*given, *(0.0, 0.0)[: 7 - len(given)])
    if a <= 0 or exponent <= 0:
        raise ValueError("a curve that cannot be computed")

    def compute(samples: Array) -> Array:
        power = np.power((a * samples + b).clip(0, None), exponent) + above
        curved: Array = np.where(samples >= limit, power, slope * samples + below)
        return curved.astype(np.float32).clip(0, 1)

    return compute
