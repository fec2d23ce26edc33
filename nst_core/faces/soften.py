"""Makes faces part of the strength mask: softly, so that no edge shows in the painting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nst_core.faces.detection import Face
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Array, Size

# How far faces are painted: so far below full strength that eyes and mouths keep their shape, and
# so far above none that a face is painted like what surrounds it.
STRENGTH = 0.6

# Half the axes of the ellipse that is softened in full, in widths and heights of the found square,
# which ends at the brows: foreheads are above it.
_HALF_AXES = 0.5, 0.65
# Where full strength begins again, in the ellipse's radii: a strength that rises over half a face
# shows no edge.
_OUTER = 2.0
# Long side of the mask where none is given: it has no details, and is stretched to the content.
_SIDE = 512


def soften(inputs: Inputs, faces: Sequence[Face]) -> Inputs:
    """Returns the inputs with a strength mask that is lower over faces, by :data:`STRENGTH`.

    Args:
        inputs: the pictures; a strength mask among them is multiplied.
        faces: those of the content; without any, the inputs stay as they are.
    """
    if not faces:
        return inputs
    given = inputs.strength_mask
    if given is None:
        given = np.ones(_shape(inputs.content.width, inputs.content.height), np.float32)
    height, width = given.shape
    return replace(inputs, strength_mask=given * softened(faces, (width, height)))


def softened(faces: Sequence[Face], size: Size) -> Array:
    """Returns the strength mask of faces, (height, width), :data:`STRENGTH` to 1.

    Args:
        faces: in a picture of any size.
        size: width and height of the mask, in pixels.
    """
    width, height = size
    mask = np.ones((height, width), np.float32)
    for face in faces:
        across = _radii(width, face.x, face.width, _HALF_AXES[0])
        down = _radii(height, face.y, face.height, _HALF_AXES[1])
        rows, columns = _within(down), _within(across)
        radius = np.hypot(across[None, columns], down[rows, None])
        part = ((radius - 1) / (_OUTER - 1)).clip(0, 1)
        smooth = part * part * (3 - 2 * part)
        # A mask may be as large as a print: no more of it is looked at than the face takes up.
        seen = mask[rows, columns]
        np.minimum(seen, STRENGTH + (1 - STRENGTH) * smooth, out=seen, casting="same_kind")
    return mask


def _radii(length: int, start: float, side: float, half_axis: float) -> NDArray[np.float64]:
    """Returns how far each pixel of a side lies from a face's middle, in the ellipse's radii."""
    positions = (np.arange(length) + 0.5) / length
    return (positions - start - side / 2) / (half_axis * side)


def _within(radii: NDArray[np.float64]) -> slice:
    inside = (abs(radii) < _OUTER).nonzero()[0]
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def _shape(width: int, height: int) -> tuple[int, int]:
    factor = min(1.0, _SIDE / max(width, height))
    return max(1, round(height * factor)), max(1, round(width * factor))
