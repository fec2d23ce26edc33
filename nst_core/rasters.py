"""Raw samples in files, as :class:`nst_core.protocol.Raster` describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from nst_core.errors import BAD_REQUEST, NstError
from nst_core.picture import Array, Picture, to_rgb
from nst_core.protocol import Raster

_DTYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "f32": np.dtype("<f4"),
}


def read(folder: Path, raster: Raster) -> Picture:
    """Reads a raster of four channels as a picture.

    Raises:
        NstError: (bad-request) if the file has not the length that the raster says.
    """
    values = _values(folder, raster)
    alpha = values[..., 3]
    return Picture(
        rgb=np.ascontiguousarray(values[..., :3]),
        alpha=None if (alpha == 1).all() else np.ascontiguousarray(alpha),
        name=raster.name,
        bits=8 * _DTYPES[raster.sample].itemsize,
    )


def read_mask(folder: Path, raster: Raster) -> Array:
    """Reads a raster of one channel as (height, width), 0..1.

    Raises:
        NstError: (bad-request) if the file has not the length that the raster says.
    """
    mask: Array = np.nan_to_num(_values(folder, raster)[..., 0], nan=0.0).clip(0, 1)
    return mask


def _values(folder: Path, raster: Raster) -> Array:
    """Returns (height, width, channels), 0..1."""
    path = folder / raster.file
    size = path.stat().st_size if path.is_file() else -1
    if size != raster.size_in_bytes:
        raise NstError(
            BAD_REQUEST,
            f"{path} has {size} bytes instead of {raster.size_in_bytes}.",
            "Please report this, with the log.",
        )
    dtype = _DTYPES[raster.sample]
    samples = np.fromfile(path, dtype).reshape(raster.height, raster.width, raster.channels)
    values: Array = samples.astype(np.float32)
    if dtype.kind == "u":
        values /= np.iinfo(dtype).max
    return values


def write(picture: Picture, path: Path, sample: str) -> None:
    """Writes a picture as raw samples of type ``sample``; alpha survives bit for bit."""
    alpha = np.ones(picture.rgb.shape[:2], np.float32) if picture.alpha is None else picture.alpha
    values = np.concatenate([picture.rgb, alpha[..., None]], axis=2)
    dtype = _DTYPES[sample]
    if dtype.kind == "u":
        values = np.rint(values.clip(0, 1) * np.iinfo(dtype).max)
    values.astype(dtype).tofile(path)


def write_preview(image: Tensor, folder: Path, file: str) -> Raster:
    """Writes (1, 3, height, width) as an opaque 8-bit raster and returns its description."""
    picture = Picture(to_rgb(image))
    write(picture, folder / file, "u8")
    return Raster(file, picture.width, picture.height, "u8")
