"""Conversion to and from CIELAB, by libvips."""

from __future__ import annotations

import numpy as np
import pyvips

from nst_core.pictures.picture import Array

_TOP = 65535


def to_lab(rgb: Array) -> Array:
    """Returns L* (0..100), a* and b* (about -128..127) under D65.

    Args:
        rgb: (height, width, 3), R'G'B' in sRGB, 0..1; quantised to 16 bits.
    """
    samples = np.rint(rgb.clip(0, 1) * _TOP).astype(np.uint16)
    image = pyvips.Image.new_from_array(samples, interpretation="rgb16")
    lab: Array = image.colourspace("lab").numpy().copy()
    return lab


def from_lab(lab: Array) -> Array:
    """Returns R'G'B' in sRGB, 0..1, quantised to 16 bits; what sRGB cannot show is clipped."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(lab), interpretation="lab")
    rgb: Array = image.colourspace("rgb16").numpy().astype(np.float32) / np.float32(_TOP)
    return rgb
