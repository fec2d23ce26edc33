"""L-BFGS on the pixels: a loop that yields after every evaluation of the objective."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from nst_core.objective import Evaluation

# How far the first step moves the average sample, in 0..1. torch makes the first step as long as
# one unit in total, whatever the picture's size: too short for L-BFGS to learn the curvature from
# two nearly equal losses, in bfloat16 most of all, and then the second step leaps into nowhere.
_FIRST_STEP = 0.01


@dataclass(frozen=True)
class Step:
    """One evaluation: ``image`` (1, 3, height, width) and the objective there."""

    image: Tensor
    evaluation: Evaluation


class Evaluates(Protocol):
    """An objective: whole or tiled."""

    def evaluate(self, image: Tensor) -> Evaluation:
        """Returns loss and gradient at a picture."""
        ...


def minimize(
    objective: Evaluates, start: Tensor, evaluations: int, history: int = 100
) -> Iterator[Step]:
    """Minimises the objective, yielding each picture with its evaluation.

    Ends early when a step no longer changes the picture, and after a loss or gradient that is
    not finite, which is yielded too: the caller decides what to do about it.

    Args:
        objective: what to minimise.
        start: (1, 3, height, width), the first picture to be evaluated.
        evaluations: how many there may be.
        history: pairs of steps and gradients that L-BFGS remembers; the default is torch's, and
            the published notebook's.
    """
    unit = _FIRST_STEP * start.numel()
    pixels = (start.detach().contiguous() / unit).requires_grad_()
    # One iteration a step: torch then evaluates exactly once in it and moves the pixels after.
    lbfgs = torch.optim.LBFGS([pixels], lr=1, max_iter=1, history_size=history)
    for number in range(1, evaluations + 1):
        image = pixels.detach() * unit
        evaluation = objective.evaluate(image)
        yield Step(image, evaluation)
        if number == evaluations or not is_finite(evaluation):
            return
        pixels.grad = evaluation.gradient * unit
        before = pixels.detach().clone()
        lbfgs.step(lambda loss=evaluation.loss: loss)  # type: ignore[no-untyped-call]
        if torch.equal(before, pixels.detach()):
            return


def is_finite(evaluation: Evaluation) -> bool:
    """Tells whether loss and gradient can be trusted."""
    return math.isfinite(evaluation.loss) and bool(evaluation.gradient.isfinite().all())
