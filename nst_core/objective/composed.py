"""The objective for an optimiser of pixels, put together from its parts."""

from __future__ import annotations

from torch import Tensor

from nst_contract.settings import Settings
from nst_core.objective.bounded_colors import Bounded
from nst_core.objective.evaluation import Objective, Perceptual
from nst_core.objective.masked import Masked
from nst_core.objective.total_variation import WithTotalVariation, weighted_variation
from nst_core.scales.scale_inputs import ScaleInputs


def objective_of_pixels(
    perceptual: Objective, scale_inputs: ScaleInputs, settings: Settings
) -> Objective:
    """Returns L(x) = P(y) + w TV(y), where y = c + m (clip(x) - c) is what is seen of the pixels x.

    Args:
        perceptual: P, the content and style losses.
        scale_inputs: the content c and the mask m, which is 1 where there is none.
        settings: w is ``tv_weight``; with ``unbounded`` nothing is clipped.
    """
    # Adam clips its iterates itself.
    clips = settings.optimizer == "lbfgs" and not settings.unbounded
    seen = Masked(WithTotalVariation(perceptual, settings.tv_weight), scale_inputs)
    return Bounded(seen) if clips else seen


def loss_of_what_is_seen(perceptual: Perceptual, settings: Settings, image: Tensor) -> float:
    """Returns P(y) + w TV(y) of a picture y exactly as it is seen, (1, 3, height, width)."""
    loss, weight = perceptual.loss(image), settings.tv_weight
    return loss + weighted_variation(image, weight).item() if weight else loss
