"""The public function: a picture painted in the style of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from nst_core import __version__, weights
from nst_core.checkpoint import Checkpoint, Resumed
from nst_core.device import Placement
from nst_core.errors import BAD_INPUT, NstError
from nst_core.forecast import forecast
from nst_core.objective import Evaluates
from nst_core.optimize import FIRST_STEP, Minimizer
from nst_core.picture import Picture, resize, to_rgb
from nst_core.protocol import Caution, Done
from nst_core.run import OnEvent, OnImage, Run
from nst_core.scene import Scene, prepare
from nst_core.settings import Settings
from nst_core.team import Alone, Order, Team
from nst_core.vgg import Vgg


def _ignore(_: object) -> None:
    """For callers who do not follow the run."""


@dataclass(frozen=True, eq=False)
class Stylized:
    """A finished picture and what is needed to repeat it.

    Attributes:
        picture: of the content's size, with its alpha.
        settings: as used.
        weights: name of the network's weights.
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


def load_networks(placement: Placement) -> tuple[Vgg, ...]:
    """Reads the network's weights and brings them to each of the devices.

    Raises:
        NstError: (weights) if they are missing or damaged.
    """
    loaded = weights.load()
    return tuple(Vgg(loaded, device, placement.dtype) for device in placement.devices)


def stylize(
    content: Picture,
    styles: Sequence[Picture],
    settings: Settings | None = None,
    on_event: OnEvent = _ignore,
    *,
    networks: Sequence[Vgg] = (),
    on_image: OnImage = _ignore,
    checkpoint: Checkpoint | None = None,
    resumed: Resumed | None = None,
    team: Team | None = None,
) -> Stylized:
    """Paints ``content`` in the style of ``styles``.

    Args:
        content: the photograph; each side at least 16 pixels, not fully transparent.
        styles: one or more paintings.
        settings: how to paint; the ``normal`` preset if None. Those of ``resumed`` win.
        on_event: is told of the plan, of every evaluation and of every caution. It may answer
            ``Command.FINISH`` to keep the best picture so far or ``Command.CANCEL``.
        networks: what :func:`load_networks` made, to save the time of loading them; they are
            passed over if the settings ask for another device or precision.
        on_image: is shown each picture before its event, (1, 3, height, width), 0..1.
        checkpoint: where to save the run from time to time.
        resumed: a run to go on with, of the same pictures.
        team: the processes that share the work; this one must be the leader.

    Returns:
        The result, of the content's size and with its alpha.

    Raises:
        NstError: if an input, the weights, the device or the memory will not do.
        Cancelled: if ``on_event`` said so.
    """
    settings = resumed.settings if resumed else settings or Settings()
    _check_pictures(content, styles, on_event)
    if settings.evaluations == 0:
        return Stylized(content, settings, weights.CAFFE.name, 0, 0.0, 0.0)
    torch.manual_seed(settings.seed)
    team = team or Alone()
    scene = prepare(content, styles, settings, team)
    if resumed:
        resumed.check(content, styles)
        placement = replace(scene.placement, precision=resumed.precision)
        scene = replace(scene, placement=placement, plans=resumed.plans)
    for caution in scene.placement.cautions:
        on_event(Caution(caution))
    networks = _suiting(networks, scene.placement)
    on_event(forecast(scene, networks[0], __version__))

    run = Run(scene, on_event, on_image, checkpoint)
    painter = _Painter(scene, networks, run, team)
    painted = painter.paint(resumed)
    team.call(Order.END)
    return Stylized(
        content.with_rgb(to_rgb(resize(painted, content.width, content.height))),
        settings,
        networks[0].name,
        run.evaluations,
        run.first_loss or 0.0,
        painter.saved_loss,
    )


def _suiting(networks: Sequence[Vgg], placement: Placement) -> Sequence[Vgg]:
    # By device, not by place: which of several cards comes first changes from run to run.
    have = {(network.device, network.dtype): network for network in networks}
    wanted = [(device, placement.dtype) for device in placement.devices]
    if all(place in have for place in wanted):
        return [have[place] for place in wanted]
    return load_networks(placement)


