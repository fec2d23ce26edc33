"""Pictures of high dynamic range, shown on a screen of ordinary range.

Samples mean light in cd/m2 (ITU-R BT.2100): by PQ, or by HLG on a screen of 1000 cd/m2. What is up
to half as light as white stays as it is; above, a spline in PQ leads up to white, which is where
the brightest light of the picture comes to lie (ITU-R BT.2408-7, annex 5). White is that of HDR's
graphics and paper, 203 cd/m2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_core.pictures.picture import Array
from nst_core.pictures.profiles import Matrix, encoded, strips

# In cd/m2 (BT.2408, table 1).
WHITE = 203.0
# Of PQ, where the file does not say how bright it gets; HLG's is the screen's.
USUAL_PEAK = HLG_PEAK = 1000.0
# The system gamma of HLG for that screen (BT.2100, note 5f).
_SYSTEM_GAMMA = 1.2
# PQ (BT.2100, table 4)
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_MOST = 10_000.0
# HLG (BT.2100, table 5)
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
# Luminance of linear BT.2020, the primaries of HLG.
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


@dataclass(frozen=True)
class HdrColors:
    """What the samples of an HDR picture mean.

    Attributes:
        is_hlg: whether they are HLG's, and not PQ's.
        matrix: linear sRGB from linear red, green and blue; None if the colours are those of sRGB,
            or there are none.
        peak: the brightest light in it, in cd/m2.
    """

    is_hlg: bool
    matrix: Matrix | None
    peak: float

    def to_srgb(self, samples: Array) -> None:
        """Replaces samples (height, width, 1 or 3) by R'G'B' of sRGB, or by its grey; all 0..1."""
        for part in strips(samples):
            light = self._light(part.clip(0, 1))
            # The same factor for all channels: the colour stays what it is.
            brightest = light.max(axis=-1, keepdims=True)
            light *= tone(brightest, self.peak) / np.maximum(brightest, 1e-6)
            if self.matrix is not None:
                light = light @ self.matrix.T.astype(np.float32)
            part[...] = encoded(light)

    def _light(self, samples: Array) -> Array:
        if not self.is_hlg:
            return from_pq(samples)
        scene = np.where(
            samples <= 0.5, samples**2 / 3, (np.exp((samples - _C) / _A) + _B) / 12
        ).astype(np.float32)
        luminance = scene @ _LUMINANCE if scene.shape[-1] == 3 else scene[..., 0]
        factor = HLG_PEAK * np.power(luminance, np.float32(_SYSTEM_GAMMA - 1))
        light: Array = scene * factor[..., None]
        return light


def from_pq(samples: Array) -> Array:
    """Returns the light of samples in PQ, 0..1, in cd/m2."""
    root = np.power(samples, np.float32(1 / _M2))
    ratio = (root - _C1).clip(0, None) / (_C2 - _C3 * root)
    light: Array = (_MOST * np.power(ratio, 1 / _M1)).astype(np.float32)
    return light


def to_pq(light: Array | float) -> Array:
    """Returns light in cd/m2 as PQ encodes it, the inverse of :func:`from_pq`."""
    power = np.power(np.asarray(light, np.float32) / _MOST, np.float32(_M1))
    samples: Array = np.power((_C1 + _C2 * power) / (1 + _C3 * power), np.float32(_M2))
    return samples


def tone(light: Array, peak: float) -> Array:
    """Returns light in cd/m2 on a screen whose white is 1 (BT.2408-7, annex 5, without a black
    level).

    Args:
        peak: becomes white, and so does what is brighter.
    """
    if peak <= WHITE:
        dim: Array = light / np.float32(WHITE)
        return dim
    top = float(to_pq(peak))
    white = float(to_pq(WHITE)) / top
    knee = 1.5 * white - 0.5
    value = (to_pq(light) / top).clip(0, 1)
    t = ((value - knee) / (1 - knee)).clip(0, 1)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * white
    )
    compressed: Array = np.where(value < knee, value, spline) * np.float32(top)
    shown: Array = from_pq(compressed) / np.float32(WHITE)
    return shown
