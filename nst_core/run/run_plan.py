"""The plan of a run: its pictures at each scale, and where and how they are computed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nst_contract.errors import MEMORY, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution
from nst_contract.settings import MIN_SIDE, SUBJECT, Settings
from nst_core.blocks.layout import Block, blocks_of, margin_for
from nst_core.blocks.sizes import CHOOSING, share
from nst_core.colors.color_modes import for_color
from nst_core.distributed.group_interface import ProcessGroup, SingleProcess
from nst_core.faces import detection
from nst_core.faces.soften import soften
from nst_core.neighbors import columns
from nst_core.networks import machine_memory
from nst_core.networks.device import Placement, placements
from nst_core.networks.threads import may_be_times_as_many, use_threads
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Perceptual
from nst_core.objective.local_term import margins_of
from nst_core.objective.neighbor_term import UNMATCHED, Matching
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from nst_core.optim.basis import Basis
from nst_core.optim.basis_of_scale import basis_for
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Size
from nst_core.run import full_size
from nst_core.run.fit_blocks import (
    FROM_PIXELS,
    evaluations_in_blocks,
    in_blocks,
    plan_blocks,
)
from nst_core.run.fit_to_memory import (
    GIB,
    ScalePlan,
    TooLarge,
    budget_for,
    pixels_of,
    plan_scale,
    with_room,
)
from nst_core.scales.compared_layers import compared_layers, part_of_work
from nst_core.scales.scale_inputs import ScaleInputs, inputs_at, is_painted_at
from nst_core.scales.scale_sizes import Scale, is_finer, scales

_log = logging.getLogger(__name__)

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
            scale_plans=_agreed(self.scale_plans, group),
        )

    def in_float32(self, group: ProcessGroup) -> RunPlan:
        """Returns the same run planned again for float32, which needs more memory."""
        placement = replace(self.placement, precision="float32")
        try:
            found = _scale_plans(
                self.scales,
                placement,
                self.budget,
                group,
                _counted(self.settings, self.inputs),
                self.inputs.masks,
                full_size.kept(self.inputs),
            )
        except NstError:
            found = list(self.scale_plans)  # better to exceed the budget than to lose the run
        return replace(self, placement=placement, scale_plans=_agreed(found, group))

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
        margin = _margin(self.scales, index, self.settings)
        return blocks_of(self.scales[index].content, largest, margin)

    def is_alone(self, index: int, group: ProcessGroup) -> bool:
        """Tells whether the leader computes a scale by itself, with the threads of the others."""
        plan = self.scale_plans[index]
        if plan.tile is not None or not _lends_threads(group, self.placement):
            return False
        if plan.block is None:
            return True
        sight = margins_of(self.settings).feature
        margin = _margin(self.scales, index, self.settings)
        of_scale = self.scales[index].content
        return share(plan.block, of_scale, sight, group.size, is_lent=True, margin=margin).is_alone

    def basis(self, index: int) -> Basis:
        """Returns the coordinates that L-BFGS sees at a scale."""
        width, height = self.scales[index].content
        finer = is_finer(index, self.settings)
        return basis_for(self.settings, height, width, self.placement.device, is_finer=finer)


def plan_run(
    inputs: Inputs, settings: Settings, group: ProcessGroup | None = None, masks: int | None = None
) -> RunPlan:
    """Plans a run.

    Args:
        inputs: the pictures.
        settings: how to paint.
        group: the processes that share the tiles.
        masks: how many there will be, where only the sizes of the pictures are known: then there
            are no faces to be found in them, and no colours to be changed. None: all are there.

    Raises:
        NstError: if the content is too small, there is not enough memory, or faces cannot be looked
            for.
    """
    cautions = use_threads(settings.threads)
    group = group or SingleProcess()
    detection.check(settings)
    inputs = inputs.active()
    # The mask of faces is small, and has no part in the end.
    finishing = full_size.finishing(inputs, settings, masks)
    of_faces: Sequence[Caution] = ()
    are_here = masks is None
    if masks is None:
        masks = inputs.masks
        inputs, of_faces = _protected(inputs, settings, group)
    found = _scales(inputs, settings)
    if are_here:
        found = _painted(found, inputs, settings)
    found = [
        replace(scale, evaluations=evaluations_in_blocks(scale.evaluations))
        # The first scale has as many as were asked for.
        if index and in_blocks(scale.content, index, settings)
        else scale
        for index, scale in enumerate(found)
    ]
    masks += detection.are_looked_for(settings)
    place = partial(
        _place, _counted(settings, inputs), group=group, masks=masks, inputs=inputs,
        finishing=finishing,
    )  # fmt: skip
    try:
        placement, budget, scale_plans = place(found=found)
    except TooLarge as error:
        sizes = (max(found[-1].content) * percent // 100 for percent in range(99, 0, -1))
        sensible = (size for size in sizes if size >= MIN_SIDE)
        raise error.with_size(_first_that_fits(sensible, inputs, settings, place)) from error
    _log.info("%s on %s: %s", found, placement, scale_plans)
    return RunPlan(
        for_color(inputs, settings) if are_here else inputs,
        settings,
        placement,
        budget,
        found,
        _agreed(scale_plans, group),
        finishing,
        [*cautions, *of_faces],
    )


def _scales(inputs: Inputs, settings: Settings) -> list[Scale]:
    return scales(
        (inputs.content.width, inputs.content.height),
        [(style.picture.width, style.picture.height) for style in inputs.styles],
        settings,
        name=inputs.content.called("content"),
        style_scales=[style.scale for style in inputs.styles],
    )


def _first_that_fits(
    sizes: Iterable[int], inputs: Inputs, settings: Settings, place: Callable[..., object]
) -> int:
    """Returns the first of some sizes whose scales can all be placed; 0 if there is none."""
    for size in sizes:
        with contextlib.suppress(TooLarge):
            place(found=_scales(inputs, replace(settings, size=size)))
            return size
    return 0


def _painted(found: Sequence[Scale], inputs: Inputs, settings: Settings) -> list[Scale]:
    """Leaves out coarse scales at which the network sees nothing of what is to be painted.

    The finest one stays in any case: there it is an error.
    """
    unseen = [
        number
        for number, scale in enumerate(found[:-1])
        if not is_painted_at(scale, inputs, settings)
    ]
    first, *finer = found[unseen[-1] + 1 if unseen else 0 :]
    return [replace(first, evaluations=found[0].evaluations), *finer]


def _counted(settings: Settings, inputs: Inputs) -> Settings:
    """Returns the settings that need as much memory: a strength mask is like a lower strength.

    Where faces are looked for, their mask is counted even if there are none: nobody knows before.
    """
    is_masked = inputs.strength_mask is not None or detection.are_looked_for(settings)
    return replace(settings, strength=0.0) if is_masked else settings


def _protected(
    inputs: Inputs, settings: Settings, group: ProcessGroup
) -> tuple[Inputs, Sequence[Caution]]:
    """Returns the inputs with what is to be protected in their strength mask."""
    if not detection.are_looked_for(settings):
        return inputs, ()
    found = detection.find(inputs.content) if group.rank == 0 else []
    faces = [detection.Face(*values) for values in group.broadcast_value(found)]
    _log.info("%d faces: %s", len(faces), faces)
    if faces:
        return soften(inputs, faces), ()
    if settings.protect == SUBJECT:
        return inputs, ()
    caution = Caution(
        Message(
            "{called} shows no face that was found, so nothing is protected.",
            called=inputs.content.called("content"),
        ),
        Message(
            "Give a strength mask that is darker where the photograph is to stay recognisable."
        ),
    )
    return inputs, (caution,)


def _place(
    settings: Settings,
    *,
    found: Sequence[Scale],
    group: ProcessGroup,
    masks: int,
    inputs: Inputs,
    finishing: int,
) -> tuple[Placement, int, list[ScalePlan]]:
    """Chooses the fastest device that has enough memory, and how it computes each scale."""
    cautions: tuple[str, ...] = ()
    choices = placements(settings.device, settings.precision)
    for placement in choices:
        budget = budget_for(placement.device, settings.memory, group.size_here)
        try:
            here = machine_memory.budget(0.0) if placement.has_own_memory else budget
            full_size.check(inputs, finishing, here)
            kept = full_size.kept(inputs, masks)
            plan = partial(
                _scale_plans, found, budget=budget, group=group, settings=settings, masks=masks,
                kept=kept,
            )  # fmt: skip
            placed, scale_plans = _placed(placement, plan)
        except NstError as error:
            if error.code != MEMORY or placement is choices[-1]:
                raise
            unused = Message(
                "{device} is not used: {why}", device=placement.device, why=error.message
            )
            cautions = (*cautions, unused)
        else:
            cautions = (*placed.cautions, *cautions, *_less_than_asked(settings.memory, budget))
            return replace(placed, cautions=cautions), budget, scale_plans
    raise AssertionError("there is always a CPU")


def _placed(
    placement: Placement, plan: Callable[[Placement], list[ScalePlan]]
) -> tuple[Placement, list[ScalePlan]]:
    """Plans with those of a placement's devices that have room for what is planned."""
    while True:
        scale_plans = plan(placement)
        roomy = with_room(placement, max(found.needs for found in scale_plans))
        if roomy.devices == placement.devices:
            return placement, scale_plans
        placement = roomy


