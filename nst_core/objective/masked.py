"""Painting only part of the picture: the network sees it within the rest of the photograph."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from nst_core.objective.evaluation import Evaluation, Objective
from nst_core.scales.scale_inputs import ScaleInputs


class Masked:
    """An objective of the visible part of a picture, for an optimiser that paints all of it.

    Args:
        objective: a function of any picture.
        scale_inputs: the content and the mask; without a mask, nothing changes.
    """

    def __init__(self, objective: Objective, scale_inputs: ScaleInputs) -> None:
        self._objective = objective
        self._scale_inputs = scale_inputs
        self.magnitude = objective.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates what is seen of ``image``; the gradient is with respect to ``image`` itself."""
        evaluation = self._objective.evaluate(self._scale_inputs.compose(image))
        mask = self._scale_inputs.mask
        if mask is None:
            return evaluation
        return replace(evaluation, gradient=evaluation.gradient * mask)
