"""A basis in which what is light and dark changes sooner than what is coloured."""

from __future__ import annotations

import torch
from torch import Tensor

from nst_core.optim.basis import Basis


class ColorBasis:
    """Coordinates of which grey is taken whole, and what a colour has beside it in part.

    Pictures differ in light far more than in colour, and losses hardly see colours that change from
    pixel to pixel: what a gradient says of these adds up to speckles. Olah, Mordvintsev and
    Schubert 2017 ("Feature Visualization", section "Preconditioning and parameterization") scale
    colours by how much they vary in photographs; here, all those beside grey are alike.

    The map is symmetric, and so is what it makes of another basis that treats all channels alike.

    Args:
        basis: such a one.
        part: of the colour that is taken, above 0; 1 leaves the basis as it is.
    """

    def __init__(self, basis: Basis, part: float) -> None:
        self._basis = basis
        self._part = part

    def to_pixels(self, coordinates: Tensor) -> Tensor:
        return _with_color(self._basis.to_pixels(coordinates), self._part)

    def from_pixels(self, image: Tensor) -> Tensor:
        return self._basis.from_pixels(_with_color(image, 1 / self._part))


def _with_color(image: Tensor, part: float) -> Tensor:
    """Returns (1, 3, height, width) with its grey and so much of the rest."""
    red, green, blue = torch.split(image, 1, dim=1)
    # Step by step, so that all systems round them alike.
    grey = (red + green + blue) / 3
    return grey + (image - grey) * part
