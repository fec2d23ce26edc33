"""Reads a large picture in little memory: shrunk on its way in, or refused before it is decoded.

A picture that will be looked at in a much smaller size is averaged strip by strip while it is
decoded, and is never in memory as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyvips

from nst_contract.errors import MEMORY, NstError
from nst_contract.protocol.events import Caution
from nst_contract.settings import MIN_SIDE
from nst_core.networks.machine_memory import GIB
from nst_core.pictures import seen_colors
from nst_core.pictures.picture import Array, Picture, Size, as_stored
from nst_core.pictures.picture_sources import Opened
from nst_core.pictures.seen_colors import Samples

# A shrunk picture stays at least this many times as large as it will be looked at, so that the
# last step to its size is made by the same filter as that of any other picture.
_MARGIN = 2
_STRIP_PIXELS = 2**20
_PROFILE = "icc-profile-data"
# Readers of libvips that need no more than a few rows at a time, unless the file is interlaced.
_BY_ROWS = ("jpegload", "jpegload_buffer", "pngload", "pngload_buffer")
_SAMPLE_BYTES = {
    "uchar": 1, "char": 1, "ushort": 2, "short": 2, "uint": 4, "int": 4, "float": 4, "double": 8,
}  # fmt: skip
# A JPEG in several scans is put together from coefficients of 16 bits.
_COEFFICIENT_BYTES = 2
# Samples in float32, and a copy of them where colours are computed here (:mod:`seen_colors`).
_HELD, _COMPUTED = 4, 12


@dataclass(frozen=True)
class Shrunk:
    """A picture that was shrunk while it was read.

    Attributes:
        samples: its colours, without alpha.
        full_size: width and height in the file.
        sha256: checksum of all pixels in the file, as
            :func:`nst_core.pictures.fingerprint.fingerprint` has it.
    """

    samples: Samples
    full_size: Size
    sha256: str


def factor(opened: Opened, long_side: int | None) -> int:
    """Returns by how much to shrink a picture while it is read; 1 for not at all.

    Args:
        opened: its file.
        long_side: at which it will be looked at, in pixels; None for every pixel of it.
    """
    image = opened.image
    is_simple = image.format in ("uchar", "ushort") and not image.hasalpha()
    if long_side is None or not is_simple or (opened.tiff and opened.tiff.lab is not None):
        return 1
    long, short = max(image.width, image.height), min(image.width, image.height)
    return max(1, int(min(long // (_MARGIN * long_side), short // (_MARGIN * MIN_SIDE))))


def check(path: Path, opened: Opened, shrunk_by: int, most: int | None) -> None:
    """Makes sure, before a picture is decoded, that there is enough memory for it.

    Args:
        path: its file, for messages.
        opened: the same.
        shrunk_by: what :func:`factor` says.
        most: how many bytes may be used; None for as many as it takes.

    Raises:
        NstError: (memory) if there is not.
    """
    image = opened.image
    needs = _needs(image, shrunk_by)
    if most is None or needs <= most:
        return
    raise NstError(
        MEMORY,
        f"{path} has {image.width} x {image.height} pixels; reading it needs {needs / GIB:.2f} GiB "
        f"of memory, but only {max(0, most) / GIB:.2f} GiB may be used.",
        "Make a smaller copy of it, or allow more memory.",
    )


def _needs(image: pyvips.Image, shrunk_by: int) -> int:
    pixels = int(image.width * image.height)
    as_decoded: int = pixels * image.bands * _SAMPLE_BYTES.get(image.format, 8)
    loader = image.get("vips-loader") if image.get_typeof("vips-loader") else ""
    is_interlaced = bool(image.get_typeof("interlaced"))
    decoding = 0 if loader in _BY_ROWS and not is_interlaced else as_decoded
    if is_interlaced and loader.startswith("jpegload"):
        decoding += pixels * image.bands * _COEFFICIENT_BYTES
    if seen_colors.is_turned(image):
        decoding += as_decoded
    if shrunk_by > 1:
        return decoding + 3 * (_HELD + 8) * (pixels // shrunk_by**2 + _STRIP_PIXELS)
    channels = max(3, min(int(image.bands), 4))
    is_computed = image.format != "uchar"
    each = channels * (_COMPUTED if is_computed else _HELD) + channels * (2 if is_computed else 1)
    # Alpha is cut off from the colours, which makes copies of both.
    return decoding + pixels * (each + (channels * _HELD if image.hasalpha() else 0))


def shrink(opened: Opened, name: str, by: int) -> Shrunk:
    """Reads a picture shrunk.

    Args:
        opened: its file.
        name: what messages call it.
        by: the factor; each pixel is the mean of a square of this many pixels along each side.

    Raises:
        pyvips.Error: if it cannot be decoded.
    """
    image = seen_colors.upright(opened.pixels())
    width, height = image.width, image.height
    columns = np.arange(0, width, by)
    widths = np.diff(columns, append=width)[:, None]
    rows = max(1, _STRIP_PIXELS // width // by) * by
    means: list[Array] = []
    digest, bits = None, 8
    cautions: tuple[Caution, ...] = ()
    for strip in _strips(image, rows):
        samples = seen_colors.seen(replace(opened, image=strip, decode=None), name)
        values, bits, cautions = samples.values[..., :3], samples.bits, samples.cautions
        if digest is None:
            digest = hashlib.sha256(f"{width} {height} {bits}".encode())
        digest.update(as_stored(values, bits))
        starts = np.arange(0, len(values), by)
        heights = np.diff(starts, append=len(values))[:, None, None]
        sums = np.add.reduceat(np.add.reduceat(values, starts, axis=0), columns, axis=1)
        means.append((sums / (heights * widths)).astype(np.float32))
    assert digest is not None  # noqa: S101 (no picture is without rows)
    whole = Samples(np.concatenate(means), bits, cautions)
    return Shrunk(whole, (width, height), digest.hexdigest())


def _strips(image: pyvips.Image, rows: int) -> Iterator[pyvips.Image]:
    """Yields a picture in strips of so many rows, each of them in memory."""
    region = pyvips.Region.new(image)
    for top in range(0, image.height, rows):
        count = min(rows, image.height - top)
        samples = region.fetch(0, top, image.width, count)
        strip = pyvips.Image.new_from_memory(
            samples, image.width, count, image.bands, image.format
        ).copy(interpretation=image.interpretation)
        if image.get_typeof(_PROFILE):
            strip.set_type(pyvips.GValue.blob_type, _PROFILE, bytes(image.get(_PROFILE)))
        yield strip


def enlarged(image: pyvips.Image, picture: Picture) -> pyvips.Image:
    """Returns the picture of a result in the size that it has in its file."""
    width, height = picture.size_in_file
    if (image.width, image.height) == (width, height):
        return image
    return image.resize(width / image.width, vscale=height / image.height, kernel="cubic")
