"""What is decided before a run begins: its scales, the device, and what is protected."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from nst_contract.errors import MEMORY, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution
from nst_contract.settings import MIN_SIDE, SUBJECT, Settings
from nst_core.colors.color_modes import for_color
from nst_core.distributed.group_interface import ProcessGroup, SingleProcess
from nst_core.faces import detection
from nst_core.faces.soften import soften
from nst_core.networks import machine_memory
from nst_core.networks.device import Placement, placements
from nst_core.networks.threads import use_threads
from nst_core.pictures.inputs import Inputs
from nst_core.run import full_size
from nst_core.run.fit_blocks import evaluations_in_blocks, in_blocks
from nst_core.run.fit_to_memory import GIB, ScalePlan, TooLarge, budget_for, with_room
from nst_core.run.run_plan import RunPlan
from nst_core.run.scale_plans import agreed, counted, plan_scales
from nst_core.scales.scale_inputs import is_painted_at
from nst_core.scales.scale_sizes import Scale, scales

_log = logging.getLogger(__name__)


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
        _place, counted(settings, inputs), group=group, masks=masks, inputs=inputs,
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
        agreed(scale_plans, group),
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
                plan_scales, found, budget=budget, group=group, settings=settings, masks=masks,
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
