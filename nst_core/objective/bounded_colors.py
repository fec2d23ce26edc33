"""Keeps the optimiser exactly within 0..1, the colours that can be shown."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from nst_core.objective.evaluation import Evaluation, Objective

# The constant c of the normal map, relative to the objective's magnitude per sample. Any value has
# the same solution; L-BFGS finds it soonest if c is close to the objective's own curvature.
# Measured (docs/performance.md): a tenth or ten times of it does nearly as well.
_CURVATURE = 5.0


class Bounded:
    """An objective of pictures within 0..1, for an optimiser that does not support bounds.

    The network sees the variables clipped to 0..1, which is the picture that can be saved. The
    distance to that picture is added to the gradient there:

        G(x) = gradient(clip(x)) + 2 c (x - clip(x))

    This is Robinson's normal map (1992, "Normal maps induced by linear transformations"): where
    it vanishes, clip(x) is stationary within the bounds whatever c is, because a sample lies
    beyond its bound exactly as far as the gradient pushes it. A penalty on the excess, by
    contrast, needs a large and therefore stiff weight to come close.

    Args:
        objective: a function of any picture.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self.magnitude = objective.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates the loss of ``image`` clipped to 0..1, with G as its gradient."""
        shown = image.clamp(0, 1)
        evaluation = self._objective.evaluate(shown)
        curvature = _CURVATURE * self.magnitude / image.numel()
        gradient = evaluation.gradient.add(image - shown, alpha=2 * curvature)
        return replace(evaluation, gradient=gradient)
