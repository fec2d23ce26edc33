"""Keeps track of a run: counts evaluations, keeps the best picture, and reports progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from nst_contract.errors import DIVERGED, Cancelled, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.protocol.requests import Command
from nst_core.objective.evaluation import Evaluation
from nst_core.optim.optimizer import Iterate
from nst_core.pictures.picture import Size
from nst_core.scales.scale_sizes import Scale

OnEvent = Callable[[Ready | Progress | Caution], Command | None]
OnImage = Callable[[Tensor], None]

# Of sums of parts of evaluations.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Best:
    """The best picture so far at a scale, (1, 3, height, width), and its loss."""

    image: Tensor
    loss: float


class RunTracker:
    """Counts the iterates of a run and reports them.

    Args:
        scales: the scales of the run, coarsest first.
        work: of one evaluation at each scale, in any unit.
        on_event: receives every event; see :func:`nst_core.stylize.stylize`.
        on_image: receives each picture before its event; None: nobody looks.

    Attributes:
        scale: index of the scale being painted.
        evaluations: how many were made, over all scales.
        first_loss: that of the very first picture; None until then.
        best: at the current scale; None before its first evaluation.
        is_finished: whether the user has asked to keep the best picture so far.
    """

    def __init__(
        self,
        scales: Sequence[Scale],
        work: Sequence[float],
        on_event: OnEvent,
        on_image: OnImage | None,
    ) -> None:
        self._on_event = on_event
        self._on_image = on_image
        self._scales = scales
        self._work = work
        self._at_scale: float = 0
        self._began: tuple[float, float] | None = None
        self._told = 0.0, 0.0, 0.0
        self.scale = 0
        self.evaluations = 0
        self.first_loss: float | None = None
        self.best: Best | None = None
        self.is_finished = False

    @property
    def evaluations_left(self) -> int:
        """How many may still be made at the current scale."""
        return self._scales[self.scale].evaluations - int(self._at_scale)

    @property
    def parts_left(self) -> Sequence[float]:
        """How much of each scale is still to be painted, 0..1."""
        own = 1 - self._at_scale / self._scales[self.scale].evaluations
        return [0.0] * self.scale + [own] + [1.0] * (len(self._scales) - self.scale - 1)

    def turn_to(self, scale: int) -> None:
        """Moves on to a scale, and forgets the best picture of the previous one."""
        if scale != self.scale:
            self.scale, self._at_scale, self.best = scale, 0, None

    def start_clock(self) -> None:
        """Starts timing the evaluations, unless they are being timed already."""
        self._began = self._began or (time.monotonic(), self._work_done())

    def count(self, iterate: Iterate, is_latest_best: bool) -> bool:
        """Counts an evaluation and keeps its picture if it is the best so far.

        Args:
            iterate: what the optimiser evaluated.
            is_latest_best: whether the latest picture is the best, whatever its loss.

        Returns:
            Whether loss and gradient are finite; if not, the picture is not kept.
        """
        self._at_scale += 1
        self.evaluations += 1
        if not iterate.evaluation.is_finite:
            return False
        loss = iterate.evaluation.loss
        if self.first_loss is None:
            self.first_loss = loss
        if self.best is None or is_latest_best or loss < self.best.loss:
            self.best = Best(iterate.image, loss)
        return True

    def count_in_blocks(self, at_scale: float) -> None:
        """Counts what is painted of a picture that is painted block by block.

        Args:
            at_scale: how many evaluations of all of the picture that is, at this scale.
        """
        before = int(self._at_scale + _ROUNDING)
        self._at_scale = min(at_scale, self._scales[self.scale].evaluations)
        # What is left of a sum of parts is no evaluation less.
        self.evaluations += int(self._at_scale + _ROUNDING) - before

    def tell(self, iterate: Iterate, seen: Callable[[], Tensor]) -> None:
        """Shows what is seen of an iterate, and reports how far the run is.

        Args:
            iterate: what the optimiser evaluated.
            seen: returns the picture, which nobody may want to look at.

        Raises:
            Cancelled: if the user no longer wants the result.
        """
        self._tell(self._progress(iterate.evaluation), seen)

    def tell_block(self, evaluation: Evaluation | None, small: Tensor, block: int, of: int) -> None:
        """Does the same for a picture that is painted block by block.

        Args:
            evaluation: of the block; None: there is none since the last one that was told, but
                others may have painted meanwhile, and the user may have something to say.
            small: the picture in small.
            block, of: the how many-th block it is, and of how many.

        Raises:
            Cancelled: if the user no longer wants the result.
        """
        progress = replace(self._progress(evaluation), block=block, blocks=of)
        self._tell(progress, lambda: small)

    def _tell(self, progress: Progress, seen: Callable[[], Tensor]) -> None:
        if self._on_image is not None:
            self._on_image(seen())
        command = self._on_event(progress)
        if command is Command.CANCEL:
            raise Cancelled
        self.is_finished = command is Command.FINISH

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
        """Continues from the state of another run with the same plan.

        Raises:
            KeyError, TypeError, ValueError: if it is the state of something else.
        """
        scale, evaluations = (_count(state[name]) for name in ("scale", "evaluations"))
        at_scale = state["at_scale"]
        if type(at_scale) not in (int, float) or not at_scale >= 0:
            raise TypeError(f"{at_scale!r} is no number of evaluations")
        if scale >= len(self._scales) or at_scale > self._scales[scale].evaluations:
            raise ValueError(f"it is at evaluation {at_scale} of scale {scale}")
        first_loss, best = state["first_loss"], state["best"]
        if not isinstance(first_loss, float | None):
            raise TypeError("its first loss is no number")
        if best is not None:
            best = _best(best, self._scales[scale].content, device)
        self.scale, self._at_scale, self.evaluations = scale, at_scale, evaluations
        self.first_loss, self.best = first_loss, best

    def warn(self, message: str, advice: str = "") -> None:
        """Tells the user about something that does not prevent a result."""
        self._on_event(Caution(message, advice))

    def explain_divergence(self) -> None:
        """Warns that the result is the best picture before the losses stopped being finite.

        Raises:
            NstError: (diverged) if there is none.
        """
        advice = Message(
            "Choose a smaller style weight or, with the style loss neighbors, a smaller share of "
            "Gram matrices."
        )
        if self.best is None:
            raise NstError(
                DIVERGED, Message("The losses are not finite from the very start."), advice
            )
        self.warn(
            Message(
                "The losses stopped being finite at evaluation {evaluations}; the result is "
                "the best picture before that.",
                evaluations=self.evaluations,
            ),
            advice,
        )

    def _progress(self, evaluation: Evaluation | None) -> Progress:
        if evaluation is not None:
            self._told = evaluation.loss, evaluation.content, evaluation.style
            if self.first_loss is None and evaluation.is_finite:
                self.first_loss = evaluation.loss
        loss, content, style = self._told
        assert self._began is not None  # noqa: S101 (start_clock() was called)
        began, done_before = self._began
        done = self._work_done()
        total = sum(w * s.evaluations for w, s in zip(self._work, self._scales, strict=True))
        elapsed = time.monotonic() - began
        return Progress(
            evaluation=max(1, self.evaluations),
            of=sum(scale.evaluations for scale in self._scales),
            scale=max(self._scales[self.scale].content),
            scale_index=self.scale,
            loss=loss,
            content=content,
            style=style,
            fraction=done / total,
            seconds_left=elapsed / (done - done_before) * (total - done),
        )

    def _work_done(self) -> float:
        before = zip(self._work[: self.scale], self._scales[: self.scale], strict=True)
        done = sum(work * scale.evaluations for work, scale in before)
        return done + self._work[self.scale] * self._at_scale


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no number of evaluations")
    return value


def _best(state: Any, size: Size, device: torch.device) -> Best:
    """Returns a best picture as :meth:`RunTracker.state` holds it, at a scale of this size."""
    image, loss = state
    if not isinstance(image, Tensor) or not isinstance(loss, float):
        raise TypeError("its best picture is none")
    if image.shape != (1, 3, size[1], size[0]) or not image.is_floating_point():
        raise ValueError(f"its best picture has the shape {tuple(image.shape)}")
    return Best(image.to(device), loss)
