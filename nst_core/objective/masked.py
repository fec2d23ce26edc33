"""Only a part of the picture is painted: the network sees it within the rest of the photograph."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from nst_core.objective.whole import Evaluation, Objective
from nst_core.scales.scale_inputs import ScaleInputs


class Masked:
    """An objective of what is seen of a picture, for an optimiser that paints all of it.

    Args:
        objective: of any picture.
        canvas: tells what is seen.
    """

    def __init__(self, objective: Objective, canvas: ScaleInputs) -> None:
        self._objective = objective
        self._canvas = canvas
        self.magnitude = objective.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates what is seen of ``image``; the gradient is that by ``image`` itself."""
        evaluation = self._objective.evaluate(self._canvas.compose(image))
        if self._canvas.where is None:
            return evaluation
        return replace(evaluation, gradient=evaluation.gradient * self._canvas.where)
