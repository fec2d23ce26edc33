"""The built-in styles as small pictures, painted beforehand: a sketch cannot wait for its style.

Some styles take seconds to paint at any size. The files are made by docs/make_images.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from nst_core.builtin_styles.gallery import find_style
from nst_core.pictures.picture import Picture

SIDE = 384
_FOLDER = Path(__file__).parent / "small"
# What it changes is smaller than what a sketch leaves out.
_QUALITY = 90


def read(name: str) -> Picture:
    """Returns a style in its own palette, of the seed 0, with ``SIDE`` pixels along each side.

    Raises:
        NstError: (bad-setting) if there is no such style.
    """
    with Image.open(_path(name)) as image:
        samples = np.asarray(image.convert("RGB"), np.float32)
    return Picture(samples / np.float32(255), name=name)


def write(picture: Picture) -> None:
    """Keeps a style as :func:`nst_core.builtin_styles.gallery.paint` paints it at that size."""
    samples = np.rint(picture.rgb * 255).astype(np.uint8)
    Image.fromarray(samples).save(_path(picture.name), quality=_QUALITY, subsampling=0)


def _path(name: str) -> Path:
    find_style(name)
    return _FOLDER / f"{name}.jpg"
