"""What the other processes of a group do while the leader paints: their share of the work."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from nst_contract.settings import Settings
from nst_core.blocks.known_styles import KnownStyle
from nst_core.distributed.group_interface import Order
from nst_core.distributed.process_group import TorchrunGroup
from nst_core.networks.loading import load_networks
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Objective
from nst_core.objective.tiled import TiledObjective
from nst_core.pictures.inputs import Inputs
from nst_core.run.block_painter import BlockPainter
from nst_core.run.planning import plan_run
from nst_core.run.run_plan import RunPlan
from nst_core.run.shared_blocks import paint_for_leader


def follow(inputs: Inputs, settings: Settings, group: TorchrunGroup) -> None:
    """Computes this process's share of the leader's stylization, until that is done.

    Args:
        inputs, settings: the same as the leader's.
        group: the group; this process is not its leader.

    Raises:
        NstError: if the inputs, weights, device or memory cannot be used, or another process ended.
    """
    inputs.check(settings)
    if settings.evaluations == 0:
        return  # the leader has the result already
    plan = plan_run(inputs, settings, group).agreed(group)
    networks = load_networks(plan.placement, settings)
    objective: Objective | None = None
    size = (0, 0)
    styles: Sequence[KnownStyle] = ()
    while True:
        order, scale, is_float32 = group.receive_order()
        if order is Order.END:
            return
        if order is Order.PAINT_BLOCKS:
            styles = _paint_blocks(plan, scale, networks, group, styles)
        elif order is Order.BUILD:
            size = plan.scales[scale].content
            if is_float32 and plan.placement.precision != "float32":
                plan = plan.in_float32(group)
                networks = load_networks(plan.placement, settings)
            # Anything not cut into tiles is computed by the leader alone.
            is_whole = plan.scale_plans[scale].tile is None
            objective = (
                None if is_whole else plan.perceptual(scale, plan.inputs_at(scale), networks, group)
            )
        elif isinstance(objective, TiledObjective):
            objective.share(torch.empty(1, 3, size[1], size[0], device=plan.placement.device))


def _paint_blocks(
    plan: RunPlan,
    index: int,
    networks: Sequence[Vgg],
    group: TorchrunGroup,
    known: Sequence[KnownStyle],
) -> Sequence[KnownStyle]:
    """Paints the blocks of a scale that the leader deals out to this process.

    Args:
        known: the styles of the scale before.

    Returns:
        Those of this one.
    """
    inputs = plan.inputs_at(index)
    # What there is of the picture comes with each block.
    picture = torch.zeros(inputs.content.shape, device=inputs.content.device)
    painter = BlockPainter(plan, index, networks[0], inputs, picture, group=group, known=known)
    blocks = {block.number: block for block in plan.blocks(index)}
    paint_for_leader(group, blocks, painter.scale.sight, picture, painter.paint)
    return painter.scale.styles
