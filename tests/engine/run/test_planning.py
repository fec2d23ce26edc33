"""nst_core.run.planning and forecast: what is planned before a run, and what is announced."""

from __future__ import annotations

import itertools
import re
import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.errors import MEMORY, Cancelled, NstError
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.protocol.requests import Command
from nst_contract.settings import Settings
from nst_core.distributed.group_interface import SingleProcess
from nst_core.neighbors import matching
from nst_core.networks import machine_memory
from nst_core.networks.device import Placement
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run import checkpoint, fit_to_memory, planning, scale_plans
from nst_core.run import forecast as forecasting
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.fit_to_memory import GIB, TooLarge
from nst_core.run.forecast import forecast
from nst_core.run.pipeline import run_stylization
from nst_core.run.planning import plan_run
from tests.helpers.photographs import COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 32, 32)
INPUTS = Inputs(CONTENT, [Style(STYLE)])
GRAM = Settings.from_preset("normal", style_loss="gram")
CPU = torch.device("cpu")
# Two placements with different memory forecasts for the same picture.
CARD, PROCESSOR = Placement((CPU,), "float32", ("slow",)), Placement((CPU,), "bfloat16")


@pytest.fixture
def two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "placements", lambda *_: [CARD, PROCESSOR])


@pytest.mark.usefixtures("two_places")
def test_the_first_device_with_enough_memory_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = Inputs(photograph(COFFEE, 512, 512), [Style(STYLE)])
    assert plan_run(inputs, GRAM).placement == CARD
    # Between 1.36 GB, the least that the second needs, and the first one's 1.48 GB.
    monkeypatch.setattr(
        fit_to_memory, "free_memory", lambda _: int(1.42 * 10**9 / fit_to_memory.SHARE)
    )
    placement = plan_run(inputs, GRAM).placement
    assert placement.precision == "bfloat16"
    assert any("is not used: This picture needs" in caution for caution in placement.cautions)


@pytest.mark.parametrize("orientations", ["upright", "mirrored"])
@pytest.mark.parametrize("memory", [1.2, 1.4, 1.6, 2.0, 2.4])
def test_what_does_not_fit_is_refused_with_the_memory_and_the_size_that_do(
    memory: float, orientations: str
) -> None:
    inputs = Inputs(photograph(COFFEE, 1600, 1200), [Style(photograph(TISSUE, 1280, 960))])
    fine = Settings.from_preset("fine", device="cpu", precision="float32", memory=memory)
    settings = replace(fine, orientations=orientations)
    with pytest.raises(TooLarge) as caught:
        plan_run(inputs, settings)
    (size,) = map(int, re.findall(r"Choose a size of (\d+) pixels", caught.value.advice))
    assert plan_run(inputs, replace(settings, size=size)).needs <= memory * GIB
    enough = (caught.value.least + 1) / GIB
    assert plan_run(inputs, replace(settings, memory=enough)).needs == caught.value.least


@pytest.mark.parametrize("memory", [0.77, 0.8])
def test_where_no_size_helps_none_is_advised(memory: float) -> None:
    inputs = Inputs(photograph(COFFEE, 1024, 768), [Style(photograph(TISSUE, 1280, 960))])
    settings = Settings(device="cpu", precision="float32", memory=memory)
    with pytest.raises(TooLarge, match="allow more memory"):
        plan_run(inputs, settings)


@pytest.mark.usefixtures("two_places")
def test_a_run_is_refused_if_no_device_has_enough_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_to_memory, "free_memory", lambda _: 10**8)
    with pytest.raises(NstError) as caught:
        plan_run(INPUTS, Settings())
    assert caught.value.code == MEMORY


def test_a_run_that_switches_to_float32_is_planned_again_within_the_same_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning, "placements", lambda *_: [PROCESSOR])
    content = photograph(COFFEE, 512, 512)
    before = plan_run(Inputs(content, [Style(STYLE)]), replace(GRAM, coarsest=0, memory=2.0))
    after = before.in_float32(SingleProcess())
    assert after.placement.precision == "float32"
    assert before.scale_plans[0].history == 100
    assert after.scale_plans[0].history == 50
    assert after.scale_plans[0].needs <= before.budget == after.budget


