"""nst_core.run.other_ranks: what a process that is not the leader does, and is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from torch import Tensor

from nst_contract.platforms import machine
from nst_contract.settings import Settings
from nst_core.blocks import known_styles, sizes
from nst_core.blocks.known_styles import KnownStyle
from nst_core.distributed.group_interface import Order, SingleProcess
from nst_core.distributed.process_group import TorchrunGroup
from nst_core.networks.threads import one_thread
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run import fit_blocks, other_ranks
from nst_core.run.coarse_to_fine import CoarseToFine
from nst_core.run.other_ranks import follow
from nst_core.run.pipeline import run_stylization
from nst_core.run.run_plan import plan_run
from tests.helpers.photographs import COFFEE, TISSUE, photograph

WIDTH, HEIGHT = 160, 128
INPUTS = Inputs(photograph(COFFEE, WIDTH, HEIGHT), [Style(photograph(TISSUE, 64, 48))])
BLOCK = 64


class Second(SingleProcess):
    """The second of two processes, whose leader gives some orders for the finer scale."""

    rank, size = 1, 2

    def __init__(self, *orders: Order) -> None:
        super().__init__(size_here=2)
        self.happened: list[str] = []
        self._orders = iter((*orders, Order.END))

    def receive_order(self) -> tuple[Order, int, bool]:
        self.happened.append("waited")
        return next(self._orders), 1, False


@pytest.fixture
def settings(network: Vgg, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two scales, of which the finer one counts as large."""
    monkeypatch.setattr(other_ranks, "load_networks", lambda *_: [network])
    monkeypatch.setattr(fit_blocks, "FROM_PIXELS", WIDTH * HEIGHT)
    monkeypatch.setattr(sizes, "SIDES", (BLOCK,))
    return Settings.from_dict(
        {"size": WIDTH, "coarsest": 80, "evaluations": 4, "device": "cpu", "precision": "float32"}
    )


def followed(settings: Settings, monkeypatch: pytest.MonkeyPatch, *orders: Order) -> list[str]:
    """Returns what happened, in its order."""
    second = Second(*orders)
    look = known_styles.look_to_choose

    def looked(network: Vgg, settings: Settings, image: Tensor) -> Any:
        second.happened.append("looked at the style")
        return look(network, settings, image)

    def painted(*arguments: Any) -> Sequence[KnownStyle]:
        known: Sequence[KnownStyle] = arguments[-1]
        second.happened.append(f"painted with {len(known)} style known")
        return known

    monkeypatch.setattr(known_styles, "look_to_choose", looked)
    monkeypatch.setattr(other_ranks, "_paint_blocks", painted)
    follow(INPUTS, settings, cast(TorchrunGroup, second))
    return second.happened


def test_styles_that_were_looked_at_ahead_are_known_when_blocks_are_painted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = Order.LOOK_AT_STYLES, Order.PAINT_BLOCKS
    assert followed(settings, monkeypatch, *orders) == [
        "waited",
        "looked at the style",
        "waited",
        "painted with 1 style known",
        "waited",
    ]


def test_without_that_order_nothing_is_looked_at_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert followed(settings, monkeypatch, Order.PAINT_BLOCKS) == [
        "waited",
        "painted with 0 style known",
        "waited",
    ]


class Leader(SingleProcess):
    """The leader of two processes, of which the other one only listens."""

    size = 2

    def __init__(self) -> None:
        super().__init__(size_here=2)
        self.orders: list[tuple[Order, int]] = []

    def send_order(self, order: Order, scale: int = 0, *_: object) -> None:
        self.orders.append((order, scale))


def led(
    settings: Settings, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Order, int]]:
    """Returns the orders, with their scales, of a run in which no block is painted."""

    def as_it_starts(
        _run: CoarseToFine, _index: int, _inputs: object, start: Tensor, *_: object
    ) -> Tensor:
        return start

    monkeypatch.setattr(CoarseToFine, "_paint_in_blocks", as_it_starts)
    leader = Leader()
    run_stylization(INPUTS, settings, networks=[network], group=leader)
    return leader.orders


def test_the_leader_has_styles_looked_at_while_it_paints_the_coarsest_scale(
    settings: Settings, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 1)  # so that blocks are shared: none can be lent
    assert led(settings, network, monkeypatch) == [
        (Order.LOOK_AT_STYLES, 1), (Order.BUILD, 0), (Order.END, 0)
    ]  # fmt: skip


def test_nothing_is_looked_at_for_blocks_that_the_leader_paints_alone(
    settings: Settings, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "SIDES", (WIDTH,))
    monkeypatch.setattr(machine, "cores", lambda: 2)
    with one_thread():  # so that the leader can borrow the other process's
        assert led(settings, network, monkeypatch) == [(Order.BUILD, 0), (Order.END, 0)]


def test_nothing_is_looked_at_by_processes_that_have_tiles_to_compute_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 1)
    leader = Leader()
    plan = plan_run(INPUTS, settings, leader)
    coarse, fine = plan.scale_plans
    assert plan.idle_until(0, leader) == 1
    tiled = replace(plan, scale_plans=[replace(coarse, tile=(64, 64)), fine])
    assert tiled.idle_until(0, leader) is None
    # A run that was interrupted after that scale.
    assert tiled.idle_until(1, leader) == 1
