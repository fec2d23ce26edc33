"""Drives a scale that is painted block by block."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from nst_contract.errors import PROCESS_GROUP, NstError
from nst_contract.messages import Message
from nst_core.blocks.dealing import Dealer
from nst_core.blocks.known_styles import KnownStyle
from nst_core.blocks.layout import Block
from nst_core.blocks.painter import PaintedBlock
from nst_core.blocks.scale_in_blocks import Prices, ScaleInBlocks
from nst_core.distributed.group_interface import ProcessGroup, SingleProcess
from nst_core.networks.loading import load_networks
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.pictures.tile_margins import Window
from nst_core.run.block_painter import BlockPainter
from nst_core.run.checkpoint import Checkpoint, going_on
from nst_core.run.run_plan import RunPlan
from nst_core.run.shared_blocks import Helper, OtherProcess
from nst_core.run.small_picture import SmallPicture
from nst_core.run.tracker import RunTracker
from nst_core.scales.scale_inputs import ScaleInputs

# Seconds after which a process that waits for a block looks after the others, and hears the user.
_PATIENCE = 0.5


class BlockByBlock:
    """Paints the blocks of a scale, one after the other.

    Args:
        plan: of the run.
        index: of the scale.
        networks: compute the feature maps; each paints blocks, on a device of its own.
        tracker: keeps count of the evaluations.
        scale_inputs: the pictures of the scale.
        start: the painting to start from, at the scale's size; it is painted over.
        state: of an interrupted run, as :meth:`state` returns it; None: nothing is painted yet.
        group: the processes that paint blocks as well; this one is their leader.
        known: the styles of the scale before.

    Attributes:
        picture: as it is now, (1, 3, height, width), R'G'B', 0..1.
        loss: mean of the blocks' losses by their area.
        has_lost: whether another process ended before its time; none can be reached any more.
    """

    def __init__(
        self,
        plan: RunPlan,
        index: int,
        networks: Sequence[Vgg],
        tracker: RunTracker,
        scale_inputs: ScaleInputs,
        start: Tensor,
        state: Mapping[str, Any] | None = None,
        group: ProcessGroup | None = None,
        known: Sequence[KnownStyle] = (),
    ) -> None:
        self._plan = plan
        self._index = index
        self._tracker = tracker
        self._inputs = scale_inputs
        self._group = group or SingleProcess()
        self._lock = threading.Lock()
        self._losses: dict[int, float] = {}
        self._has_news = False
        self.has_lost = False
        prices: list[Prices] | None = None
        self.picture = start.clamp_(0, 1)
        if state is not None:
            self.picture.copy_(state["picture"])
            self._losses = {_number(key): float(loss) for key, loss in state["losses"]}
            prices = [Prices(mean, found) for mean, found in state["prices"]]
        self._networks = networks
        self._painter = BlockPainter(
            plan, index, networks[0], scale_inputs, self.picture, prices, self._group, known
        )
        self._saved = len(self._losses)
        self._blocks = [block for block in plan.blocks(index) if self._scale.is_painted(block)]
        self._small = SmallPicture(scale_inputs.compose(self.picture))

    @property
    def _scale(self) -> ScaleInBlocks:
        return self._painter.scale

    @property
    def styles(self) -> Sequence[KnownStyle]:
        """What the next scale may need of the paintings, too."""
        return self._scale.styles

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
        dealer = Dealer(self._blocks, self._losses)
        # Before others begin: what they paint is told beside an evaluation of the leader's own.
        block = dealer.take()
        helpers = self._helpers(dealer)
        is_over = dealer.is_over
        try:
            while not is_over:
                if block is not None:
                    self._accept(block, self._finite(block))
                    dealer.finished(block)
                # What is painted after this is told in another round.
                is_over = dealer.is_over
                self._look_after(helpers)
                self._tell_of_others(is_waiting=block is None)
                if self._tracker.is_finished:
                    break
                if checkpoint and len(self._losses) > self._saved:
                    self._save(checkpoint, pictures)
                block = dealer.take(_PATIENCE)
        finally:
            dealer.stop()
        for helper in helpers:
            helper.join()
        self._look_after(helpers)
        if self._has_news:
            self._count()
        return self._scale.in_final_colors(self.picture)

    def _save(self, checkpoint: Checkpoint, pictures: str) -> None:
        with going_on(self._tracker.warn), self._lock:
            self._count()
            self._saved = len(self._losses)
            checkpoint.save(self._plan, pictures, self._tracker.state(), blocks=self.state())

    def _tell_of_others(self, *, is_waiting: bool) -> None:
        """Tells what others have painted since the leader's last evaluation.

        Args:
            is_waiting: whether the user is to be heard even if that is nothing.
        """
        if (is_waiting or self._has_news) and not self._tracker.is_finished:
            self._tell(None)

    def _helpers(self, dealer: Dealer) -> list[Helper]:
        """Has other processes and devices begin."""
        found = []
        for rank in range(1, self._group.size):
            other = OtherProcess(rank, self._group, self._scale.sight, self._part)
            name = f"blocks of process {rank}"
            found.append(Helper(name, dealer, other.paint, self._take_over, other.leave))
        for network in self._networks[1:]:
            name = f"blocks on {network.device}"
            found.append(Helper(name, dealer, self._painter_on(network, dealer), self._take_over))
        for helper in found:
            helper.start()
        return found

    def _look_after(self, helpers: list[Helper]) -> None:
        """Says which processes were lost; the others go on."""
        for helper in [helper for helper in helpers if helper.error is not None]:
            helpers.remove(helper)
            error = helper.error
            if error is not None and not _is_lost_process(error):
                raise error  # as it would be if it happened to one of the leader's own blocks
            self.has_lost = True
            self._tracker.warn(
                Message("Another process of this run ended; its block is painted by those left.")
            )

    def _painter_on(self, network: Vgg, dealer: Dealer) -> Callable[[Block], PaintedBlock]:
        """Returns what paints a block on another device, unless the dealer is stopped meanwhile."""
        inputs = self._inputs.to(network.device)
        # What is known of the picture there comes with each block.
        picture = torch.zeros(inputs.content.shape, device=inputs.content.device)
        painter = BlockPainter(
            self._plan, self._index, network, inputs, picture, self._scale.prices
        )

        def paint(block: Block) -> PaintedBlock:
            rows, columns = window = block.around(self._scale.sight).window
            picture[..., rows, columns] = self._part(window).to(picture.device)
            return painter.paint(block, lambda _window, _evaluation: not dealer.is_over)

        return paint

    def _part(self, window: Window) -> Tensor:
        with self._lock:
            return self.picture[..., window[0], window[1]].cpu()

    def _take_over(self, block: Block, painted: PaintedBlock) -> bool:
        """Takes a block that another process painted; returns whether it could be used."""
        if painted.is_finite:
            self._accept(block, painted)
            self._has_news = True
        return painted.is_finite

    def _accept(self, block: Block, painted: PaintedBlock) -> None:
        rows, columns = block.window
        # Not while a checkpoint is written: it has all of a block, or nothing.
        with self._lock:
            self.picture[..., rows, columns] = painted.window.to(self.picture.device)
            self._losses[block.number] = painted.loss
            self._show(block, painted.window)

    def _finite(self, block: Block) -> PaintedBlock:
        """Paints a block, in float32 if need be."""
        painted = self._painted(block)
        if not painted.is_finite and self._plan.placement.precision != "float32":
            self._turn_to_float32()
            painted = self._painted(block)
        if not math.isfinite(painted.loss):
            self._tracker.explain_divergence()
        return painted

    def _painted(self, block: Block) -> PaintedBlock:
        made = 0

        def tell(window: Tensor, evaluation: Evaluation) -> bool:
            nonlocal made
            made += 1
            self._show(block, window)
            self._tell(evaluation, block, made)
            return not self._tracker.is_finished

        return self._painter.paint(block, tell)

    def _tell(
        self, evaluation: Evaluation | None, block: Block | None = None, made: int = 0
    ) -> None:
        """Counts and tells what is painted.

        Args:
            evaluation: the last of so many of a block that is not finished.
        """
        self._has_news = False
        self._count(block, made)
        number = min(len(self._losses) + 1, len(self._blocks))
        self._tracker.tell_block(evaluation, self._small.image, number, len(self._blocks))

    def _count(self, block: Block | None = None, made: int = 0) -> None:
        """Counts the blocks that are painted, and so many evaluations of another one."""
        evaluations = self._plan.scales[self._index].evaluations
        at_scale = self._area(self._losses) * evaluations
        if block is not None:
            at_scale += self._area([block.number]) * made
        self._tracker.count_in_blocks(at_scale)

    def _area(self, numbers: Container[int]) -> float:
        """Returns how much of what is to be painted is in some of the blocks, 0..1."""
        some = sum(block.area for block in self._blocks if block.number in numbers)
        return some / sum(block.area for block in self._blocks)

    def _show(self, block: Block, window: Tensor) -> None:
        rows, columns = block.window
        seen = self._scale.inputs_of(block.window).compose(window.clamp(0, 1))
        self._small.update(seen, rows.start, columns.start)

    def _turn_to_float32(self) -> None:
        self._tracker.warn(Message("The losses left the range of bfloat16; going on in float32."))
        placement = replace(self._plan.placement, precision="float32")
        self._plan = replace(self._plan, placement=placement)
        network = load_networks(placement, self._plan.settings)[0]
        self._painter = BlockPainter(
            self._plan, self._index, network, self._inputs, self.picture, self._scale.prices
        )


def _is_lost_process(error: Exception) -> bool:
    return isinstance(error, NstError) and error.code == PROCESS_GROUP


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no number of a block")
    return value