def test_there_are_as_many_threads_as_requested() -> None:
    before = torch.get_num_threads()
    try:
        plan_run(INPUTS, Settings(threads=1))
        assert torch.get_num_threads() == 1
        plan_run(INPUTS, Settings())
        assert torch.get_num_threads() == 1  # 0 leaves it as it is
    finally:
        torch.set_num_threads(before)


def test_a_budget_beyond_the_limits_of_the_process_is_pointed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine_memory, "most_within_limits", lambda: 3 * GIB)
    asked = replace(GRAM, size=64, memory=8.0, device="cpu")
    plan = plan_run(INPUTS, asked)
    assert plan.budget == 3 * GIB
    assert any("memory is 8 GiB, but" in caution for caution in plan.placement.cautions)
    within = plan_run(INPUTS, replace(asked, memory=2.0))
    assert not any("GiB" in caution for caution in within.placement.cautions)


@pytest.mark.parametrize("how", ["mask", "style mask", "alpha"])
def test_coarse_scales_that_show_nothing_of_what_is_painted_are_left_out(how: str) -> None:
    """Of 85 rows, the network sees 80 at relu4_1: what is below is painted at finer scales."""
    content = photograph(COFFEE, 1000, 667)
    lowest = np.zeros((667, 1000), np.float32)
    lowest[-37:] = 1
    inputs = Inputs(content, [Style(STYLE)])
    if how == "mask":
        inputs = replace(inputs, mask=lowest)
    elif how == "alpha":
        inputs = replace(inputs, content=replace(content, alpha=lowest))
    else:
        inputs = replace(inputs, styles=[Style(STYLE, mask=lowest)])
    settings = Settings(device="cpu", precision="float32", memory=4.0)
    plan = plan_run(inputs, settings)
    assert [scale.content for scale in plan.scales] == [(253, 169), (503, 336), (1000, 667)]
    assert plan.scales[0].evaluations == settings.evaluations
    for number in range(len(plan.scales)):
        assert plan.inputs_at(number).regions
    lowest[...] = 1
    assert len(plan_run(inputs, settings).scales) == 5


