"""What a run would take, before there are any pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from nst_contract import __version__
from nst_contract.protocol.events import Ready
from nst_contract.settings import Settings
from nst_core.networks.loading import suiting
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from nst_core.run.forecast import forecast
from nst_core.run.plan import prepare
from nst_core.scales.pyramid import Size


def estimate(
    content: Size,
    styles: Sequence[Size],
    settings: Settings,
    networks: Sequence[Vgg] = (),
    masks: int = 0,
    style_scales: Sequence[float] = (),
) -> tuple[Ready, Sequence[Vgg]]:
    """Plans a run of pictures that are known by their sizes alone.

    Args:
        content, styles: width and height, in pixels.
        settings: how it would be painted.
        networks: as for :func:`nst_core.stylize.stylize`.
        masks: how many there will be; what is transparent is one, too.
        style_scales: of each style, times that of the settings; 1 if none are given.

    Returns:
        What that run would say at its beginning, and the networks it would use, which are to be
        given to the next estimate.

    Raises:
        NstError: as that run would.
    """
    threads = torch.get_num_threads()
    try:
        scales = style_scales or [1.0] * len(styles)
        inputs = Inputs(
            _blank(content),
            [Style(_blank(size), scale=scale) for size, scale in zip(styles, scales, strict=True)],
        )
        # Whose colours the result has makes no difference that could be told beforehand.
        scene = prepare(inputs, replace(settings, color="style"), masks=masks)
        networks = suiting(networks, scene.placement, settings)
        return forecast(scene, networks[0], __version__), networks
    finally:
        # Another run may follow, with other settings.
        torch.set_num_threads(threads)


def _blank(size: Size) -> Picture:
    """Returns a picture that takes no memory, however large it is."""
    width, height = size
    return Picture(np.broadcast_to(np.float32(0.5), (height, width, 3)))
