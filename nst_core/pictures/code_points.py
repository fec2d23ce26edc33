"""What colours are by the code points of video (ITU-T H.273): primaries, and how light is encoded.

PNG has them in cICP, AVIF and HEIC in nclx, ICC profiles of version 4.4 in cicp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_contract.protocol.events import Caution
from nst_core.pictures import hdr
from nst_core.pictures.hdr import HdrColors
from nst_core.pictures.picture import Array
from nst_core.pictures.profiles import Curve, Matrix, Profile, decoded, gamma, matrix_of

Conversion = Profile | HdrColors

PQ, HLG = 16, 18
_UNSPECIFIED = 2
_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
# Chromaticities of red, green and blue, and of white (H.273, table 2). 1 has those of sRGB.
_PRIMARIES: dict[int, tuple[Matrix, tuple[float, float]]] = {
    4: (np.array([[0.67, 0.33], [0.21, 0.71], [0.14, 0.08]]), _C),
    5: (np.array([[0.64, 0.33], [0.29, 0.60], [0.15, 0.06]]), _D65),
    6: (np.array([[0.630, 0.340], [0.310, 0.595], [0.155, 0.070]]), _D65),
    7: (np.array([[0.630, 0.340], [0.310, 0.595], [0.155, 0.070]]), _D65),
    8: (np.array([[0.681, 0.319], [0.243, 0.692], [0.145, 0.049]]), _C),
    9: (np.array([[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]]), _D65),
    11: (np.array([[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]]), _DCI),
    12: (np.array([[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]]), _D65),
    22: (np.array([[0.630, 0.340], [0.295, 0.605], [0.155, 0.077]]), _D65),
}
_SRGB_PRIMARIES = (1, _UNSPECIFIED)


def _of_cinema(samples: Array) -> Array:
    """SMPTE ST 428-1: white has 48 cd/m2 of 52.37."""
    light: Array = (np.power(samples, np.float32(2.6)) * np.float32(52.37 / 48)).clip(0, 1)
    return light


# From samples to light, both 0..1 (H.273, table 3). Those of television are shown like sRGB's.
_CURVES: dict[int, Curve] = dict.fromkeys((1, _UNSPECIFIED, 6, 7, 11, 12, 13, 14, 15), decoded)
_CURVES |= {4: gamma(2.2), 5: gamma(2.8), 8: gamma(1), 17: _of_cinema}


@dataclass(frozen=True)
class StatedColors:
    """What a file says of its colours beside its ICC profile.

    Attributes:
        conversion: to sRGB; None if it is sRGB, or nobody knows.
        remark: what the user should know, behind the name of the file; "" for nothing.
    """

    conversion: Conversion | None = None
    remark: str = ""
    advice: str = ""

    def cautions(self, name: str) -> tuple[Caution, ...]:
        """Returns what the user should know.

        Args:
            name: what the message calls the file.
        """
        return (Caution(f"{name} {self.remark}", self.advice),) if self.remark else ()


AS_SRGB = StatedColors()


def colors_of(
    primaries: int, curve: int, *, is_grey: bool = False, peak: float | None = None
) -> StatedColors:
    """Returns what code points say.

    Args:
        primaries, curve: ColourPrimaries and TransferCharacteristics of H.273.
        is_grey: whether there is one channel, which has no primaries.
        peak: the brightest light in an HDR picture, in cd/m2; None if the file does not say it.
    """
    if is_grey:
        primaries = _UNSPECIFIED
    is_known = primaries in _PRIMARIES or primaries in _SRGB_PRIMARIES
    if not is_known or (curve not in _CURVES and curve not in (PQ, HLG)):
        return StatedColors(
            remark=f"has colours of a kind that is not known here (primaries {primaries}, transfer "
            f"{curve} of ITU-T H.273); they are taken as sRGB.",
            advice="If it looks wrong, save it in sRGB.",
        )
    matrix = matrix_of(*_PRIMARIES[primaries]) if primaries in _PRIMARIES else None
    if curve in (PQ, HLG):
        brightest = hdr.HLG_PEAK if curve == HLG else peak or hdr.USUAL_PEAK
        return StatedColors(
            HdrColors(curve == HLG, matrix, brightest),
            f"is an HDR picture ({'HLG' if curve == HLG else 'PQ'}): what is brighter than white "
            "on an ordinary screen is compressed, and the result is not HDR.",
            "To choose yourself how bright it is, convert it to sRGB first.",
        )
    if _CURVES[curve] is decoded and matrix is None:
        return AS_SRGB
    return StatedColors(Profile((_CURVES[curve],) * (1 if matrix is None else 3), matrix))
