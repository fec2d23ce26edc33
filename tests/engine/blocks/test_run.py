"""Whole runs whose finest scale is painted block by block."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.errors import Cancelled, NstError
from nst_contract.platforms import machine
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.protocol.requests import Command
from nst_contract.settings import Settings
from nst_core.blocks import sizes
from nst_core.blocks.layout import blocks_of
from nst_core.blocks.painter import PaintedBlock, paint_block
from nst_core.blocks.scale_in_blocks import ObjectiveOfPlaces
from nst_core.distributed.group_interface import Order, SingleProcess
from nst_core.neighbors import columns
from nst_core.networks import device
from nst_core.networks.device import Placement
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.pictures.tile_margins import Tile
from nst_core.run import block_painter, checkpoint, coarse_to_fine, fit_blocks
from nst_core.run.block_by_block import BlockByBlock
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.pipeline import Stylized, run_stylization
from nst_core.run.planning import plan_run
from nst_core.run.run_plan import RunPlan
from nst_core.scales import compared_layers
from tests.helpers.photographs import COFFEE, TISSUE, photograph

WIDTH, HEIGHT = 160, 128
INPUTS = Inputs(photograph(COFFEE, WIDTH, HEIGHT), [Style(photograph(TISSUE, 64, 48))])
CPU = Placement((torch.device("cpu"),), "bfloat16", ())
# 3 x 2 blocks of 64 x 64 pixels and what is left.
BLOCKS, EVALUATIONS = 6, 4
# A block gets a third of them.
OF_BLOCK = 2

Event = Ready | Progress | Caution
Paint = Callable[..., Stylized]


@pytest.fixture
def paint(network: Vgg, monkeypatch: pytest.MonkeyPatch) -> Paint:
    """Paints at two scales, of which the finer one counts as large."""
    monkeypatch.setattr(fit_blocks, "FROM_PIXELS", WIDTH * HEIGHT)
    monkeypatch.setattr(sizes, "SIDES", (64,))
    # It compares as many layers as large ones do.
    monkeypatch.setattr(compared_layers, "_FINE", WIDTH)

    def paint(
        inputs: Inputs = INPUTS,
        on_event: Callable[[Event], Command | None] = lambda _: None,
        on_image: Callable[[Tensor], None] = lambda _: None,
        **values: Any,
    ) -> Stylized:
        more = {
            name: values.pop(name) for name in ("checkpoint", "resumed", "group") if name in values
        }
        settings = Settings.from_dict(
            {"size": WIDTH, "coarsest": 80, "evaluations": EVALUATIONS, "device": "cpu",
             "precision": "float32", **values}
        )  # fmt: skip
        return run_stylization(
            inputs, settings, on_event, on_image=on_image, networks=[network], **more
        )

    return paint


def of_blocks(events: list[Progress]) -> list[Progress]:
    return [event for event in events if event.block is not None]


class Watched:
    """Keeps the events of a run, and answers one of them."""

    def __init__(self, answer: Command | None = None, at_block: int = 0) -> None:
        self.events: list[Event] = []
        self._answer, self._at_block = answer, at_block

    @property
    def progress(self) -> list[Progress]:
        return [event for event in self.events if isinstance(event, Progress)]

    def __call__(self, event: Event) -> Command | None:
        self.events.append(event)
        is_there = isinstance(event, Progress) and event.block == self._at_block
        return self._answer if is_there and self._at_block else None


def test_each_block_gets_its_evaluations_and_all_together_count_as_the_scales(
    paint: Paint,
) -> None:
    watched = Watched()
    result = paint(on_event=watched)
    progress = watched.progress
    blocks = of_blocks(progress)
    assert [event.block for event in blocks] == [
        block for block in range(1, BLOCKS + 1) for _ in range(OF_BLOCK)
    ]
    assert {event.blocks for event in blocks} == {BLOCKS}
    assert {event.scale for event in blocks} == {WIDTH}
    counts = [event.evaluation for event in progress]
    assert counts == sorted(counts)
    assert counts[-1] == progress[-1].of == result.evaluations == EVALUATIONS + OF_BLOCK
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    (ready,) = (event for event in watched.events if isinstance(event, Ready))
    assert [scale["block"] for scale in ready.plan] == [None, (64, 64)]


def test_every_blocks_loss_falls(paint: Paint) -> None:
    watched = Watched()
    result = paint(on_event=watched, evaluations=48)
    blocks = of_blocks(watched.progress)
    losses = [[event.loss for event in blocks if event.block == n + 1] for n in range(BLOCKS)]
    assert all(min(values) < values[0] for values in losses)
    # The mean by the blocks' areas lies between the least and the most.
    ends = [min(values) for values in losses]
    assert min(ends) <= result.loss <= max(ends)


def test_a_fine_scale_of_the_same_picture_has_no_seams(paint: Paint) -> None:
    """Differences of neighbouring pixels are no larger on the borders of blocks than elsewhere."""
    rgb = paint(evaluations=8).picture.rgb
    found = blocks_of((WIDTH, HEIGHT), (64, 64))
    borders = sorted({block.tile.columns.inner[0] for block in found} - {0})
    steps = np.abs(np.diff(rgb, axis=1)).mean(axis=(0, 2))
    at_borders = np.mean([steps[border - 1] for border in borders])
    assert at_borders < np.quantile(steps, 0.95)


def test_what_is_shown_is_small_and_ends_as_the_picture(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.run.small_picture.LONG_SIDE", WIDTH // 2)
    shown: list[Tensor] = []
    result = paint(on_image=lambda image: shown.append(image.clone()), start="content")
    assert shown[-1].shape == (1, 3, HEIGHT // 2, WIDTH // 2)
    rgb = result.picture.rgb.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean(axis=(1, 3))
    # But for the final colours, which are for the whole picture.
    difference = np.abs(shown[-1][0].permute(1, 2, 0).numpy() - rgb).mean()
    assert difference < 0.05


def test_a_picture_that_is_kept_early_is_painted_where_it_was(paint: Paint) -> None:
    watched = Watched(Command.FINISH, at_block=2)
    kept = paint(on_event=watched, evaluations=6).picture.rgb
    assert len(of_blocks(watched.progress)) == 6 // 3 + 1
    finished = paint(evaluations=6).picture.rgb
    first, last = (blocks_of((WIDTH, HEIGHT), (64, 64))[n].tile for n in (0, BLOCKS - 1))

    def detail(rgb: Array, tile: Tile) -> float:
        rows, columns = slice(*tile.rows.inner), slice(*tile.columns.inner)
        # Over the contrast, which the colours change that a picture gets at its end.
        part = rgb[rows, columns]
        return float(np.abs(np.diff(part, axis=1)).mean() / part.std())

    # What is not painted yet is the coarser scale's picture, enlarged.
    assert detail(kept, first) > 0.9 * detail(finished, first)
    assert detail(kept, last) < 0.9 * detail(finished, last)


def test_a_run_that_is_given_up_raises(paint: Paint) -> None:
    with pytest.raises(Cancelled):
        paint(on_event=Watched(Command.CANCEL, at_block=1))


@pytest.mark.parametrize("start", ["recolored", "content"])
def test_a_run_that_was_killed_loses_one_block_and_ends_with_the_very_same_picture(
    paint: Paint, tmp_path: Path, start: str
) -> None:
    undisturbed = paint(start=start).picture.rgb
    photograph = INPUTS.content.rgb.copy()
    file = tmp_path / "run.checkpoint"
    with pytest.raises(Cancelled):
        paint(
            on_event=Watched(Command.CANCEL, at_block=4), checkpoint=Checkpoint(file), start=start
        )
    watched = Watched()
    resumed = paint(on_event=watched, resumed=checkpoint.load(file))
    assert watched.progress[0].block == 4
    assert np.array_equal(resumed.picture.rgb, undisturbed)
    assert np.array_equal(INPUTS.content.rgb, photograph)
    assert watched.progress[-1].evaluation == EVALUATIONS + OF_BLOCK


# Three blocks side by side. The first and the last are so far apart that neither sees the other.
WIDE = Inputs(photograph(COFFEE, 300, 64), INPUTS.styles)


@pytest.fixture
def paint_wide(paint: Paint, monkeypatch: pytest.MonkeyPatch) -> Paint:
    """Paints a picture of which two blocks can be painted at a time."""
    monkeypatch.setattr(fit_blocks, "FROM_PIXELS", 300 * 64)
    monkeypatch.setattr(sizes, "SIDES", (128,))
    return lambda inputs=WIDE, **more: paint(inputs, size=300, coarsest=150, **more)


@pytest.fixture
def on_two_devices(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has blocks be painted on two devices, which are the same here."""

    def made(plan: RunPlan, index: int, networks: Sequence[Vgg], *rest: Any) -> BlockByBlock:
        return BlockByBlock(plan, index, [*networks, *networks], *rest)

    return lambda: monkeypatch.setattr(coarse_to_fine, "BlockByBlock", made)


