"""Paints blocks of a scale with one network: the leader's, another device's, another process's."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from nst_contract.platforms import machine
from nst_core.blocks.known_styles import KnownStyle
from nst_core.blocks.layout import Block
from nst_core.blocks.painter import OnEvaluation, PaintedBlock, paint_block
from nst_core.blocks.scale_in_blocks import Prices, ScaleInBlocks
from nst_core.distributed.group_interface import ProcessGroup
from nst_core.networks import machine_memory
from nst_core.networks.vgg import Vgg
from nst_core.run.run_plan import RunPlan
from nst_core.scales.compared_layers import compared_layers
from nst_core.scales.scale_inputs import ScaleInputs

# As a part of the forecast, from which on freed memory is given back before the next block.
_MUCH = 0.9


class BlockPainter:
    """Paints blocks as the plan says.

    Args:
        plan: of the run.
        index: of the scale.
        network: computes the feature maps.
        inputs: the pictures of the scale, on the network's device.
        picture: the picture that is painted, as far as it is known here, on the same device.
        prices, group, known: as for :class:`nst_core.blocks.scale_in_blocks.ScaleInBlocks`.

    Attributes:
        picture: as given; whoever gets blocks or parts of it writes them there.
        scale: the aims of the blocks.
    """

    def __init__(
        self,
        plan: RunPlan,
        index: int,
        network: Vgg,
        inputs: ScaleInputs,
        picture: Tensor,
        prices: Sequence[Prices] | None = None,
        group: ProcessGroup | None = None,
        known: Sequence[KnownStyle] = (),
    ) -> None:
        settings = plan.settings
        compared = compared_layers(plan.scales, index, settings)
        self.picture = picture
        self.scale = ScaleInBlocks(
            network, inputs, settings, compared, picture, prices, group, known
        )
        self._settings = settings
        self._evaluations = plan.scales[index].evaluations
        self._needs = plan.scale_plans[index].needs
        self._history = plan.scale_plans[index].history
        # What it took to get so far is not needed again, and blocks take memory in other sizes.
        machine.give_back_freed_memory()

    def paint(
        self, block: Block, on_evaluation: OnEvaluation = lambda _window, _evaluation: True
    ) -> PaintedBlock:
        """Paints a block; the picture stays as it is."""
        # Blocks differ in size, and so does what is freed: in between, more and more is left over.
        if machine_memory.taken() > _MUCH * self._needs:
            machine.give_back_freed_memory()
        return paint_block(
            block,
            self.scale,
            self.picture,
            self._settings,
            evaluations=self._evaluations,
            history=self._history,
            on_evaluation=on_evaluation,
        )