class _Painter:
    """Takes a scene through its scales."""

    def __init__(self, scene: Scene, networks: Sequence[Vgg], run: Run, team: Team) -> None:
        self._scene = scene
        self._networks = networks
        self._run = run
        self._team = team
        self.saved_loss = 0.0

    def paint(self, resumed: Resumed | None) -> Tensor:
        """Paints scale after scale and returns the last one's picture, clipped to 0..1."""
        first, image = 0, None
        if resumed:
            self._run.restore(resumed.run, self._scene.placement.device)
            first = self._run.scale
        for index in range(first, len(self._scene.scales)):
            image = self._paint_scale(index, image, resumed if index == first else None)
            if self._run.is_finished:
                break
        assert image is not None  # noqa: S101 (there is at least one scale)
        return image

    def _paint_scale(self, index: int, painted: Tensor | None, resumed: Resumed | None) -> Tensor:
        run = self._run
        run.begin(index)
        start = self._scene.start(index, painted) if run.best is None else run.best.image
        objective = self._objective(index)
        minimizer = self._minimizer(index, objective, start)
        if resumed:
            minimizer.restore(resumed.minimizer)
        run.follow(minimizer)
        if run.has_diverged and self._scene.placement.precision != "float32":
            objective = self._in_float32(index)
            best = start if run.best is None else run.best.image
            run.follow(self._minimizer(index, objective, best))
        if run.has_diverged:
            run.explain_divergence()
        image = (start if run.best is None else run.best.image).clamp(0, 1)
        if run.is_finished or index == len(self._scene.scales) - 1:
            self.saved_loss = self._loss_as_saved(objective, image)
        return image

    def _loss_as_saved(self, objective: Evaluates, image: Tensor) -> float:
        loss = objective.evaluate(_as_saved(image, self._scene.content.bits)).loss
        best = self._run.best
        return loss if best is None or math.isfinite(loss) else best.loss

    def _minimizer(self, index: int, objective: Evaluates, start: Tensor) -> Minimizer:
        scene = self._scene
        # The published first step is for pixels, and is lost in the rounding of bfloat16.
        published = (
            scene.settings.unbounded
            and not scene.settings.fourier_exponent
            and scene.placement.precision == "float32"
        )
        return Minimizer(
            scene.bounded(objective),
            start,
            scene.plans[index].history,
            basis=scene.basis(index),
            first_step=None if published else FIRST_STEP,
        )

    def _objective(self, index: int) -> Evaluates:
        is_float32 = self._scene.placement.precision == "float32"
        self._team.call(Order.BUILD, index, is_float32)
        return self._scene.objective(index, self._networks, self._team)

    def _in_float32(self, index: int) -> Evaluates:
        """Returns the same objective in float32, in which all scales to come are computed too."""
        self._run.warn("The losses left the range of bfloat16; going on in float32.")
        self._team.call(Order.BUILD, index, is_float32=True)
        self._scene = self._scene.in_float32(self._team)
        self._run.replan(self._scene)
        self._networks = load_networks(self._scene.placement)
        return self._scene.objective(index, self._networks, self._team)


def _as_saved(image: Tensor, bits: int) -> Tensor:
    """Returns a picture rounded as a file or layer of so many bits keeps it."""
    if bits > 16:
        return image
    top = float(2**bits - 1)
    return (image * top).round() / top


def _check_pictures(content: Picture, styles: Sequence[Picture], on_event: OnEvent) -> None:
    if not styles:
        raise NstError(BAD_INPUT, "No style is given.", "Choose a picture to take the style from.")
    for picture, role in ((content, "content"), *((style, "style") for style in styles)):
        picture.check_visible(role)
    for style in styles:
        if np.array_equal(style.rgb, content.rgb):
            on_event(
                Caution(
                    f"{style.called('style')} is the content itself, so the result will look "
                    "like the photograph.",
                    "Choose another picture as the style.",
                )
            )
