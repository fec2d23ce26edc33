"""The library's function: a picture painted in the style of others."""

from __future__ import annotations

from collections.abc import Sequence

from nst_contract.settings import Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.run.checkpoint import Checkpoint, Resumed
from nst_core.run.pipeline import Stylized, ignore, run_stylization
from nst_core.run.tracker import OnEvent, OnImage

__all__ = ["Stylized", "stylize"]


def stylize(
    content: Picture,
    styles: Sequence[Picture | Style],
    settings: Settings | None = None,
    on_event: OnEvent = ignore,
    *,
    mask: Array | None = None,
    start: Picture | None = None,
    strength_mask: Array | None = None,
    on_image: OnImage | None = None,
    networks: Sequence[Vgg] = (),
    checkpoint: Checkpoint | None = None,
    resumed: Resumed | None = None,
) -> Stylized:
    """Paints ``content`` in the style of ``styles``.

    Args:
        content: the photograph; each side at least 16 pixels, not fully transparent.
        styles: one or more paintings, with weights, scales and masks where these should differ.
        settings: how to paint; the ``normal`` preset if None.
        on_event: receives the plan, every evaluation and every caution. It may answer
            ``Command.FINISH`` to keep the best picture so far or ``Command.CANCEL``.
        mask: where to paint, (height, width), 0..1, stretched to the content; where it is 0 the
            photograph stays exactly as it was, bit for bit.
        start: the picture to start from if the settings say "picture".
        strength_mask: how far each place is painted, (height, width), 0 (photograph) to 1 (full),
            stretched to the content; for the style loss neighbors.
        on_image: receives each picture before its event, (1, 3, height, width), 0..1; None: nobody
            looks.
        networks, checkpoint, resumed: as for :func:`nst_core.run.pipeline.run_stylization`, which
            takes the pictures in one piece and can share the work among processes.

    Returns:
        The result, of the content's size and with its alpha.

    Raises:
        NstError: if an input, the weights or the device cannot be used, or memory is too small.
        Cancelled: if ``on_event`` asked for it.
    """
    inputs = Inputs(content, [_as_style(style) for style in styles], mask, start, strength_mask)
    return run_stylization(
        inputs,
        settings or Settings(),
        on_event,
        on_image=on_image,
        networks=networks,
        checkpoint=checkpoint,
        resumed=resumed,
    )


def _as_style(style: Picture | Style) -> Style:
    return style if isinstance(style, Style) else Style(style)
