"""Drives a scale that is painted block by block."""

from __future__ import annotations

import logging
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from nst_contract.errors import NstError
from nst_contract.messages import Message
from nst_core.blocks.layout import Block, Layout
from nst_core.blocks.painter import PaintedBlock, paint_block
from nst_core.blocks.scale_in_blocks import Prices, ScaleInBlocks
from nst_core.networks.loading import load_networks
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.run_plan import RunPlan
from nst_core.run.small_picture import SmallPicture
from nst_core.run.tracker import RunTracker
from nst_core.scales.compared_layers import compared_layers
from nst_core.scales.scale_inputs import ScaleInputs

_log = logging.getLogger(__name__)


class BlockByBlock:
    """Paints the blocks of a scale, one after the other.

    Args:
        plan: of the run.
        index: of the scale.
        network: computes the feature maps.
        tracker: keeps count of the evaluations.
        scale_inputs: the pictures of the scale.
        start: the picture of the coarser scale, brought to this one's size; it is painted over.
        state: of an interrupted run, as :meth:`state` returns it; None: nothing is painted yet.

    Attributes:
        picture: as it is now, (1, 3, height, width), R'G'B', 0..1.
        loss: mean of the blocks' losses by their area.
    """

    def __init__(
        self,
        plan: RunPlan,
        index: int,
        network: Vgg,
        tracker: RunTracker,
        scale_inputs: ScaleInputs,
        start: Tensor,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._plan = plan
        self._index = index
        self._tracker = tracker
        self._inputs = scale_inputs
        self._losses: dict[int, float] = {}
        prices: list[Prices] | None = None
        self.picture = start.clamp_(0, 1)
        if state is not None:
            self.picture.copy_(state["picture"])
            self._losses = {_number(key): float(loss) for key, loss in state["losses"]}
            prices = [Prices(mean, found) for mean, found in state["prices"]]
        self._scale = self._aims(network, prices)
        layout = Layout(plan.scales[index].content, plan.scale_plans[index].block)
        self._blocks = [block for block in layout.blocks if self._scale.is_painted(block)]
        self._small = SmallPicture(scale_inputs.compose(self.picture))

    @property
    def loss(self) -> float:
        weighted = sum(loss * self._area([number]) for number, loss in self._losses.items())
        return weighted / self._area(self._losses) if self._losses else 0.0

    def state(self) -> dict[str, Any]:
        """Returns what it takes to go on with the next block."""
        return {
            "picture": self.picture,
            "losses": list(self._losses.items()),
            "prices": [(found.mean, found.prices) for found in self._scale.prices],
        }

    def paint(self, checkpoint: Checkpoint | None, pictures: str) -> Tensor:
        """Paints what is left, and returns the picture in its final colours.

        Args:
            checkpoint: where to save the run after each block; None for nowhere.
            pictures: fingerprint of the inputs, for the checkpoint.

        Raises:
            Cancelled: if the user no longer wants the result.
        """
        self._tracker.start_clock()
        for block in self._blocks:
            if block.number in self._losses:
                continue
            self._losses[block.number] = self._paint(block)
            if self._tracker.is_finished:
                break
            if checkpoint:
                self._save(checkpoint, pictures)
        return self._scale.in_final_colors(self.picture)

    def _paint(self, block: Block) -> float:
        """Paints a block into the picture, and returns its loss."""
        painted = self._painted(block)
        if not painted.is_finite and self._plan.placement.precision != "float32":
            self._turn_to_float32()
            painted = self._painted(block)
        if not math.isfinite(painted.loss):
            self._tracker.explain_divergence()
        rows, columns = block.window
        self.picture[..., rows, columns] = painted.window
        self._show(block, painted.window)
        return painted.loss

    def _painted(self, block: Block) -> PaintedBlock:
        scale = self._plan.scales[self._index]
        done = self._area(self._losses) * scale.evaluations
        part = self._area([block.number])
        made = 0

        def tell(window: Tensor, evaluation: Evaluation) -> bool:
            nonlocal made
            made += 1
            self._show(block, window)
            self._tracker.count_in_block(evaluation, done + made * part)
            self._tracker.tell_block(
                evaluation, self._small.image, len(self._losses) + 1, len(self._blocks)
            )
            return not self._tracker.is_finished

        return paint_block(
            block,
            self._scale,
            self.picture,
            self._plan.settings,
            evaluations=scale.evaluations,
            history=self._plan.scale_plans[self._index].history,
            on_evaluation=tell,
        )

    def _area(self, numbers: Container[int]) -> float:
        """Returns how much of what is to be painted is in some of the blocks, 0..1."""
        some = sum(block.area for block in self._blocks if block.number in numbers)
        return some / sum(block.area for block in self._blocks)

    def _show(self, block: Block, window: Tensor) -> None:
        rows, columns = block.window
        seen = self._scale.inputs_of(block.window).compose(window.clamp(0, 1))
        self._small.update(seen, rows.start, columns.start)

    def _aims(self, network: Vgg, prices: Sequence[Prices] | None) -> ScaleInBlocks:
        compared = compared_layers(self._plan.scales, self._index, self._plan.settings)
        return ScaleInBlocks(
            network, self._inputs, self._plan.settings, compared, self.picture, prices
        )

    def _turn_to_float32(self) -> None:
        self._tracker.warn(Message("The losses left the range of bfloat16; going on in float32."))
        placement = replace(self._plan.placement, precision="float32")
        self._plan = replace(self._plan, placement=placement)
        network = load_networks(placement, self._plan.settings)[0]
        self._scale = self._aims(network, self._scale.prices)

    def _save(self, checkpoint: Checkpoint, pictures: str) -> None:
        """Saves the run; painting goes on if that fails, and an earlier checkpoint stays."""
        try:
            checkpoint.save(self._plan, pictures, self._tracker.state(), blocks=self.state())
        except NstError as error:
            self._tracker.warn(
                Message("{message} Painting goes on.", message=error.message), error.advice
            )


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no number of a block")
    return value
