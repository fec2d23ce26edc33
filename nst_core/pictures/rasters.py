"""Raw samples in files, as :class:`nst_contract.protocol.requests.Raster` describes them."""

from __future__ import annotations

import contextlib
import errno
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from nst_contract.errors import BAD_REQUEST, DISK, NstError
from nst_contract.messages import Message
from nst_contract.protocol.requests import Raster
from nst_core.pictures.picture import Array, Picture

_DTYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "f32": np.dtype("<f4"),
}
# Samples are converted this many pixels at a time, so that a large picture is in memory only once.
_STRIP_PIXELS = 2**20


def read(folder: Path, raster: Raster) -> Picture:
    """Reads a raster of four channels as a picture.

    Raises:
        NstError: (bad-request) if the file's length is not what the raster says.
    """
    _check_length(folder, raster)
    rgb = np.empty((raster.height, raster.width, 3), np.float32)
    alpha = np.empty((raster.height, raster.width), np.float32)
    for rows, values in _strips(folder, raster):
        rgb[rows], alpha[rows] = values[..., :3], values[..., 3]
    return Picture(
        rgb=rgb,
        alpha=None if (alpha == 1).all() else alpha,
        name=raster.name,
        bits=8 * _DTYPES[raster.sample].itemsize,
    )


def read_mask(folder: Path, raster: Raster) -> Array:
    """Reads a raster of one channel as (height, width), 0..1.

    Raises:
        NstError: (bad-request) if the file's length is not what the raster says.
    """
    _check_length(folder, raster)
    mask: Array = np.empty((raster.height, raster.width), np.float32)
    for rows, values in _strips(folder, raster):
        mask[rows] = np.nan_to_num(values[..., 0], nan=0.0).clip(0, 1)
    return mask


def _check_length(folder: Path, raster: Raster) -> None:
    """Makes sure, before anything is allocated, that the file has what the raster promises."""
    path = folder / raster.file
    size = path.stat().st_size if path.is_file() else -1
    if size != raster.size_in_bytes:
        raise _wrong_length(path, size, raster)


def _strips(folder: Path, raster: Raster) -> Iterator[tuple[slice, Array]]:
    """Yields rows, and their samples as (rows, width, channels), 0..1."""
    path = folder / raster.file
    dtype = _DTYPES[raster.sample]
    with path.open("rb") as file:
        for rows in _divided(raster.height, raster.width):
            shape = rows.stop - rows.start, raster.width, raster.channels
            samples = np.fromfile(file, dtype, math.prod(shape))
            if samples.size != math.prod(shape):  # somebody has cut it off meanwhile
                raise _wrong_length(path, os.fstat(file.fileno()).st_size, raster)
            values: Array = samples.reshape(shape).astype(np.float32)
            if dtype.kind == "u":
                values /= np.iinfo(dtype).max
            yield rows, values


def _wrong_length(path: Path, size: int, raster: Raster) -> NstError:
    return NstError(
        BAD_REQUEST,
        Message(
            "{path} has {size} bytes instead of {size_in_bytes}.",
            path=path,
            size=size,
            size_in_bytes=raster.size_in_bytes,
        ),
        Message("Please report this, with the log."),
    )


def _divided(height: int, width: int) -> Iterator[slice]:
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def reserve(path: Path, size: int) -> None:
    """Takes the room on the disk that a raster of so many bytes will need.

    Raises:
        NstError: (disk) if there is not as much.
    """
    with _explaining(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _allocate(descriptor, size)
        finally:
            os.close(descriptor)


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            # Some file systems cannot; whether there was room is then seen at the end.
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
    else:
        room = os.fstatvfs(descriptor)
        if room.f_bavail * room.f_frsize < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write(picture: Picture, path: Path, sample: str, *, is_lasting: bool = True) -> None:
    """Writes a picture as raw samples of type ``sample``; alpha survives bit for bit.

    What was reserved is used.

    Args:
        picture, path, sample: what to write, where and how.
        is_lasting: whether all of it is on the disk on return, and not on its way there.

    Raises:
        NstError: (disk) if it cannot be written as a whole.
    """
    with _explaining(path):
        # Not truncated: that would give the reserved room away.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
            _write_samples(picture, file, _DTYPES[sample])
            file.truncate()
            file.flush()
            if is_lasting:
                os.fsync(file.fileno())


def _write_samples(picture: Picture, file: IO[bytes], dtype: np.dtype[Any]) -> None:
    for rows in _divided(picture.height, picture.width):
        values = np.ones((rows.stop - rows.start, picture.width, 4), np.float32)
        values[..., :3] = picture.rgb[rows]
        if picture.alpha is not None:
            values[..., 3] = picture.alpha[rows]
        if dtype.kind == "u":
            values = np.rint(values.clip(0, 1) * np.iinfo(dtype).max)
        # numpy's own tofile does not tell whether all of it was written.
        file.write(np.ascontiguousarray(values, dtype).data)


@contextlib.contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Says what the system says, in words that a person can act upon."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = Message("the disk is full") if is_full else error.strerror or str(error)
        room = Message("Make room and try again.")
        disk = Message("Check the disk that holds {folder}.", folder=path.parent)
        advice = room if is_full else disk
        raise NstError(
            DISK, Message("{name} cannot be written: {why}.", name=path.name, why=why), advice
        ) from error


def write_preview(picture: Picture, folder: Path, file: str) -> Raster:
    """Writes a picture that is looked at once, in 8 bits, and returns the raster's description.

    Raises:
        NstError: (disk) if it cannot be written; nothing is left of it.
    """
    try:
        write(picture, folder / file, "u8", is_lasting=False)
    except NstError:
        (folder / file).unlink(missing_ok=True)
        raise
    return Raster(file, picture.width, picture.height, "u8")
