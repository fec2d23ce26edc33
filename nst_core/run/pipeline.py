"""A stylization from start to finish: inputs checked, run planned, forecast and painted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from nst_contract import __version__
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution, Done
from nst_contract.settings import Settings
from nst_core.distributed.group_interface import Order, ProcessGroup, SingleProcess
from nst_core.networks.loading import networks_for
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Picture, resize, to_rgb
from nst_core.run.checkpoint import Checkpoint, Resumed, fitting
from nst_core.run.coarse_to_fine import CoarseToFine
from nst_core.run.finished import finished, painted_part
from nst_core.run.fit_to_memory import GIB, SHARE
from nst_core.run.forecast import forecast
from nst_core.run.planning import plan_run
from nst_core.run.run_plan import RunPlan
from nst_core.run.tracker import OnEvent, OnImage, RunTracker


def ignore(_: object) -> None:
    """Ignores an event; for callers who do not follow the run."""


# What is free changes from moment to moment, and a budget leaves a part of it alone.
_MUCH_MORE = 1.2


@dataclass(frozen=True, eq=False)
class Stylized:
    """A finished picture, and what is needed to repeat it.

    Attributes:
        picture: of the content's size, with its alpha.
        settings: as used.
        weights: name of the network's weights; empty if nothing was evaluated.
        evaluations: how many were made.
        first_loss: the objective of the starting picture, at the first scale.
        loss: the objective of the result as saved, with its colours clipped and rounded to the
            content's bits, at the last scale.
    """

    picture: Picture
    settings: Settings
    weights: str
    evaluations: int
    first_loss: float
    loss: float

    def done(self, file: str) -> Done:
        """Returns the event that announces this result, written to ``file``."""
        return Done(
            file=file,
            settings=self.settings.as_dict(),
            seed=self.settings.seed,
            weights=self.weights,
            evaluations=self.evaluations,
            first_loss=self.first_loss,
            loss=self.loss,
        )


def run_stylization(
    inputs: Inputs,
    settings: Settings,
    on_event: OnEvent = ignore,
    *,
    on_image: OnImage | None = None,
    networks: Sequence[Vgg] = (),
    checkpoint: Checkpoint | None = None,
    resumed: Resumed | None = None,
    group: ProcessGroup | None = None,
) -> Stylized:
    """Paints the content of ``inputs`` in the style of their styles.

    Args:
        inputs: the pictures.
        settings: how to paint. Those of ``resumed`` take precedence.
        on_event: receives the plan, every evaluation and every caution. It may answer
            ``Command.FINISH`` to keep the best picture so far or ``Command.CANCEL``.
        on_image: receives each picture before its event, (1, 3, height, width), 0..1; None: nobody
            looks, and it need not be computed.
        networks: from :func:`nst_core.networks.loading.load_networks`, to save loading them
            again; ignored if the settings require different ones.
        checkpoint: where to save the run from time to time.
        resumed: a run of the same pictures to continue; it can be given only once.
        group: the processes that share the work; this one must be the leader.

    Raises:
        NstError: if an input, the weights or the device cannot be used, or memory is too small.
        Cancelled: if ``on_event`` asked for it.
    """
    settings = resumed.settings if resumed else settings
    inputs.check(settings)
    for caution in inputs.cautions():
        on_event(caution)
    if settings.evaluations == 0:
        return Stylized(inputs.content, settings, "", 0, 0.0, 0.0)
    group = group or SingleProcess()
    plan = _planned(inputs, settings, resumed, group, on_event)
    networks = networks_for(plan.placement, settings, networks)
    tracker = RunTracker(plan.scales, plan.work_with_choosing, on_event, on_image)
    if resumed:
        with fitting():
            tracker.restore(resumed.run, plan.placement.device)
        resumed.run.clear()
    on_event(forecast(plan, networks[0], __version__, tracker.parts_left))

    fingerprint = inputs.fingerprint() if checkpoint else ""
    driver = CoarseToFine(plan, networks, tracker, group, checkpoint, fingerprint)
    painted = driver.paint(resumed)
    driver.group.send_order(Order.END)
    return Stylized(
        _finished(painted, inputs, settings),
        settings,
        networks[0].name,
        tracker.evaluations,
        tracker.first_loss or 0.0,
        driver.loss_as_saved,
    )


def _planned(
    inputs: Inputs,
    settings: Settings,
    resumed: Resumed | None,
    group: ProcessGroup,
    on_event: OnEvent,
) -> RunPlan:
    """Returns the plan that all processes follow, and tells what the user should know of it."""
    plan = plan_run(inputs, settings, group)
    if resumed:
        resumed.check(inputs, plan)
        placement = replace(plan.placement, precision=resumed.precision)
        plan = replace(plan, placement=placement, scale_plans=resumed.scale_plans)
        for caution in _more_than_there_is(plan, resumed):
            on_event(caution)
    plan = plan.agreed(group)
    for caution in (*map(Caution, plan.placement.cautions), *plan.cautions):
        on_event(caution)
    return plan


def _more_than_there_is(plan: RunPlan, resumed: Resumed) -> Iterator[Caution]:
    """Tells of a continued run, which is computed as it was planned, that memory is short now.

    Args:
        plan: as it was; its budget is what there is now.
        resumed: what lies in main memory for the moment, and is counted in the plan, too.
    """
    budget = plan.budget
    if not plan.placement.has_own_memory and not plan.settings.memory:
        budget += int(SHARE * resumed.held)
    if plan.needs > _MUCH_MORE * budget:
        yield Caution(
            Message(
                "This run was planned to take {needs:.2f} GiB of memory, but there are only "
                "{budget:.2f} GiB for it now.",
                needs=plan.needs / GIB,
                budget=budget / GIB,
            ),
            Message(
                "Close other programs. If the memory runs out, start the run again from the "
                "beginning, with less memory or a smaller size."
            ),
        )


def _finished(painted: Tensor, inputs: Inputs, settings: Settings) -> Picture:
    """Returns the full-size result: the painted picture over the content, in the final colours."""
    content = inputs.content
    size = content.width, content.height
    rgb = to_rgb(resize(painted, *size, exact=settings.is_rounded_alike))
    return finished(rgb, content, painted_part(inputs, size, settings), settings)
