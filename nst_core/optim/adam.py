"""Adam with averaged iterates, as an alternative to L-BFGS."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation, Objective
from nst_core.optim.optimizer import Iterate, moved

# Katherine Crowson's choices for style transfer with pixels in 0..1.
_STEP_SIZE = 0.02
_BETAS = (0.9, 0.99)
# How much of the average each iterate keeps: it reaches about a hundred iterates back.
_DECAY = 0.99


class AveragedAdam:
    """Minimises an objective of a picture by Adam (Kingma and Ba 2015).

    The iterates dance around the minimum by the length of Adam's steps. Their exponential average,
    corrected for its start like Adam's own moments (section 7.2 of the same paper), does not.

    Args:
        objective: what to minimise.
        start: (1, 3, height, width), the first picture to be evaluated.
        is_bounded: whether iterates are clipped to 0..1.

    Attributes:
        has_converged: always False; Adam never stops moving.
        takes_latest: True; a later average is better, whatever individual losses say.
    """

    has_converged = False
    takes_latest = True

    def __init__(self, objective: Objective, start: Tensor, *, is_bounded: bool) -> None:
        self._objective = objective
        self._is_bounded = is_bounded
        self._image = start.detach().clone().requires_grad_()
        self._adam = torch.optim.Adam([self._image], lr=_STEP_SIZE, betas=_BETAS)
        self._average = torch.zeros_like(start)
        self._taken = 0

    def step(self) -> Iterate:
        """Evaluates the current iterate and moves on to the next.

        Returns:
            The average of the iterates so far, with the evaluation of the last of them.
        """
        evaluation = self._objective.evaluate(self._image.detach())
        if evaluation.is_finite:
            self._average.lerp_(self._image.detach(), 1 - _DECAY)
            self._taken += 1
            self._move(evaluation)
        return Iterate(self._average / (1 - _DECAY ** max(1, self._taken)), evaluation)

    def state(self) -> dict[str, Any]:
        """Returns everything that :meth:`restore` needs to continue with the next step."""
        return {
            "image": self._image.detach(),
            "average": self._average,
            "taken": self._taken,
            "adam": dict(self._adam.state[self._image]),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from another optimiser's state, of the same objective and shape.

        Raises:
            KeyError, RuntimeError, TypeError: if it is the state of something else.
        """
        if type(state["taken"]) is not int:
            raise TypeError("its count is none")
        with torch.no_grad():
            self._image.copy_(state["image"])
            self._average.copy_(state["average"])
        self._taken = state["taken"]
        device = self._image.device
        # Adam counts its steps on the CPU, whatever the device.
        self._adam.state[self._image].update(
            {name: value if name == "step" else moved(value, device)
             for name, value in state["adam"].items()}
        )  # fmt: skip

    def _move(self, evaluation: Evaluation) -> None:
        self._image.grad = evaluation.gradient
        self._adam.step()
        self._image.grad = None
        if self._is_bounded:
            with torch.no_grad():
                self._image.clamp_(0, 1)