def test_the_forecast_is_the_work_of_all_scales_at_the_speed_of_this_machine(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(
        GRAM, size=64, coarsest=32, evaluations=12, memory=2.0, device="cpu", precision="float32"
    )
    monkeypatch.setattr(forecasting, "seconds_per_pixel", lambda *_: 0.001)
    ready = forecast(plan_run(INPUTS, settings), network, "1.2.3")
    # By hand: 12 evaluations of 32 x 24, 10 of 64 x 48; content and style are computed once per
    # scale, only forwards, which is a third of the work.
    once = (32 * 24 + 32 * 32 + 64 * 48 + 64 * 64) / 3
    pixels = 12 * 32 * 24 + 10 * 64 * 48 + once
    assert ready.seconds == pytest.approx(pixels * 0.001, abs=0.06)
    assert (ready.version, ready.weights) == ("1.2.3", network.name)
    assert ready.budget == 2 * GIB
    assert [scale["history"] for scale in ready.plan] == [100, 100]


def test_the_forecast_of_neighbors_counts_the_comparing_of_places(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.from_dict(
        {"style_loss": "neighbors", "size": 64, "coarsest": 32, "evaluations": 12, "memory": 2.0,
         "device": "cpu", "precision": "float32"}
    )  # fmt: skip
    monkeypatch.setattr(forecasting, "seconds_per_pixel", lambda *_: 0.001)
    ready = forecast(plan_run(INPUTS, settings), network, "1.2.3")
    # By hand, as above, but for 1.35 of an evaluation, two looks, and pairs of places: of as few as
    # these, in all 960 numbers; of more, these are brought to 128 first. The style is never
    # enlarged, and five eighths of 12 would be less than a finer scale gets at least.
    looks = 2 * (32 * 24 + 32 * 32 + 64 * 48 + 32 * 32) / 3
    pairs = 8 * 6 * 8 * 8 + 16 * 12 * 8 * 8
    pixels = 1.35 * (12 * 32 * 24 + 8 * 64 * 48) + looks
    assert ready.seconds == pytest.approx((pixels + pairs * 960 / 330_000) * 0.001, abs=0.06)
    monkeypatch.setattr(matching, "FEW", 0)
    ready = forecast(plan_run(INPUTS, settings), network, "1.2.3")
    pixels += ((8 * 6 + 8 * 8 + 16 * 12 + 8 * 8) * 960 + pairs) * 128 / 330_000
    assert ready.seconds == pytest.approx(pixels * 0.001, abs=0.06)


def test_the_forecast_of_a_resumed_run_is_of_what_is_left(
    network: Vgg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = replace(
        GRAM, size=64, coarsest=32, evaluations=12, device="cpu", precision="float32"
    )
    monkeypatch.setattr(forecasting, "seconds_per_pixel", lambda *_: 0.001)
    announced: list[float] = []

    def run(command: Command | None, **more: Any) -> None:
        def listen(event: Ready | Progress | Caution) -> Command | None:
            if isinstance(event, Ready):
                announced.append(event.seconds)
            # Of 12 and 10 evaluations, half of the second scale's are left.
            return command if isinstance(event, Progress) and event.evaluation == 17 else None

        run_stylization(INPUTS, settings, listen, networks=[network], **more)

    with pytest.raises(Cancelled):
        run(Command.CANCEL, checkpoint=Checkpoint(tmp_path / "run", every=1))
    run(Command.FINISH, resumed=checkpoint.load(tmp_path / "run"))
    _, left = announced
    pixels = 5 * 64 * 48 + (64 * 48 + 64 * 64) / 3 / 2
    assert left == pytest.approx(pixels * 0.001, abs=0.06)


def test_the_speed_is_measured_on_the_second_evaluation(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one also includes what torch prepares only once."""
    clock = itertools.count(step=4.0)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(forecasting, "_PACES", weakref.WeakKeyDictionary())
    assert forecasting.seconds_per_pixel(network, GRAM) == 4.0 / 128**2
    assert forecasting.seconds_per_pixel(network, GRAM) == 4.0 / 128**2  # not measured again


@pytest.mark.parametrize(
    ("settings", "deepest"),
    [
        (Settings(), "relu4_1"),
        (GRAM, "relu5_1"),
        (replace(GRAM, style_layers="relu1_1", content_layers="relu2_2"), "relu2_2"),
        (Settings(style_layers="relu1_1,relu3_1"), "relu3_1"),
    ],
)
def test_the_speed_is_measured_without_layers_that_the_run_does_not_look_at(
    settings: Settings, deepest: str, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deeper ones would take time and memory to make them ready."""
    asked: set[str] = set()
    compute = Vgg.features

    def features(self: Vgg, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        asked.update(wanted := [*layers])
        return compute(self, image, wanted)

    monkeypatch.setattr(Vgg, "features", features)
    monkeypatch.setattr(forecasting, "_PACES", weakref.WeakKeyDictionary())
    forecasting.seconds_per_pixel(network, settings)
    assert max(asked, key=network.layers.index) == deepest


class Group(SingleProcess):
    """The first of several processes, all of which share a picture."""

    def __init__(self, size: int, size_here: int) -> None:
        super().__init__(size_here)
        self.size = size


@pytest.mark.parametrize(
    ("size_here", "memory", "is_whole"), [(2, 8.0, True), (1, 8.0, False), (2, 1.6, False)]
)
def test_a_scale_is_cut_into_tiles_unless_one_process_has_the_threads_of_all(
    size_here: int, memory: float, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "placements", lambda *_: [PROCESSOR])
    # As many cores as there are threads of both.
    monkeypatch.setattr(scale_plans, "may_be_times_as_many", lambda times: times == 2)
    inputs = Inputs(photograph(COFFEE, 1200, 480), [Style(STYLE)])
    settings = replace(GRAM, size=1200, coarsest=0, memory=memory)
    (alone,) = plan_run(inputs, replace(settings, memory=8.0)).scale_plans
    (plan,) = plan_run(inputs, settings, Group(2, size_here)).scale_plans
    assert (plan.tile is None) is is_whole
    if is_whole:
        assert plan.work == alone.work / 2
