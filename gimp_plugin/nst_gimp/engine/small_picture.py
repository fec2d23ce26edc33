"""Small pictures as the engine leaves them in files. Standard library only."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from nst_contract.protocol.requests import Raster


@dataclass(frozen=True)
class SmallPicture:
    """Samples of R'G'B'A in 8 bits, rows from the top."""

    samples: bytes
    width: int
    height: int


def taken(folder: Path, raster: Raster) -> SmallPicture | None:
    """Returns a picture, whose file is then gone; None if it cannot be had: another will come.

    Somebody may have cleared the cache, or a virus scanner hold the file for a moment: no reason to
    end what is being painted.
    """
    try:
        samples = (folder / raster.file).read_bytes()
    except OSError:
        return None
    drop(folder, raster)
    return SmallPicture(samples, raster.width, raster.height)


def drop(folder: Path, raster: Raster) -> None:
    """Removes the file of a picture; one that cannot be removed goes with its folder."""
    with contextlib.suppress(OSError):
        (folder / raster.file).unlink()
