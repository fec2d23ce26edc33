"""One run of the optimiser over all scales: its events, its best picture, its checkpoints."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nst_contract.errors import DIVERGED, Cancelled, NstError
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.protocol.requests import Command
from nst_core.optim.lbfgs import Optimizer, Step, is_finite
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.plan import RunPlan
from nst_core.scales.scale_inputs import ScaleInputs

_log = logging.getLogger(__name__)

OnEvent = Callable[[Ready | Progress | Caution], Command | None]
OnImage = Callable[[Tensor], None]


@dataclass(frozen=True)
class Best:
    """The picture to keep so far at a scale, (1, 3, height, width), and its loss."""

    image: Tensor
    loss: float


class RunTracker:
    """Follows the optimiser from scale to scale.

    Args:
        scene: what is painted.
        on_event, on_image: as for :func:`nst_core.stylize.stylize`.
        checkpoint: where to save the run from time to time.
        pictures: fingerprint of the inputs, for the checkpoint.

    Attributes:
        scale: index of the scale being painted.
        evaluations: how many were made, at all scales.
        first_loss: that of the very first picture.
        best: of the present scale.
        is_finished: whether the user has enough.
        has_diverged: whether the last evaluation was not finite.
    """

    def __init__(
        self,
        scene: RunPlan,
        on_event: OnEvent,
        on_image: OnImage,
        checkpoint: Checkpoint | None = None,
        pictures: str = "",
    ) -> None:
        self._on_event = on_event
        self._on_image = on_image
        self._checkpoint = checkpoint
        self._pictures = pictures
        self._canvas: ScaleInputs | None = None
        self._scene = scene
        self._scales = scene.scales
        self._work = [
            plan.work * scale.content[0] * scale.content[1]
            for scale, plan in zip(scene.scales, scene.plans, strict=True)
        ]
        self._at_scale = 0
        self._began: tuple[float, float] | None = None
        self.scale = 0
        self.evaluations = 0
        self.first_loss: float | None = None
        self.best: Best | None = None
        self.is_finished = False
        self.has_diverged = False

    def replan(self, scene: RunPlan) -> None:
        """Goes on with the same scene, computed in another way."""
        self._scene = scene

    def begin(self, scale: int, canvas: ScaleInputs) -> None:
        """Turns to a scale; what was found at the one before is the caller's to keep."""
        self._canvas = canvas
        if scale != self.scale:
            self.scale, self._at_scale, self.best = scale, 0, None

    def follow(self, minimizer: Optimizer) -> None:
        """Optimises until the scale's evaluations are used up, it converges or diverges, or the
        user has enough.

        Raises:
            Cancelled: if the user no longer wants the result.
        """
        self.has_diverged = False
        # Not before: loading the network says nothing about the evaluations to come.
        self._began = self._began or (time.monotonic(), self._work_done())
        while self._at_scale < self._scales[self.scale].evaluations:
            step = minimizer.step()
            self._at_scale += 1
            self.evaluations += 1
            if not is_finite(step.evaluation):
                self.has_diverged = True
                return
            self._take(step, minimizer.takes_latest)
            if self._checkpoint and self._checkpoint.is_due(self.evaluations):
                self._save(self._checkpoint, minimizer)
            if self._tell(step) or minimizer.has_converged:
                return

    def state(self) -> dict[str, Any]:
        """Returns what :meth:`restore` needs."""
        return {
            "scale": self.scale,
            "at_scale": self._at_scale,
            "evaluations": self.evaluations,
            "first_loss": self.first_loss,
            "best": None if self.best is None else (self.best.image, self.best.loss),
        }

    def restore(self, state: dict[str, Any], device: torch.device) -> None:
        """Goes on where another run of the same scene took its state."""
        self.scale, self._at_scale = state["scale"], state["at_scale"]
        self.evaluations, self.first_loss = state["evaluations"], state["first_loss"]
        if state["best"] is not None:
            image, loss = state["best"]
            self.best = Best(image.to(device), loss)

    def warn(self, message: str) -> None:
        """Tells the user something that does not keep the result from coming."""
        self._on_event(Caution(message))

    def explain_divergence(self) -> None:
        """Warns that the result is the best picture before the losses stopped being finite.

        Raises:
            NstError: (diverged) if there is none.
        """
        advice = "Take a smaller style weight."
        if self.best is None:
            raise NstError(DIVERGED, "The losses are not finite at the very start.", advice)
        self._on_event(
            Caution(
                f"The losses stopped being finite at evaluation {self.evaluations}; the result "
                "is the best picture before.",
                advice,
            )
        )

    def _save(self, checkpoint: Checkpoint, minimizer: Optimizer) -> None:
        checkpoint.save(self._scene, self._pictures, self.state(), minimizer.state())

    def _take(self, step: Step, is_latest_best: bool) -> None:
        loss = step.evaluation.loss
        if self.first_loss is None:
            self.first_loss = loss
        if self.best is None or is_latest_best or loss < self.best.loss:
            self.best = Best(step.image, loss)

    def _tell(self, step: Step) -> bool:
        """Shows picture and progress; returns whether the user has enough."""
        assert self._canvas is not None  # noqa: S101 (begin() was called)
        self._on_image(self._canvas.compose(step.image))
        command = self._on_event(self._progress(step))
        if command is Command.CANCEL:
            raise Cancelled
        self.is_finished = command is Command.FINISH
        return self.is_finished

    def _progress(self, step: Step) -> Progress:
        assert self._began is not None  # noqa: S101 (follow() has begun)
        began, done_before = self._began
        done = self._work_done()
        total = sum(w * s.evaluations for w, s in zip(self._work, self._scales, strict=True))
        elapsed = time.monotonic() - began
        return Progress(
            evaluation=self.evaluations,
            of=sum(scale.evaluations for scale in self._scales),
            scale=max(step.image.shape[2:]),
            scale_index=self.scale,
            loss=step.evaluation.loss,
            content=step.evaluation.content,
            style=step.evaluation.style,
            fraction=done / total,
            seconds_left=elapsed / (done - done_before) * (total - done),
        )

    def _work_done(self) -> float:
        before = zip(self._work[: self.scale], self._scales[: self.scale], strict=True)
        done = sum(work * scale.evaluations for work, scale in before)
        return done + self._work[self.scale] * self._at_scale
