"""What tells a picture from all others: a checksum of its pixels."""

from __future__ import annotations

import hashlib

from nst_core.pictures.picture import Picture, as_stored

# So many rows at a time: no second copy of a large picture.
_ROWS = 64


def fingerprint(picture: Picture) -> str:
    """Returns the SHA-256 of a picture's pixels, in hexadecimal digits.

    It covers "WIDTH HEIGHT BITS" in ASCII, then the R'G'B' samples row by row, then those of alpha
    if there are any: little-endian integers of 8 or 16 bits as in the file, or float32.
    """
    if picture.sha256:
        return picture.sha256
    digest = hashlib.sha256(f"{picture.width} {picture.height} {picture.bits}".encode())
    for samples in (picture.rgb, picture.alpha):
        if samples is not None:
            for top in range(0, picture.height, _ROWS):
                digest.update(as_stored(samples[top : top + _ROWS], picture.bits))
    return digest.hexdigest()
