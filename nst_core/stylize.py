"""The public function: a picture painted in the style of others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nst_core import pyramid, weights
from nst_core.device import Placement, choose_device
from nst_core.errors import BAD_INPUT, DIVERGED, Cancelled, NstError
from nst_core.memory import WHOLE, Plan, budget_for, make_plan
from nst_core.objective import Objective
from nst_core.optimize import Evaluates, Step, is_finite, minimize
from nst_core.picture import Picture, resize, to_rgb, to_tensor
from nst_core.protocol import Caution, Command, Done, Progress
from nst_core.settings import Settings
from nst_core.tiling import TiledObjective
from nst_core.vgg import Vgg19

_log = logging.getLogger(__name__)

OnEvent = Callable[[Progress | Caution], Command | None]
OnImage = Callable[[Tensor], None]


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
        first_loss, loss: the objective of the start and of the result.
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


def load_network(placement: Placement) -> Vgg19:
    """Reads the network's weights and brings them to the device.

    Raises:
        NstError: (weights) if they are missing or damaged.
    """
    return Vgg19(weights.load(), placement.device, placement.dtype)


def stylize(
    content: Picture,
    styles: Sequence[Picture],
    settings: Settings | None = None,
    on_event: OnEvent = _ignore,
    *,
    network: Vgg19 | None = None,
    on_image: OnImage = _ignore,
) -> Stylized:
    """Paints ``content`` in the style of ``styles``.

    Args:
        content: the photograph; each side at least 16 pixels, not fully transparent.
        styles: one or more paintings.
        settings: how to paint; the ``normal`` preset if None.
        on_event: is told of every evaluation and every caution. It may answer
            ``Command.FINISH`` to keep the best picture so far or ``Command.CANCEL``.
        network: one that :func:`load_network` made, to save the time of loading it.
        on_image: is shown each picture before its event, (1, 3, height, width), 0..1.

    Returns:
        The result, of the content's size and with its alpha.

    Raises:
        NstError: if an input, the weights, the device or the memory will not do.
        Cancelled: if ``on_event`` said so.
    """
    settings = settings or Settings()
    _check_pictures(content, styles, on_event)
    torch.manual_seed(settings.seed)
    scene = _prepare(content, styles, settings, on_event)
    if settings.evaluations == 0:
        return _finish(content, to_tensor(content), settings, weights.CAFFE.name, _Run())

    run = _Run(on_event, on_image, settings.evaluations, scene.plan.history)
    network = network or load_network(scene.placement)
    run.follow(scene.objective(network), scene.start)
    if run.diverged and scene.placement.precision != "float32":
        on_event(Caution("The losses left the range of bfloat16; going on in float32."))
        network = load_network(choose_device(settings.device, "float32"))
        run.follow(scene.objective(network), run.best_image(scene.start))
    if run.diverged:
        run.explain_divergence()
    return _finish(content, run.best_image(scene.start), settings, network.name, run)


@dataclass(frozen=True, eq=False)
class _Scene:
    """What there is to optimise: the pictures at working size, where, and how within memory."""

    placement: Placement
    plan: Plan
    start: Tensor
    paintings: list[Tensor]
    settings: Settings

    def objective(self, network: Vgg19) -> Evaluates:
        if self.plan.tile == WHOLE:
            return Objective(network, self.start, self.paintings, self.settings)
        return TiledObjective(network, self.start, self.paintings, self.settings, self.plan.tile)


def _prepare(
    content: Picture, styles: Sequence[Picture], settings: Settings, on_event: OnEvent
) -> _Scene:
    placement = choose_device(settings.device, settings.precision)
    for caution in placement.cautions:
        on_event(Caution(caution))
    own = (content.width, content.height)
    size = pyramid.content_size(own, settings, _called(content, "content"))
    sizes = [pyramid.style_size((style.width, style.height), size, settings) for style in styles]
    plan = make_plan(placement, size, sizes, budget_for(placement.device, settings.memory))
    _log.info("%s", plan)
    return _Scene(
        placement,
        plan,
        resize(to_tensor(content), *size).to(placement.device),
        [
            resize(to_tensor(style), *style_size).to(placement.device)
            for style, style_size in zip(styles, sizes, strict=True)
        ],
        settings,
    )


class _Run:
    """One run of the optimiser: reports each evaluation and remembers the best picture."""

    def __init__(
        self,
        on_event: OnEvent = _ignore,
        on_image: OnImage = _ignore,
        total: int = 0,
        history: int = 0,
    ) -> None:
        self._on_event = on_event
        self._on_image = on_image
        self._total = total
        self._history = history
        self._started = 0.0
        self.evaluations = 0
        self.diverged = False
        self.first: Step | None = None
        self.best: Step | None = None

    def follow(self, objective: Evaluates, start: Tensor) -> None:
        """Optimises until the evaluations are used up, the user has enough, or it diverges."""
        self.diverged = False
        if not self.evaluations:
            # Not before: loading the network says nothing about the evaluations to come.
            self._started = time.monotonic()
        left = self._total - self.evaluations
        for step in minimize(objective, start, left, self._history):
            self.evaluations += 1
            if not is_finite(step.evaluation):
                self.diverged = True
                return
            self.first = self.first or step
            if self.best is None or step.evaluation.loss < self.best.evaluation.loss:
                self.best = step
            self._on_image(step.image)
            command = self._on_event(self._progress(step))
            if command is Command.CANCEL:
                raise Cancelled
            if command is Command.FINISH:
                return

    def best_image(self, start: Tensor) -> Tensor:
        return start if self.best is None else self.best.image

    def explain_divergence(self) -> None:
        """Warns that the result is the best picture before the losses stopped being finite."""
        advice = "Take a smaller style weight, or preset normal."
        if self.best is None:
            raise NstError(DIVERGED, "The losses are not finite at the very start.", advice)
        self._on_event(
            Caution(
                f"The losses stopped being finite at evaluation {self.evaluations}; the result "
                "is the best picture before.",
                advice,
            )
        )

    def _progress(self, step: Step) -> Progress:
        elapsed = time.monotonic() - self._started
        return Progress(
            evaluation=self.evaluations,
            of=self._total,
            scale=max(step.image.shape[2:]),
            loss=step.evaluation.loss,
            content=step.evaluation.content,
            style=step.evaluation.style,
            seconds_left=elapsed / self.evaluations * (self._total - self.evaluations),
        )


def _check_pictures(content: Picture, styles: Sequence[Picture], on_event: OnEvent) -> None:
    if not styles:
        raise NstError(BAD_INPUT, "No style is given.", "Choose a picture to take the style from.")
    for picture, role in ((content, "content"), *((style, "style") for style in styles)):
        if picture.is_transparent:
            raise NstError(
                BAD_INPUT,
                f"{_called(picture, role)} is fully transparent: there is nothing to see.",
                "Choose a picture or layer that shows something.",
            )
    for style in styles:
        if np.array_equal(style.rgb, content.rgb):
            on_event(
                Caution(
                    f"{_called(style, 'style')} is the content itself, so the result will look "
                    "like the photograph.",
                    "Choose another picture as the style.",
                )
            )


def _called(picture: Picture, role: str) -> str:
    return f'The {role} "{picture.name}"' if picture.name else f"The {role}"


def _finish(
    content: Picture, image: Tensor, settings: Settings, weights_name: str, run: _Run
) -> Stylized:
    rgb = to_rgb(resize(image, content.width, content.height))
    first, best = (0.0 if s is None else s.evaluation.loss for s in (run.first, run.best))
    return Stylized(content.with_rgb(rgb), settings, weights_name, run.evaluations, first, best)
