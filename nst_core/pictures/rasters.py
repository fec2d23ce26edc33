"""Raw samples in files, as :class:`nst_contract.protocol.requests.Raster` describes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.protocol.requests import Raster
from nst_core.pictures.picture import Array, Picture, to_rgb

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
    mask: Array = np.empty((raster.height, raster.width), np.float32)
    for rows, values in _strips(folder, raster):
        mask[rows] = np.nan_to_num(values[..., 0], nan=0.0).clip(0, 1)
    return mask


def _strips(folder: Path, raster: Raster) -> Iterator[tuple[slice, Array]]:
    """Yields rows, and their samples as (rows, width, channels), 0..1."""
    path = folder / raster.file
    size = path.stat().st_size if path.is_file() else -1
    if size != raster.size_in_bytes:
        raise NstError(
            BAD_REQUEST,
            f"{path} has {size} bytes instead of {raster.size_in_bytes}.",
            "Please report this, with the log.",
        )
    dtype = _DTYPES[raster.sample]
    with path.open("rb") as file:
        for rows in _divided(raster.height, raster.width):
            shape = rows.stop - rows.start, raster.width, raster.channels
            samples = np.fromfile(file, dtype, math.prod(shape)).reshape(shape)
            values: Array = samples.astype(np.float32)
            if dtype.kind == "u":
                values /= np.iinfo(dtype).max
            yield rows, values


def _divided(height: int, width: int) -> Iterator[slice]:
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def write(picture: Picture, path: Path, sample: str) -> None:
    """Writes a picture as raw samples of type ``sample``; alpha survives bit for bit."""
    dtype = _DTYPES[sample]
    with path.open("wb") as file:
        for rows in _divided(picture.height, picture.width):
            values = np.ones((rows.stop - rows.start, picture.width, 4), np.float32)
            values[..., :3] = picture.rgb[rows]
            if picture.alpha is not None:
                values[..., 3] = picture.alpha[rows]
            if dtype.kind == "u":
                values = np.rint(values.clip(0, 1) * np.iinfo(dtype).max)
            values.astype(dtype).tofile(file)


def write_preview(image: Tensor, folder: Path, file: str) -> Raster:
    """Writes (1, 3, height, width) as an opaque 8-bit raster and returns its description."""
    picture = Picture(to_rgb(image))
    write(picture, folder / file, "u8")
    return Raster(file, picture.width, picture.height, "u8")
