"""Optimises one block, while the rest of the picture stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.blocks.layout import Block
from nst_core.blocks.scale_in_blocks import ScaleInBlocks
from nst_core.objective.composed import objective_of_pixels
from nst_core.objective.evaluation import Evaluation, Objective
from nst_core.optim.basis_of_scale import basis_for
from nst_core.optim.lbfgs import LONGEST_STEP, Lbfgs

# Receives what a block's window looks like after an evaluation; returns whether to go on.
OnEvaluation = Callable[[Tensor, Evaluation], bool]


@dataclass(frozen=True, eq=False)
class PaintedBlock:
    """What came of a block.

    Attributes:
        window: what the block and its margin look like now, (1, 3, height, width), 0..1.
        loss: the lowest of its evaluations; infinite if none was finite.
        is_finite: whether all of them were.
    """

    window: Tensor
    loss: float
    is_finite: bool


class _OfChange:
    """An objective of a change that fades out around a block."""

    def __init__(self, objective: Objective, start: Tensor, fading: Tensor) -> None:
        self._objective = objective
        self._start = start
        self._fading = fading
        self.magnitude = objective.magnitude

    def changed(self, change: Tensor) -> Tensor:
        return torch.addcmul(self._start, self._fading, change)

    def evaluate(self, change: Tensor) -> Evaluation:
        evaluation = self._objective.evaluate(self.changed(change))
        return replace(evaluation, gradient=evaluation.gradient * self._fading)


def paint_block(
    block: Block,
    scale: ScaleInBlocks,
    picture: Tensor,
    settings: Settings,
    *,
    evaluations: int,
    history: int,
    on_evaluation: OnEvaluation,
) -> PaintedBlock:
    """Paints a block by L-BFGS.

    What is optimised is the change of the picture, not the picture: the change is 0 where the
    window ends, and the picture goes on there as it is. It starts from what is put together from
    the paintings.

    Args:
        block: one in which there is something to be painted.
        scale: its aims.
        picture: the whole picture as it is now, (1, 3, height, width), 0..1; it stays as it is.
        settings: how to paint.
        evaluations: how many may be made.
        history: how many pairs L-BFGS remembers.
        on_evaluation: is told of each evaluation.
    """
    prepared = scale.prepared(block, picture)
    rows, columns = block.window
    so_far = picture[..., rows, columns].contiguous()
    of_pixels = objective_of_pixels(prepared.objective, scale.inputs_of(block.window), settings)
    of_change = _OfChange(of_pixels, so_far, block.fading().to(so_far))
    basis = basis_for(settings, so_far.shape[2], so_far.shape[3], so_far.device, is_quilted=True)
    optimizer = Lbfgs(
        of_change,
        prepared.start - so_far,
        history,
        basis=basis,
        longest_step=LONGEST_STEP,
        goes_back=True,
    )
    best, loss, is_finite = torch.zeros_like(so_far), torch.inf, True
    for _ in range(evaluations):
        iterate = optimizer.step()
        is_finite = iterate.evaluation.is_finite
        if not is_finite:
            break
        if iterate.evaluation.loss < loss:
            best, loss = iterate.image, iterate.evaluation.loss
        if not on_evaluation(of_change.changed(iterate.image), iterate.evaluation):
            break
        if optimizer.has_converged:
            break
    return PaintedBlock(of_change.changed(best).clamp(0, 1), loss, is_finite)
