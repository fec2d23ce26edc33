"""What is seen of a painted picture: it lies over the photograph, in its final colours."""

from __future__ import annotations

import numpy as np

from nst_contract.settings import Settings
from nst_core.colors.color_modes import finish
from nst_core.masks.sharing import painted_mask
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Array, Picture, Size, shown


def painted_part(inputs: Inputs, size: Size, settings: Settings) -> Array | None:
    """Returns how much of each pixel is painted, (height, width), 0..1; None for all of it.

    Args:
        inputs: the pictures; styles with weight 0 take no part.
        size: width and height of the result, in pixels.
        settings: of the run.
    """
    mask = painted_mask(inputs.active(), size, exact=settings.is_rounded_alike)
    return None if mask is None else mask[0, 0].numpy()


def finished(painted: Array, content: Picture, part: Array | None, settings: Settings) -> Picture:
    """Returns a painting over the photograph, in the colours that the settings ask for.

    Args:
        painted: (height, width, 3), R'G'B', 0..1, of the content's size.
        content: the photograph; where nothing is painted it stays as it is, to the last bit.
        part: as from :func:`painted_part`.
        settings: ``color`` and ``color_strength``.
    """
    rgb = finish(painted, content, settings, part)
    if part is None:
        return content.with_rgb(rgb)
    below, share = content.rgb, part[..., None]
    is_finite = np.isfinite(below)
    if not is_finite.all():  # in a floating-point layer: of what is infinite, no part can be taken
        below = np.where(is_finite, below, shown(content))
    mixed = rgb - below
    mixed *= share
    mixed += below
    # The sum alone is not exact.
    np.copyto(mixed, rgb, where=share == 1)
    np.copyto(mixed, content.rgb, where=share == 0)
    return content.with_rgb(mixed)