def watched_threads(
    monkeypatch: pytest.MonkeyPatch, on_block: Callable[[threading.Thread], None]
) -> None:
    """Tells of each block which thread paints it."""

    def watched(*args: Any, **more: Any) -> PaintedBlock:
        on_block(threading.current_thread())
        return paint_block(*args, **more)

    monkeypatch.setattr(block_painter, "paint_block", watched)


def test_several_devices_paint_what_one_does(
    paint_wide: Paint, on_two_devices: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = paint_wide().picture.rgb
    threads: set[threading.Thread] = set()
    watched_threads(monkeypatch, threads.add)
    on_two_devices()
    assert np.array_equal(paint_wide().picture.rgb, alone)
    assert len(threads) == 2


def test_what_fails_on_another_device_ends_the_run(
    paint_wide: Paint, on_two_devices: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(thread: threading.Thread) -> None:
        if thread is not threading.main_thread():
            raise RuntimeError("the device is gone")

    watched_threads(monkeypatch, fails)
    on_two_devices()
    with pytest.raises(RuntimeError, match="the device is gone"):
        paint_wide()


# Nothing is painted in the block between them: one for each of two devices.
APART = np.zeros((64, 300), np.float32)
APART[:, :64] = APART[:, 250:] = 1


class WhileTheOtherPaints(Watched):
    """Lets another device begin with its block once the leader has nothing left to paint."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Command | None = None) -> None:
        super().__init__()
        self._is_heard, self._answer = threading.Event(), answer
        self._has_waited = threading.Event()
        self._waited: list[bool] = []
        watched_threads(monkeypatch, self._wait)

    def _wait(self, thread: threading.Thread) -> None:
        if thread is not threading.main_thread():
            self._waited.append(self._is_heard.wait(20))
            self._has_waited.set()

    @property
    def waited(self) -> list[bool]:
        """Whether the other device was let go; a run that is cancelled does not wait for it."""
        self._has_waited.wait(20)
        return self._waited

    def __call__(self, event: Event) -> Command | None:
        super().__call__(event)
        if len(of_blocks(self.progress)) <= OF_BLOCK:
            return None
        self._is_heard.set()
        return self._answer


@pytest.mark.parametrize("answer", [Command.FINISH, Command.CANCEL])
def test_the_user_is_heard_while_others_paint(
    answer: Command,
    paint_wide: Paint,
    on_two_devices: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_two_devices()
    watched = WhileTheOtherPaints(monkeypatch, answer)
    with pytest.raises(Cancelled) if answer is Command.CANCEL else contextlib.nullcontext():
        paint_wide(on_event=watched)
    assert watched.waited == [True]
    assert len(of_blocks(watched.progress)) == OF_BLOCK + 1


def test_what_others_paint_is_counted_told_and_saved(
    paint_wide: Paint,
    on_two_devices: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    on_two_devices()
    watched, file = WhileTheOtherPaints(monkeypatch), tmp_path / "run.checkpoint"
    apart = replace(WIDE, mask=APART)
    result = paint_wide(apart, on_event=watched, checkpoint=Checkpoint(file))
    assert watched.waited == [True]
    last = watched.progress[-1]
    assert (last.block, last.blocks) == (2, 2)
    assert last.fraction == pytest.approx(1)
    assert last.evaluation == last.of == result.evaluations
    assert last.loss == watched.progress[-2].loss  # of the leader's own
    saved = checkpoint.load(file).blocks
    assert saved is not None
    assert len(saved["losses"]) == 2


def test_a_run_that_is_given_up_lets_other_devices_go(
    paint_wide: Paint, on_two_devices: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, is_given_up = ObjectiveOfPlaces.evaluate, threading.Event()
    elsewhere: list[threading.Thread] = []

    def waits(self: ObjectiveOfPlaces, image: Tensor) -> Evaluation:
        thread = threading.current_thread()
        if thread is not threading.main_thread():
            elsewhere.append(thread)
            is_given_up.wait()
        return evaluate(self, image)

    monkeypatch.setattr(ObjectiveOfPlaces, "evaluate", waits)
    on_two_devices()

    def gives_up(_event: Event) -> Command | None:
        return Command.CANCEL if elsewhere else None

    with pytest.raises(Cancelled):
        paint_wide(on_event=gives_up)
    is_given_up.set()
    elsewhere[0].join()
    assert len(elsewhere) == 1


def test_a_checkpoint_of_something_else_is_refused(paint: Paint, tmp_path: Path) -> None:
    file = tmp_path / "run.checkpoint"
    with pytest.raises(Cancelled):
        paint(on_event=Watched(Command.CANCEL, at_block=4), checkpoint=Checkpoint(file))
    good = checkpoint.load(file)
    assert good.blocks is not None
    for name, value in {
        "picture": torch.zeros(1, 3, 5, 5),
        "losses": [("first", 0.5)],
        "prices": [torch.zeros(3)],
    }.items():
        broken = {**good.blocks, name: value}
        with pytest.raises(NstError, match="does not fit its own run"):
            paint(resumed=replace(good, run=deepcopy(good.run), blocks=broken))


def test_only_what_is_within_the_mask_is_painted(paint: Paint) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:, : WIDTH // 2] = 1
    inputs = Inputs(INPUTS.content, INPUTS.styles, mask=mask)
    watched = Watched()
    rgb = paint(inputs, on_event=watched).picture.rgb
    content: Array = INPUTS.content.rgb
    assert np.array_equal(rgb[:, WIDTH // 2 :], content[:, WIDTH // 2 :])
    assert np.abs(rgb[:, : WIDTH // 2] - content[:, : WIDTH // 2]).mean() > 0.02
    # Blocks in which nothing is to be painted are no work.
    assert len({event.block for event in of_blocks(watched.progress)}) < BLOCKS
    assert watched.progress[-1].fraction == pytest.approx(1)


def test_losses_that_leave_the_range_of_bfloat16_are_computed_in_float32(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = ObjectiveOfPlaces.evaluate

    def breaks(self: ObjectiveOfPlaces, image: Tensor) -> Evaluation:
        found = evaluate(self, image)
        is_bfloat16 = self._network.dtype == torch.bfloat16
        return Evaluation(torch.nan, torch.nan, 0.0, found.gradient) if is_bfloat16 else found

    monkeypatch.setattr(ObjectiveOfPlaces, "evaluate", breaks)
    # Processors without bfloat16 would have something to say of it first.
    monkeypatch.setattr(device, "multiplies_bfloat16_fast", lambda _: True)
    watched = Watched()
    paint(on_event=watched, precision="bfloat16")
    cautions = [event.message for event in watched.events if isinstance(event, Caution)]
    assert cautions == ["The losses left the range of bfloat16; going on in float32."]
    assert np.isfinite(watched.progress[-1].loss)


class TwoHere(SingleProcess):
    """The leader of two processes on a machine, of which the other one only listens."""

    size = 2

    def __init__(self) -> None:
        super().__init__(size_here=2)
        self.orders: list[Order] = []

    def send_order(self, order: Order, *_: object) -> None:
        self.orders.append(order)


def test_a_picture_of_one_block_is_painted_by_the_leader_with_the_threads_of_all(
    paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SIDES", (192,))
    monkeypatch.setattr(machine, "cores", lambda: 2)
    alone = paint(threads=1)
    threads: list[int] = []
    evaluate = ObjectiveOfPlaces.evaluate

    def counted(self: ObjectiveOfPlaces, image: Tensor) -> Evaluation:
        threads.append(torch.get_num_threads())
        return evaluate(self, image)

    monkeypatch.setattr(ObjectiveOfPlaces, "evaluate", counted)
    group = TwoHere()
    result = paint(threads=1, group=group)
    assert Order.PAINT_BLOCKS not in group.orders
    assert threads == OF_BLOCK * [2]
    assert torch.get_num_threads() == 1
    assert result.loss == pytest.approx(alone.loss, rel=1e-3)


def test_a_run_that_goes_on_with_a_painting_is_painted_in_blocks_as_the_scale_before_was(
    paint: Paint,
) -> None:
    first = paint()
    before = first.picture.rgb.copy()
    watched = Watched()
    inputs = replace(INPUTS, start=first.picture)
    result = paint(inputs, watched, start="picture", coarsest=0, evaluations=EVALUATIONS)
    # All of those that were asked for: there is no coarser scale that had them.
    assert [event.block for event in watched.progress] == [
        block for block in range(1, BLOCKS + 1) for _ in range(EVALUATIONS)
    ]
    assert result.loss < first.loss
    assert result.first_loss > 0
    assert np.array_equal(first.picture.rgb, before)


def test_what_needs_the_whole_picture_is_not_painted_in_blocks() -> None:
    large = (2000, 1500)
    assert fit_blocks.in_blocks(large, 1, Settings.from_preset("normal"))
    assert not fit_blocks.in_blocks(large, 0, Settings.from_preset("normal"))
    goes_on = Settings.from_preset("normal", start="picture", coarsest=0)
    assert fit_blocks.in_blocks(large, 0, goes_on)
    assert not fit_blocks.in_blocks((700, 525), 1, Settings.from_preset("normal"))
    assert not fit_blocks.in_blocks(large, 1, Settings.from_preset("gatys"))
    adam = Settings.from_preset("normal", optimizer="adam")
    assert not fit_blocks.in_blocks(large, 1, adam)


def test_with_several_processes_blocks_are_small_enough_to_keep_them_busy() -> None:
    normal, picture = Settings.from_preset("normal"), (2000, 1500)

    def blocks(workers: int, *, is_lent: bool = False) -> int:
        plan = fit_blocks.plan_blocks(
            CPU, picture, [(500, 500)], 2**40, workers, normal, is_lent=is_lent
        )
        assert plan.block is not None
        return len(blocks_of(picture, plan.block))

    assert blocks(1) < blocks(2) < blocks(4)
    assert blocks(2, is_lent=True) <= blocks(2)


@pytest.mark.parametrize("layers", ["relu3_1,relu4_1", "relu4_1", "relu5_1", "relu5_4"])
def test_each_place_counts_in_a_block_whichever_layers_are_compared(layers: str) -> None:
    grey = Picture(np.broadcast_to(np.float32(0.5), (1400, 1800, 3)))
    settings = Settings.from_dict(
        {"size": 1800, "style_layers": layers, "device": "cpu", "protect": "nothing"}
    )
    plan = plan_run(Inputs(grey, [Style(grey)]), settings, masks=0)
    index = len(plan.scales) - 1
    compared = compared_layers.compared_layers(plan.scales, index, settings)
    blocks, sight = plan.blocks(index), columns.margins(compared).feature
    counted = torch.zeros(1, 1, 1400, 1800)
    for block in blocks:
        rows, across = block.window
        counted[..., rows, across] += block.seen(sight)
    assert len(blocks) > 1
    assert (counted > 0).all()


def test_wider_margins_take_more_memory() -> None:
    def needs(margin: int) -> int:
        normal, picture = Settings.from_preset("normal"), (4096, 512)
        styles = [(500, 500)]
        plan = fit_blocks.plan_blocks(CPU, picture, styles, 2**40, 1, normal, margin=margin)
        assert plan.block == (2048, 2048)
        return plan.needs

    # Each of the two blocks fills the height, and has a margin on one side.
    of_pixel = fit_blocks._WINDOW["bfloat16"] + 12 * 2 * fit_blocks._HISTORY
    assert needs(112) - needs(32) == (112 - 32) * 512 * of_pixel


def test_the_colours_of_the_paintings_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def needs() -> int:
        normal = Settings.from_preset("normal", orientations="turned")
        plan = fit_blocks.plan_blocks(CPU, (2000, 1500), [(1000, 700)], 2**40, 1, normal)
        return plan.needs

    counted = needs()
    monkeypatch.setattr(fit_blocks, "_STYLE", 0)
    # Three colours and how much is visible, four bytes each, of the painting, turned four ways.
    assert counted - needs() == 4 * 16 * 1000 * 700


def test_choosing_a_blocks_places_counts_as_two_evaluations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_blocks, "FROM_PIXELS", WIDTH * HEIGHT)
    settings = Settings.from_dict(
        {"size": WIDTH, "coarsest": 80, "evaluations": EVALUATIONS, "device": "cpu"}
    )
    plan = plan_run(INPUTS, settings)
    whole, in_blocks = plan.work_with_choosing
    assert whole == plan.work[0]
    assert in_blocks == plan.work[1] * (1 + 2 / OF_BLOCK)


def test_blocks_are_as_large_as_memory_allows_and_a_picture_without_room_is_refused() -> None:
    fine = Settings.from_preset("fine")

    def plan(budget: int) -> ScalePlan:
        return fit_blocks.plan_blocks(CPU, (6000, 4000), [(1000, 700)], budget, 1, fine)

    plenty = plan(2**40)
    less = plan(plenty.needs - 1)
    assert plenty.work < less.work
    assert less.needs < plenty.needs
    # What grows with the picture is the picture, with what it takes to resize it: not the maps.
    larger = fit_blocks.plan_blocks(CPU, (12000, 8000), [(1000, 700)], 2**40, 1, fine)
    assert larger.needs - plenty.needs < 72e6 * 70
    with pytest.raises(NstError, match="needs at least"):
        plan(10**9)
