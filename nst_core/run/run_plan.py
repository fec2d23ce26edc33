"""The plan of a run: its pictures at each scale, and where and how they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nst_contract.errors import NstError
from nst_contract.protocol.events import Caution
from nst_contract.settings import Settings
from nst_core.blocks.layout import Block, blocks_of
from nst_core.blocks.sizes import CHOOSING, share
from nst_core.distributed.group_interface import ProcessGroup
from nst_core.networks.device import Placement
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Perceptual
from nst_core.objective.local_term import margins_of
from nst_core.objective.neighbor_term import UNMATCHED, Matching
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from nst_core.optim.basis import Basis
from nst_core.optim.basis_of_scale import basis_for
from nst_core.pictures.inputs import Inputs
from nst_core.run import full_size
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.scale_plans import agreed, counted, lends_threads, margin_at, plan_scales
from nst_core.scales.compared_layers import compared_layers, part_of_work
from nst_core.scales.scale_inputs import ScaleInputs, inputs_at
from nst_core.scales.scale_sizes import Scale, is_finer

# On accelerators, an evaluation of a tiny picture takes as long as so many more pixels would
# (measured on an H100): what L-BFGS asks for one by one does.
_LEAST_WORK = 2**17


@dataclass(frozen=True, eq=False)
class RunPlan:
    """Everything that is decided before a run begins.

    Attributes:
        inputs: the pictures, with the styles already in the colours to paint with, and what is
            protected in the strength mask.
        settings: how to paint.
        placement: where to compute.
        budget: how many bytes of memory may be used.
        scales: coarsest first.
        scale_plans: how each scale is computed.
        finishing: bytes of the machine's memory that it takes to finish the result.
        cautions: what the user should know before it begins.
    """

    inputs: Inputs
    settings: Settings
    placement: Placement
    budget: int
    scales: Sequence[Scale]
    scale_plans: Sequence[ScalePlan]
    finishing: int = 0
    cautions: Sequence[Caution] = ()

    @property
    def needs(self) -> int:
        """How many bytes of memory the whole run takes, where it is computed."""
        at_the_end = 0 if self.placement.has_own_memory else self.finishing
        return max(at_the_end, *(scale_plan.needs for scale_plan in self.scale_plans))

    @property
    def work(self) -> Sequence[float]:
        """What an evaluation of each scale takes, in pixels seen by all of the network in use."""
        least = 0 if self.placement.device.type == "cpu" else _LEAST_WORK
        return [
            scale_plan.work * width * height * part_of_work(self.scales, index, self.settings)
            + least
            for index, scale_plan in enumerate(self.scale_plans)
            for width, height in [self.scales[index].content]
        ]

    @property
    def work_with_choosing(self) -> Sequence[float]:
        """As :attr:`work`, with each evaluation's share of what it takes to choose a block's
        places."""
        shares = (
            1.0 if scale_plan.block is None else 1.0 + CHOOSING / max(1, scale.evaluations)
            for scale, scale_plan in zip(self.scales, self.scale_plans, strict=True)
        )
        return [work * share for work, share in zip(self.work, shares, strict=True)]

    def agreed(self, group: ProcessGroup) -> RunPlan:
        """Returns the plan as the leader has it, to whom an interrupted run has brought its own."""
        precision = group.broadcast_value(self.placement.precision)
        return replace(
            self,
            placement=replace(self.placement, precision=precision),
            scale_plans=agreed(self.scale_plans, group),
        )

    def in_float32(self, group: ProcessGroup) -> RunPlan:
        """Returns the same run planned again for float32, which needs more memory."""
        placement = replace(self.placement, precision="float32")
        try:
            found = plan_scales(
                self.scales,
                placement,
                self.budget,
                group,
                counted(self.settings, self.inputs),
                self.inputs.masks,
                full_size.kept(self.inputs),
            )
        except NstError:
            found = list(self.scale_plans)  # better to exceed the budget than to lose the run
        return replace(self, placement=placement, scale_plans=agreed(found, group))

    def inputs_at(self, index: int) -> ScaleInputs:
        """Returns the pictures of a scale.

        Raises:
            NstError: (bad-input) if the masks leave nothing to paint there.
        """
        return inputs_at(
            self.scales[index],
            self.inputs,
            self.settings,
            self.placement.device,
            is_large=self.scale_plans[index].block is not None,
        )

    def perceptual(
        self,
        index: int,
        scale_inputs: ScaleInputs,
        networks: Sequence[Vgg],
        group: ProcessGroup,
        matching: Matching = UNMATCHED,
    ) -> Perceptual:
        """Returns the content and style losses of a scale, computed whole or in tiles.

        Args:
            matching: with neighbours, what the choice of places starts from; the leader's counts.
        """
        content, regions = scale_inputs.content, scale_inputs.regions
        tile = self.scale_plans[index].tile
        strength, visible = scale_inputs.strength, scale_inputs.visible
        compared = compared_layers(self.scales, index, self.settings)
        if tile is None:
            return WholeObjective(
                networks[0], content, regions, self.settings, matching, strength, compared, visible
            )
        return TiledObjective(
            networks,
            content,
            regions,
            self.settings,
            tile,
            group,
            matching,
            strength,
            compared,
            visible,
        )

    def blocks(self, index: int) -> list[Block]:
        """Returns the blocks of a scale that is painted in blocks."""
        largest = self.scale_plans[index].block
        assert largest is not None  # noqa: S101 (as its caller knows)
        margin = margin_at(self.scales, index, self.settings)
        return blocks_of(self.scales[index].content, largest, margin)

    def is_alone(self, index: int, group: ProcessGroup) -> bool:
        """Tells whether the leader computes a scale by itself, with the threads of the others."""
        plan = self.scale_plans[index]
        if plan.tile is not None or not lends_threads(group, self.placement):
            return False
        if plan.block is None:
            return True
        sight = margins_of(self.settings).feature
        margin = margin_at(self.scales, index, self.settings)
        of_scale = self.scales[index].content
        return share(plan.block, of_scale, sight, group.size, is_lent=True, margin=margin).is_alone

    def basis(self, index: int) -> Basis:
        """Returns the coordinates that L-BFGS sees at a scale."""
        width, height = self.scales[index].content
        finer = is_finer(index, self.settings)
        return basis_for(self.settings, height, width, self.placement.device, is_finer=finer)
