"""Which coordinates L-BFGS sees: of whole pictures, at their scales, and of blocks."""

from __future__ import annotations

import torch

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.optim.basis import Basis, PixelBasis
from nst_core.optim.color_basis import ColorBasis
from nst_core.optim.fourier_basis import FourierBasis

# Of the exponent, at scales that start from a painting (measured: docs/performance.md#neighbours).
_FINER = 0.5
# The exponent where a picture starts from what is put together from the paintings, whatever it is
# elsewhere: what is still to change is as much of one frequency as of another (measured:
# docs/performance.md#quilts).
_QUILTED = 0.0
# There, how much of the colour beside grey is taken: the paintings' colours are there already.
_COLOR_OF_QUILTED = 0.25


def basis_for(
    settings: Settings,
    height: int,
    width: int,
    device: torch.device,
    *,
    is_finer: bool = False,
    is_quilted: bool = False,
) -> Basis:
    """Returns the coordinates that the settings ask for, of a picture of this size.

    Args:
        settings: how to paint.
        height, width: of the picture.
        device: of the coordinates.
        is_finer: whether it starts from a painting.
        is_quilted: whether the start is put together from the paintings.
    """
    if not settings.fourier_exponent:
        return PixelBasis()
    is_tapered = settings.style_loss == NEIGHBORS
    # With neighbours, low frequencies hardly change any more once a coarser scale is painted.
    exponent = settings.fourier_exponent * (_FINER if is_finer and is_tapered else 1)
    if is_quilted:
        exponent = _QUILTED
    basis = FourierBasis(height, width, exponent, device, is_tapered=is_tapered)
    return ColorBasis(basis, _COLOR_OF_QUILTED) if is_quilted else basis
