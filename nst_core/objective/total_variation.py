"""Total variation as part of the objective."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation, Objective
from nst_core.objective.losses import total_variation

# The published weights of the other losses are for pixels in 0..255, and so is this one.
_UNIT = 255.0


class WithTotalVariation:
    """An objective with the weighted total variation added to its loss.

    This term is always computed for the whole picture at once, which takes little memory, whether
    or not the rest is computed in tiles.

    Args:
        objective: a function of any picture.
        weight: of the total variation of pixels in 0..255; with 0, nothing changes.
    """

    def __init__(self, objective: Objective, weight: float) -> None:
        self._objective = objective
        self._weight = weight
        self.magnitude = objective.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates the sum at ``image``, (1, 3, height, width)."""
        evaluation = self._objective.evaluate(image)
        if not self._weight:
            return evaluation
        pixels = image.detach().requires_grad_()
        variation = weighted_variation(pixels, self._weight)
        (gradient,) = torch.autograd.grad(variation, pixels)
        return replace(
            evaluation,
            loss=evaluation.loss + variation.item(),
            gradient=evaluation.gradient + gradient,
        )


def weighted_variation(image: Tensor, weight: float) -> Tensor:
    """Returns the weight times the total variation of a picture's pixels in 0..255."""
    return weight * total_variation(_UNIT * image)
