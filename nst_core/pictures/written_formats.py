"""The formats of picture files that are written: their suffixes, and what each can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What libvips holds in one picture, along a side.
_LONGEST_OF_LIBVIPS = 10_000_000


@dataclass(frozen=True)
class WrittenFormat:
    """A format of picture files.

    Attributes:
        name: what people call it.
        suffixes: of its files' names, in lower case; the usual one first.
        options: for libvips: no visible compression, and files of a reasonable size.
        bits: the most that it keeps of a sample.
        longest: pixels along a side that its encoder can write.
        least, most: bytes of a file, as shares of the samples' own: hardly any painted picture
            is smaller, hardly any is larger.
    """

    name: str
    suffixes: tuple[str, ...]
    options: Mapping[str, object] = field(hash=False)
    bits: int
    longest: int
    least: float
    most: float


PNG = WrittenFormat("PNG", (".png",), {"compression": 6}, 16, _LONGEST_OF_LIBVIPS, 1 / 3, 1.1)
# libjpeg keeps a few of the pixels back that 16 bits can count.
JPEG = WrittenFormat(
    "JPEG", (".jpg", ".jpeg"), {"Q": 95, "background": 255}, 8, 65_500, 1 / 40, 1 / 3
)
TIFF = WrittenFormat(
    "TIFF", (".tif", ".tiff"), {"compression": "deflate", "predictor": "horizontal"},
    16, _LONGEST_OF_LIBVIPS, 1 / 3, 1.1,
)  # fmt: skip
# Counts pixels in 14 bits.
WEBP = WrittenFormat("WebP", (".webp",), {"Q": 95}, 8, 16_383, 1 / 40, 1 / 3)

BY_SUFFIX = {suffix: written for written in (PNG, JPEG, TIFF, WEBP) for suffix in written.suffixes}
SUFFIXES = tuple(BY_SUFFIX)
# For messages.
NAMES = ", ".join(suffix[1:] for suffix in SUFFIXES)
