"""How each scale of a run is computed: whole, in tiles or in blocks, by one process or by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nst_contract.errors import NstError
from nst_contract.settings import Settings
from nst_core.blocks.layout import margin_for
from nst_core.distributed.group_interface import ProcessGroup
from nst_core.faces import detection
from nst_core.neighbors import columns
from nst_core.networks.device import Placement
from nst_core.networks.threads import may_be_times_as_many
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Size
from nst_core.run.fit_blocks import FROM_PIXELS, in_blocks, plan_blocks
from nst_core.run.fit_to_memory import ScalePlan, TooLarge, pixels_of, plan_scale
from nst_core.scales.compared_layers import compared_layers
from nst_core.scales.scale_sizes import Scale


def plan_scales(
    found: Sequence[Scale],
    placement: Placement,
    budget: int,
    group: ProcessGroup,
    settings: Settings,
    masks: int,
    kept: int,
) -> list[ScalePlan]:
    kept = 0 if placement.has_own_memory else kept
    workers = group.size * len(placement.devices)
    is_lent = lends_threads(group, placement)

    def plan(index: int, scale: Scale) -> ScalePlan:
        sizes = scale.content, scale.styles
        if in_blocks(scale.content, index, settings):
            margin = margin_at(found, index, settings)
            return plan_blocks(
                placement,
                *sizes,
                budget,
                workers,
                settings,
                masks,
                kept,
                is_lent=is_lent,
                margin=margin,
            )
        # One GPU replays a whole small picture sooner than several compute a part each.
        is_small = placement.device.type != "cpu" and pixels_of(scale.content) <= FROM_PIXELS
        if is_lent or is_small:
            alone = _plan_alone(placement, *sizes, budget, settings, masks, kept)
            if alone is not None:
                return replace(alone, work=alone.work / group.size) if is_lent else alone
        return plan_scale(placement, *sizes, budget, workers, settings, masks, kept)

    plans: list[ScalePlan] = []
    refused: list[TooLarge] = []
    for index, scale in enumerate(found):
        try:
            plans.append(plan(index, scale))
        except TooLarge as error:
            refused.append(error)
    if refused:
        raise max(refused, key=lambda error: error.least)
    return plans


def _plan_alone(
    placement: Placement,
    content: Size,
    styles: Sequence[Size],
    budget: int,
    settings: Settings,
    masks: int,
    kept: int,
) -> ScalePlan | None:
    """Returns how one process computes a scale as a whole; None if it cannot."""
    try:
        found = plan_scale(placement, content, styles, budget, 1, settings, masks, kept)
    except NstError:
        return None
    return found if found.tile is None else None


def counted(settings: Settings, inputs: Inputs) -> Settings:
    """Returns the settings that need as much memory: a strength mask is like a lower strength.

    Where faces are looked for, their mask is counted even if there are none: nobody knows before.
    """
    is_masked = inputs.strength_mask is not None or detection.are_looked_for(settings)
    return replace(settings, strength=0.0) if is_masked else settings


def margin_at(found: Sequence[Scale], index: int, settings: Settings) -> int:
    """Returns how far around a block of a scale the picture is looked at, in pixels."""
    return margin_for(columns.margins(compared_layers(found, index, settings)).feature)


def lends_threads(group: ProcessGroup, placement: Placement) -> bool:
    """Tells whether a process that computes alone has the others' threads.

    All cores together take less time for a whole picture than each process for a tile with margin.
    """
    is_possible = placement.device.type == "cpu" and 1 < group.size == group.size_here
    return is_possible and may_be_times_as_many(group.size)


def agreed(scale_plans: Sequence[ScalePlan], group: ProcessGroup) -> Sequence[ScalePlan]:
    """Returns the plans with the leader's choices, since all processes must cut the same tiles."""
    leaders = group.broadcast_value([(plan.tile, plan.history, plan.block) for plan in scale_plans])
    return [
        replace(plan, tile=_size(tile), history=history, block=_size(block))
        for plan, (tile, history, block) in zip(scale_plans, leaders, strict=True)
    ]


def _size(sides: Sequence[int] | None) -> Size | None:
    """Returns a size as it was before it was sent."""
    return None if sides is None else (sides[0], sides[1])
