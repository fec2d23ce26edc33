"""What there is to optimise: the pictures at each scale, where they are computed, and how."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from nst_contract.errors import MEMORY, NstError
from nst_contract.settings import Settings
from nst_core.colors.color_modes import for_color
from nst_core.distributed.process_group import ProcessGroup, SingleProcess
from nst_core.networks.device import Placement, placements
from nst_core.networks.vgg import Vgg
from nst_core.objective.bounded import Bounded
from nst_core.objective.masked import Masked
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.total_variation import Smooth
from nst_core.objective.whole import Objective, WholeObjective
from nst_core.optim.fourier_basis import Basis, FourierBasis, PixelBasis
from nst_core.pictures.inputs import Inputs
from nst_core.run.memory import ScalePlan, budget_for, plan_scale
from nst_core.scales.pyramid import Scale, scales
from nst_core.scales.scale_inputs import ScaleInputs, lay_out

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A run, planned.

    Attributes:
        inputs: the pictures, in the colours that they are painted in.
        settings: how to paint.
        placement: where it is computed.
        budget: bytes of memory that may be taken.
        scales: coarsest first.
        plans: how each scale is computed.
    """

    inputs: Inputs
    settings: Settings
    placement: Placement
    budget: int
    scales: Sequence[Scale]
    plans: Sequence[ScalePlan]

    def in_float32(self, group: ProcessGroup) -> RunPlan:
        """Returns the same run in float32, planned anew: it needs more memory."""
        placement = replace(self.placement, precision="float32")
        workers = group.size * len(placement.devices)
        try:
            plans = _plans(
                self.scales, placement, self.budget, workers, self.settings, self.inputs.masks
            )
        except NstError:
            plans = list(self.plans)  # the budget is exceeded rather than the run lost
        return replace(self, placement=placement, plans=group.broadcast_plans(plans))

    def canvas(self, index: int) -> ScaleInputs:
        """Returns the pictures of a scale.

        Raises:
            NstError: (bad-input) if the masks leave nothing to be painted there.
        """
        return lay_out(self.inputs, self.scales[index], self.settings, self.placement.device)

    def objective(
        self, index: int, canvas: ScaleInputs, networks: Sequence[Vgg], group: ProcessGroup
    ) -> Objective:
        """Returns content and style losses of a scale."""
        tile = self.plans[index].tile
        if tile is None:
            return WholeObjective(networks[0], canvas.content, canvas.regions, self.settings)
        return TiledObjective(networks, canvas.content, canvas.regions, self.settings, tile, group)

    def smoothed(self, objective: Objective) -> Objective:
        """Returns the objective with what the settings add to it beside content and style."""
        weight = self.settings.tv_weight
        return Smooth(objective, weight) if weight else objective

    def masked(self, objective: Objective, canvas: ScaleInputs) -> Objective:
        """Returns the objective of what is seen of a picture."""
        return objective if canvas.where is None else Masked(objective, canvas)

    def bounded(self, objective: Objective, canvas: ScaleInputs) -> Objective:
        """Returns the objective as L-BFGS gets it: masked, and with bounds or without."""
        masked = self.masked(objective, canvas)
        return masked if self.settings.unbounded else Bounded(masked)

    def basis(self, index: int) -> Basis:
        """Returns the coordinates that L-BFGS sees at a scale."""
        if not self.settings.fourier_exponent:
            return PixelBasis()
        width, height = self.scales[index].content
        return FourierBasis(height, width, self.settings.fourier_exponent, self.placement.device)


def prepare(
    inputs: Inputs, settings: Settings, group: ProcessGroup | None = None, masks: int | None = None
) -> RunPlan:
    """Plans a run.

    Args:
        inputs: the pictures.
        settings: how to paint.
        group: the processes that share the tiles.
        masks: how many to plan for; None: those that there are.

    Raises:
        NstError: if the content is too small, or the memory will not do.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    group = group or SingleProcess()
    inputs = inputs.active()
    found = scales(
        (inputs.content.width, inputs.content.height),
        [(style.picture.width, style.picture.height) for style in inputs.styles],
        settings,
        name=inputs.content.called("content"),
        style_scales=[style.scale for style in inputs.styles],
    )
    placement, budget, plans = _place(
        found, settings, group, inputs.masks if masks is None else masks
    )
    _log.info("%s on %s: %s", found, placement, plans)
    return RunPlan(
        for_color(inputs, settings),
        settings,
        placement,
        budget,
        found,
        group.broadcast_plans(plans),
    )


def _place(
    found: Sequence[Scale], settings: Settings, group: ProcessGroup, masks: int
) -> tuple[Placement, int, list[ScalePlan]]:
    """Chooses the fastest device that has the memory, and how it computes each scale."""
    cautions: tuple[str, ...] = ()
    choices = placements(settings.device, settings.precision)
    for placement in choices:
        budget = budget_for(placement.device, settings.memory, group.size_here)
        workers = group.size * len(placement.devices)
        try:
            plans = _plans(found, placement, budget, workers, settings, masks)
        except NstError as error:
            if error.code != MEMORY or placement is choices[-1]:
                raise
            cautions = (*cautions, f"{placement.device} is passed by: {error.message}")
        else:
            return replace(placement, cautions=placement.cautions + cautions), budget, plans
    raise AssertionError("there is always a CPU")


def _plans(
    found: Sequence[Scale],
    placement: Placement,
    budget: int,
    workers: int,
    settings: Settings,
    masks: int,
) -> list[ScalePlan]:
    return [
        plan_scale(placement, scale.content, scale.styles, budget, workers, settings, masks)
        for scale in found
    ]
