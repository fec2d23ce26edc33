"""The public function: a picture painted in the style of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from nst_contract import __version__
from nst_contract.protocol.events import Caution, Done
from nst_contract.settings import Settings
from nst_core.colors.color_modes import finish
from nst_core.distributed.process_group import Order, ProcessGroup, SingleProcess
from nst_core.networks.loading import suiting
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture, resize, to_rgb
from nst_core.run.checkpoint import Checkpoint, Resumed
from nst_core.run.coarse_to_fine import CoarseToFine
from nst_core.run.forecast import forecast
from nst_core.run.plan import prepare
from nst_core.run.tracker import OnEvent, OnImage, RunTracker
from nst_core.scales.scale_inputs import painted_where


def _ignore(_: object) -> None:
    """For callers who do not follow the run."""


@dataclass(frozen=True, eq=False)
class Stylized:
    """A finished picture and what is needed to repeat it.

    Attributes:
        picture: of the content's size, with its alpha.
        settings: as used.
        weights: name of the network's weights; empty if nothing was evaluated.
        evaluations: how many were made.
        first_loss: the objective of the start, at the first scale.
        loss: the objective of the result as saved, at the last scale: with its colours clipped
            and rounded to the content's bits.
    """

    picture: Picture
    settings: Settings
    weights: str
    evaluations: int
    first_loss: float
    loss: float

    def done(self, file: str) -> Done:
        """Returns the event that tells of this result, written to ``file``."""
        return Done(
            file=file,
            settings=self.settings.as_dict(),
            seed=self.settings.seed,
            weights=self.weights,
            evaluations=self.evaluations,
            first_loss=self.first_loss,
            loss=self.loss,
        )


def stylize(
    content: Picture,
    styles: Sequence[Picture | Style],
    settings: Settings | None = None,
    on_event: OnEvent = _ignore,
    *,
    mask: Array | None = None,
    start: Picture | None = None,
    networks: Sequence[Vgg] = (),
    on_image: OnImage = _ignore,
    checkpoint: Checkpoint | None = None,
    resumed: Resumed | None = None,
    group: ProcessGroup | None = None,
) -> Stylized:
    """Paints ``content`` in the style of ``styles``.

    Args:
        content: the photograph; each side at least 16 pixels, not fully transparent.
        styles: one or more paintings, with weights, scales and masks if they are to differ.
        settings: how to paint; the ``normal`` preset if None. Those of ``resumed`` win.
        on_event: is told of the plan, of every evaluation and of every caution. It may answer
            ``Command.FINISH`` to keep the best picture so far or ``Command.CANCEL``.
        mask: where to paint at all, (height, width), 0..1, stretched to the content; where it is
            0 the photograph stays as it is, to the last bit.
        start: the picture to start from if the settings say "picture".
        networks: what :func:`nst_core.networks.loading.load_networks` made, to save the time of
            loading them; they are ignored if the settings ask for others.
        on_image: is shown each picture before its event, (1, 3, height, width), 0..1.
        checkpoint: where to save the run from time to time.
        resumed: a run to go on with, of the same pictures.
        group: the processes that share the work; this one must be the leader.

    Returns:
        The result, of the content's size and with its alpha.

    Raises:
        NstError: if an input, the weights, the device or the memory will not do.
        Cancelled: if ``on_event`` said so.
    """
    settings = resumed.settings if resumed else settings or Settings()
    inputs = Inputs(content, [_as_style(style) for style in styles], mask, start)
    inputs.check(settings)
    for caution in inputs.cautions():
        on_event(caution)
    if settings.evaluations == 0:
        return Stylized(content, settings, "", 0, 0.0, 0.0)
    group = group or SingleProcess()
    scene = prepare(inputs, settings, group)
    if resumed:
        resumed.check(inputs)
        placement = replace(scene.placement, precision=resumed.precision)
        scene = replace(scene, placement=placement, plans=resumed.plans)
    for message in scene.placement.cautions:
        on_event(Caution(message))
    networks = suiting(networks, scene.placement, settings)
    on_event(forecast(scene, networks[0], __version__))

    run = RunTracker(
        scene, on_event, on_image, checkpoint, inputs.fingerprint() if checkpoint else ""
    )
    painter = CoarseToFine(scene, networks, run, group)
    painted = painter.paint(resumed)
    group.send_order(Order.END)
    return Stylized(
        _finished(painted, inputs, settings),
        settings,
        networks[0].name,
        run.evaluations,
        run.first_loss or 0.0,
        painter.saved_loss,
    )


def _as_style(style: Picture | Style) -> Style:
    return style if isinstance(style, Style) else Style(style)


def _finished(painted: Tensor, inputs: Inputs, settings: Settings) -> Picture:
    """Returns the result in full size: the painted picture over the content, in its colours."""
    content = inputs.content
    rgb = to_rgb(resize(painted, content.width, content.height))
    rgb = finish(rgb, content, settings)
    where = painted_where(inputs)
    if where is not None:
        part = where[..., None]
        # Not by the sum alone: a floating-point layer may hold values without end.
        rgb = np.where(part > 0, content.rgb + part * (rgb - content.rgb), content.rgb)
    return content.with_rgb(rgb)
