"""What can be known of a result's file before hours of painting: that it will be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_contract.protocol.events import Caution
from nst_core.pictures import picture_files, written_formats
from nst_core.pictures.picture import Picture, Size
from nst_core.pictures.written_formats import WrittenFormat
from nst_core.storage import atomic_files
from nst_core.storage.disk_errors import disk_error

# Profile and record, and what a file system needs for itself.
_BESIDE_SAMPLES = 16 * 2**10
_TRIAL_SIDE = 8


def check(path: Path, size: Size, bits: int = 8, *, alpha: bool = False) -> Iterator[Caution]:
    """Makes sure, before anything is painted, that the result can be written.

    Args:
        path: of the result; :func:`nst_core.pictures.picture_files.check_writable` has passed it.
        size: width and height of the result.
        bits: as of a picture.
        alpha: whether it has alpha.

    Yields:
        What may go wrong all the same.

    Raises:
        NstError: (bad-input) if the format or its encoder cannot hold such a picture; (disk) if
            there is no room for it.
    """
    written = written_formats.BY_SUFFIX[path.suffix.lower()]
    width, height = size
    if max(size) > written.longest:
        raise NstError(
            BAD_INPUT,
            f"{path} cannot be written: {written.name} holds at most {written.longest} "
            f"pixels along a side, and the result will have {width} x {height}.",
            "End its name in png or tif.",
        )
    trial = np.zeros((_TRIAL_SIDE, _TRIAL_SIDE, 4), np.float32)
    picture = Picture(trial[..., :3], trial[..., 3] if alpha else None, bits=bits)
    picture_files.encoded(picture, path)
    samples = width * height * (4 if alpha else 3) * picture_files.bits_in(path, picture) // 8
    yield from _check_room(path, samples, written)


def check_for(path: Path, content: Picture) -> Iterator[Caution]:
    """Makes the same checks for the result of painting a photograph."""
    return check(path, content.size_in_file, content.bits, alpha=content.alpha is not None)


def _check_room(path: Path, samples: int, written: WrittenFormat) -> Iterator[Caution]:
    least, most = (
        int(samples * share) + _BESIDE_SAMPLES for share in (written.least, written.most)
    )
    try:
        room = atomic_files.room(path)
    except OSError as error:
        raise disk_error(path, error) from error
    if room < least:
        raise NstError(
            DISK,
            f"{path} cannot be written: it will take {_megabytes(least)} or more, and its disk has "
            f"room for {_megabytes(room)}.",
            "Make room, or choose another place.",
        )
    if room < most:
        yield Caution(
            f"{path} may take up to {_megabytes(most)}, and its disk has room for "
            f"{_megabytes(room)}.",
            "Make room while it is painted.",
        )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.{1 if count >= 1e5 else 3}f} MB"