def _less_than_asked(gib: float, budget: int) -> Iterator[str]:
    if budget < int(gib * GIB):
        yield Message(
            "memory is {asked:g} GiB, but the limits of this process leave {left:.2f} GiB, so no "
            "more is used.",
            asked=gib,
            left=budget / GIB,
        )


def _scale_plans(
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
    is_lent = _lends_threads(group, placement)

    def plan(index: int, scale: Scale) -> ScalePlan:
        sizes = scale.content, scale.styles
        if in_blocks(scale.content, index, settings):
            margin = _margin(found, index, settings)
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


def _margin(found: Sequence[Scale], index: int, settings: Settings) -> int:
    """Returns how far around a block of a scale the picture is looked at, in pixels."""
    return margin_for(columns.margins(compared_layers(found, index, settings)).feature)


def _lends_threads(group: ProcessGroup, placement: Placement) -> bool:
    """Tells whether a process that computes alone has the others' threads.

    All cores together take less time for a whole picture than each process for a tile with margin.
    """
    is_possible = placement.device.type == "cpu" and 1 < group.size == group.size_here
    return is_possible and may_be_times_as_many(group.size)


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


def _agreed(scale_plans: Sequence[ScalePlan], group: ProcessGroup) -> Sequence[ScalePlan]:
    """Returns the plans with the leader's choices, since all processes must cut the same tiles."""
    leaders = group.broadcast_value([(plan.tile, plan.history, plan.block) for plan in scale_plans])
    return [
        replace(plan, tile=_size(tile), history=history, block=_size(block))
        for plan, (tile, history, block) in zip(scale_plans, leaders, strict=True)
    ]


def _size(sides: Sequence[int] | None) -> Size | None:
    """Returns a size as it was before it was sent."""
    return None if sides is None else (sides[0], sides[1])
