"""Drives a run from its coarsest scale to its finest."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import Tensor

from nst_contract.messages import Message
from nst_contract.platforms import machine
from nst_contract.settings import NEIGHBORS
from nst_core.blocks.known_styles import KnownStyle
from nst_core.colors.recolor import recolor_regions
from nst_core.distributed.group_interface import Order, ProcessGroup, SingleProcess
from nst_core.networks.loading import load_networks
from nst_core.networks.threads import one_thread_for_tiny, times_as_many_threads
from nst_core.networks.vgg import Vgg
from nst_core.objective.composed import loss_of_what_is_seen, objective_of_pixels
from nst_core.objective.evaluation import Objective, Perceptual
from nst_core.objective.neighbor_aims import colored_part
from nst_core.objective.neighbor_term import Matching
from nst_core.optim.adam import AveragedAdam
from nst_core.optim.lbfgs import FIRST_STEP, LONGEST_STEP, Lbfgs
from nst_core.optim.optimizer import Optimizer
from nst_core.pictures.picture import resize
from nst_core.run.block_by_block import BlockByBlock
from nst_core.run.checkpoint import Checkpoint, Resumed, fitting, going_on
from nst_core.run.run_plan import RunPlan
from nst_core.run.tracker import RunTracker
from nst_core.scales.scale_inputs import ScaleInputs
from nst_core.scales.scale_sizes import is_finer
from nst_core.scales.start import first_picture, visible_part


class CoarseToFine:
    """Optimises the picture scale by scale, each starting from the result of the one before.

    Args:
        plan: what was decided before the run; made again for float32 if bfloat16 overflows.
        networks: one for each device of the plan's placement.
        tracker: keeps count of the evaluations.
        group: the processes that share the work; this one is its leader.
        checkpoint: where to save the run from time to time; None for nowhere.
        pictures: fingerprint of the inputs, for the checkpoint.

    Attributes:
        loss_as_saved: after painting, the objective of the picture as it will be saved; where it
            was painted block by block, the mean of the blocks' objectives.
        group: the processes that share the work from here on: no others, once one is lost.
    """

    def __init__(
        self,
        plan: RunPlan,
        networks: Sequence[Vgg],
        tracker: RunTracker,
        group: ProcessGroup,
        checkpoint: Checkpoint | None = None,
        pictures: str = "",
    ) -> None:
        self._plan = plan
        self._networks = networks
        self._tracker = tracker
        self.group = group
        self._checkpoint = checkpoint
        self._pictures = pictures
        self.loss_as_saved = 0.0
        self._styles: Sequence[KnownStyle] = ()

    def paint(self, resumed: Resumed | None) -> Tensor:
        """Paints all scales that are left and returns the last one's picture, clipped to 0..1.

        Args:
            resumed: an interrupted run, of which the tracker's state is restored; None: a new one.
        """
        first, image = self._tracker.scale, None
        for index in range(first, len(self._plan.scales)):
            image = self._paint_scale(index, image, resumed if index == first else None)
            if self._tracker.is_finished:
                break
        assert image is not None  # noqa: S101 (there is at least one scale)
        return image

    def _paint_scale(self, index: int, coarser: Tensor | None, resumed: Resumed | None) -> Tensor:
        # What was kept is of the sizes of another scale.
        machine.give_back_freed_memory()
        scale_inputs = self._plan.inputs_at(index)
        self._tracker.turn_to(index)
        start = self._start(scale_inputs, coarser)
        if self._plan.scale_plans[index].block:
            return self._paint_in_blocks(index, scale_inputs, start, resumed)
        matching = Matching(
            so_far=start if is_finer(index, self._plan.settings) else None,
            choices=resumed.choices if resumed else None,
        )
        start = self._best_or(start)
        with self._threads(index):
            with fitting() if resumed else contextlib.nullcontext():
                perceptual = self._perceptual(index, scale_inputs, matching)
                optimizer = self._optimizer(index, scale_inputs, perceptual, start)
                if resumed:
                    optimizer.restore(resumed.minimizer)
                    resumed.minimizer.clear()
            is_finite = self._optimize(
                optimizer, scale_inputs, perceptual, is_resumed=bool(resumed)
            )
        if not is_finite and self._plan.placement.precision != "float32":
            perceptual = self._perceptual_in_float32(index, scale_inputs, perceptual.choices)
            best = self._best_or(start)
            optimizer = self._optimizer(index, scale_inputs, perceptual, best)
            with self._threads(index):
                is_finite = self._optimize(optimizer, scale_inputs, perceptual)
        if not is_finite:
            self._tracker.explain_divergence()
        image = self._in_final_colors(self._best_or(start).clamp(0, 1), scale_inputs)
        if self._tracker.is_finished or index == len(self._plan.scales) - 1:
            seen = scale_inputs.compose(image)
            self.loss_as_saved = self._loss_as_saved(perceptual, seen)
        return image

    @contextlib.contextmanager
    def _threads(self, index: int) -> Iterator[None]:
        """Computes a whole picture with as many threads as it takes the least time with."""
        pixels = math.prod(self._plan.scales[index].content)
        is_alone = self._plan.is_alone(index, self.group)
        with self._lent_threads(is_alone), one_thread_for_tiny(pixels, self._networks[0]):
            yield

    def _lent_threads(self, is_alone: bool) -> AbstractContextManager[None]:
        """Computes with the threads of the other processes where these wait meanwhile."""
        return times_as_many_threads(self.group.size if is_alone else 1)

    def _paint_in_blocks(
        self, index: int, scale_inputs: ScaleInputs, start: Tensor, resumed: Resumed | None
    ) -> Tensor:
        state = resumed.blocks if resumed else None
        is_alone = self._plan.is_alone(index, self.group)
        group = SingleProcess() if is_alone else self.group
        group.send_order(Order.PAINT_BLOCKS, index)
        with self._lent_threads(is_alone):
            with fitting() if state else contextlib.nullcontext():
                blocks = BlockByBlock(
                    self._plan,
                    index,
                    self._networks,
                    self._tracker,
                    scale_inputs,
                    start,
                    state,
                    group,
                    self._styles,
                )
            if state:
                state.clear()
            image = blocks.paint(self._checkpoint, self._pictures)
        self._styles = blocks.styles
        self.loss_as_saved = blocks.loss
        if blocks.has_lost:
            self.group = SingleProcess()
        return image

    def _optimize(
        self,
        optimizer: Optimizer,
        scale_inputs: ScaleInputs,
        perceptual: Perceptual,
        *,
        is_resumed: bool = False,
    ) -> bool:
        """Optimises until the evaluations are used up, it converges, or the user is satisfied.

        Args:
            is_resumed: whether the optimiser's state comes from a checkpoint.

        Returns:
            False as soon as an evaluation is not finite.

        Raises:
            Cancelled: if the user no longer wants the result.
        """
        tracker = self._tracker
        # Not before: the time to load the network says nothing about the evaluations.
        tracker.start_clock()
        while tracker.evaluations_left:
            with fitting() if is_resumed else contextlib.nullcontext():
                iterate = optimizer.step()
            is_resumed = False
            if not tracker.count(iterate, optimizer.takes_latest):
                return False
            if self._checkpoint and self._checkpoint.is_due(tracker.evaluations):
                with going_on(self._tracker.warn):
                    self._checkpoint.save(
                        self._plan,
                        self._pictures,
                        self._tracker.state(),
                        optimizer.state(),
                        perceptual.choices,
                    )
            tracker.tell(iterate, partial(self._seen, iterate.image, scale_inputs))
            if tracker.is_finished or optimizer.has_converged:
                break
        return True

    def _seen(self, image: Tensor, scale_inputs: ScaleInputs) -> Tensor:
        """Returns what would be saved of a picture now."""
        return scale_inputs.compose(self._in_final_colors(image, scale_inputs))

    def _in_final_colors(self, image: Tensor, scale_inputs: ScaleInputs) -> Tensor:
        """Returns a picture with the paintings' colours, where neighbours are to give it these.

        Each place has the colours of its neighbour nearly, but not quite: in a drawing, the rest
        shows as coloured fringes.
        """
        if self._plan.settings.style_loss != NEIGHBORS:
            return image
        # Before it is recoloured, so that what is shown is what will be saved, to the last bit.
        image = image.clamp(0, 1)
        return self._faded(image, recolor_regions(image, scale_inputs.regions), scale_inputs)

    def _faded(self, before: Tensor, after: Tensor, scale_inputs: ScaleInputs) -> Tensor:
        """Returns as much of a change of colours as each place is to have: with Gram, all of it."""
        if self._plan.settings.style_loss != NEIGHBORS:
            return after
        colored = colored_part(scale_inputs.strength, self._plan.settings).to(before)
        return torch.lerp(before, after, colored)

    def _best_or(self, image: Tensor) -> Tensor:
        best = self._tracker.best
        return image if best is None else best.image

    def _start(self, scale_inputs: ScaleInputs, coarser: Tensor | None) -> Tensor:
        """Returns the picture that a scale starts from: the coarser scale's, if there was one."""
        inputs, settings = self._plan.inputs, self._plan.settings
        content, exact = scale_inputs.content, settings.is_rounded_alike
        if coarser is not None:
            height, width = content.shape[2:]
            return resize(coarser, width, height, exact=exact)
        first = first_picture(scale_inputs, inputs, settings)
        if settings.start == "recolored":
            # What is hardly painted starts, and may well stay, in the photograph's colours.
            return self._faded(content, first, scale_inputs)
        if settings.start == "picture":
            visible = visible_part(inputs, content, exact=exact)
            if visible is not None:
                usual = recolor_regions(content, scale_inputs.regions)
                first = torch.lerp(self._faded(content, usual, scale_inputs), first, visible)
        return first

    def _loss_as_saved(self, perceptual: Perceptual, seen: Tensor) -> float:
        saved = _as_saved(seen, self._plan.inputs.content.bits)
        loss = loss_of_what_is_seen(perceptual, self._plan.settings, saved)
        best = self._tracker.best
        return loss if best is None or math.isfinite(loss) else best.loss

    def _optimizer(
        self, index: int, scale_inputs: ScaleInputs, perceptual: Objective, start: Tensor
    ) -> Optimizer:
        plan, settings = self._plan, self._plan.settings
        objective = objective_of_pixels(perceptual, scale_inputs, settings)
        if settings.optimizer == "adam":
            return AveragedAdam(objective, start, is_bounded=not settings.unbounded)
        # The published first step is meant for pixels, and gets lost in bfloat16's rounding.
        published = (
            settings.unbounded
            and not settings.fourier_exponent
            and plan.placement.precision == "float32"
        )
        return Lbfgs(
            objective,
            start,
            min(plan.scale_plans[index].history, plan.scales[index].evaluations),
            basis=plan.basis(index),
            first_step=None if published else FIRST_STEP,
            longest_step=LONGEST_STEP if settings.style_loss == NEIGHBORS else None,
        )

    def _perceptual(self, index: int, scale_inputs: ScaleInputs, matching: Matching) -> Perceptual:
        """Has the other processes build their losses, and returns this process's own."""
        is_float32 = self._plan.placement.precision == "float32"
        self.group.send_order(Order.BUILD, index, is_float32)
        return self._plan.perceptual(index, scale_inputs, self._networks, self.group, matching)

    def _perceptual_in_float32(
        self, index: int, scale_inputs: ScaleInputs, choices: Sequence[Tensor]
    ) -> Perceptual:
        """Returns the same losses in float32, which all later scales use as well."""
        self._tracker.warn(Message("The losses left the range of bfloat16; going on in float32."))
        self.group.send_order(Order.BUILD, index, is_float32=True)
        self._plan = self._plan.in_float32(self.group)
        self._networks = load_networks(self._plan.placement, self._plan.settings)
        return self._plan.perceptual(
            index, scale_inputs, self._networks, self.group, Matching(choices=choices)
        )


def _as_saved(image: Tensor, bits: int) -> Tensor:
    """Returns a picture rounded as a file or layer with this many bits keeps it."""
    if bits > 16:
        return image
    top = float(2**bits - 1)
    return (image * top).round() / top
