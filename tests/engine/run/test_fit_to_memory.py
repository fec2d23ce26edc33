"""The plan keeps to the budget, and is the fastest one that does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from nst_contract.errors import MEMORY
from nst_contract.platforms import machine
from nst_contract.settings import FULLY_PAINTED, Settings
from nst_core.networks import machine_memory
from nst_core.networks.device import Placement
from nst_core.run import fit_to_memory
from nst_core.run.fit_to_memory import GIB, ScalePlan, TooLarge, budget_for, plan_scale, with_room

CPU = Placement((torch.device("cpu"),), "float32")
MEGAPIXEL = (1024, 1024)
# One megapixel, whole and with 100 pairs, as documented in nst_core.run.fit_to_memory.
NEEDED = 750 * 10**6 + 1024 * 1024 * (3000 + 32 + 12 * 215)


GRAM = Settings.from_preset("normal", style_loss="gram")
NEIGHBORS = Settings.from_preset(
    "normal", style_loss="neighbors", strength=FULLY_PAINTED, protect="nothing"
)


def plan(size: tuple[int, int], budget: int) -> ScalePlan:
    return plan_scale(CPU, size, [(512, 512)], budget, settings=GRAM)


def test_what_fits_is_computed_whole_with_the_published_history() -> None:
    assert plan(MEGAPIXEL, NEEDED) == ScalePlan(tile=None, history=100, needs=NEEDED, work=1.0)


@pytest.mark.parametrize(
    ("most", "kept"), [(2**29, 2**29), (2**33, (1024 * 1024 * 3000 - 250 * 10**6) // 3)]
)
def test_what_a_process_keeps_of_freed_memory_counts(
    most: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "kept_memory", lambda: most)
    # At most a third of what an evaluation takes beyond a little, 3000 bytes a pixel.
    assert plan(MEGAPIXEL, 40 * GIB).needs == NEEDED + kept
    card = Placement((torch.device("cuda"),), "float32")
    on_card = plan_scale(card, MEGAPIXEL, [(512, 512)], 40 * GIB, settings=GRAM)
    assert on_card.needs == NEEDED


def test_what_only_just_does_not_fit_gets_a_shorter_history_rather_than_tiles() -> None:
    assert plan(MEGAPIXEL, NEEDED - 1).tile is None
    assert plan(MEGAPIXEL, NEEDED - 1).history == 50


def test_a_large_picture_is_computed_in_tiles_within_the_budget() -> None:
    chosen = plan((4000, 3000), 10 * GIB)
    assert chosen.tile is not None
    assert min(chosen.tile) >= 512
    assert chosen.needs <= 10 * GIB


@pytest.mark.parametrize("gib", [4, 6, 8, 12, 20, 40])
def test_more_memory_never_makes_it_slower_or_exceeds_the_budget(gib: int) -> None:
    less, more = (plan((2500, 2000), budget * GIB) for budget in (gib, 2 * gib))
    assert less.needs <= gib * GIB
    assert more.history >= less.history or more.work < less.work


def test_tiles_cost_what_they_compute_twice() -> None:
    # Worked out by hand: 4 tiles of 512 x 512 in 1024 x 1024, each with its margin on two sides.
    forward, both = (4 * (512 + margin) ** 2 / 1024**2 for margin in (80, 128))
    tiled = plan(MEGAPIXEL, 41 * 10**8)
    assert tiled.tile == (512, 512)
    assert tiled.work == pytest.approx(forward / 3 + both)


def test_two_workers_take_half_each_and_compute_it_once() -> None:
    shared = plan_scale(CPU, (2048, 1024), [(512, 512)], 40 * GIB, workers=2, settings=GRAM)
    assert shared.tile == (1024, 1024)
    assert shared.work == (1024 + 128) / 2048


def test_a_picture_too_small_to_share_is_not_shared() -> None:
    assert plan_scale(CPU, (128, 96), [(128, 128)], 40 * GIB, workers=2, settings=GRAM).tile is None


def test_a_large_style_counts_too() -> None:
    small, large = (
        plan_scale(CPU, (256, 256), [style], 2 * GIB, settings=GRAM)
        for style in ((256, 256), (4096, 4096))
    )
    assert small.tile is None
    assert large.tile is not None


def test_masks_count_too() -> None:
    # Worked out by hand: two more pictures, and a copy of the style layers' maps: 64, 128, 256,
    # 512 and 512 channels of float32 at 1, 1/2, 1/4, 1/8 and 1/16 of the sides.
    more = 2 * 12 + 4 * (64 + 128 / 4 + 256 / 16 + 512 / 64 + 512 / 256)
    masked = plan_scale(CPU, MEGAPIXEL, [(512, 512)], 40 * GIB, masks=2, settings=GRAM)
    assert masked.needs - NEEDED == 1024 * 1024 * more


def test_neighbors_keep_columns_of_the_styles_and_of_what_is_evaluated() -> None:
    # Worked out by hand: 64 + 128 + 256 + 512 numbers for 16 pixels are 240 bytes a pixel; twice
    # that while evaluating, once for the style. In place of relu4_2's maps, 32 bytes a pixel,
    # there is one byte of choice.
    matched = plan_scale(CPU, MEGAPIXEL, [(512, 512)], 40 * GIB, settings=NEIGHBORS)
    more = 1024 * 1024 * (2 * 240 - 32 + 1) + 512 * 512 * 240
    assert matched.needs - NEEDED == more


@pytest.mark.parametrize("values", [{"strength": 0.5}, {"protect": "subject"}])
def test_where_not_all_is_painted_neighbors_keep_what_each_place_is_to_look_like(
    values: dict[str, Any],
) -> None:
    full, weaker = (
        plan_scale(CPU, MEGAPIXEL, [(512, 512)], 40 * GIB, settings=settings).needs
        for settings in (NEIGHBORS, replace(NEIGHBORS, **values))
    )
    assert weaker - full == 1024 * 1024 * 240


def test_each_region_of_neighbors_has_columns_of_its_own() -> None:
    styles = [(512, 512)] * 2
    alone, both = (
        plan_scale(CPU, MEGAPIXEL, styles, 40 * GIB, settings=NEIGHBORS, masks=masks).needs
        for masks in (0, 2)
    )
    without = [
        plan_scale(CPU, MEGAPIXEL, styles, 40 * GIB, settings=GRAM, masks=masks).needs
        for masks in (0, 2)
    ]
    # The maps of relu5_1, 8 bytes a pixel, are not copied for them.
    assert (both - alone) - (without[1] - without[0]) == 1024 * 1024 * (2 * 240 + 1 - 8)


def test_matching_a_large_picture_takes_more_than_its_tiles() -> None:
    matched = plan_scale(CPU, (4000, 3000), [(2000, 2000)], 40 * GIB, settings=NEIGHBORS)
    kept = 12 * 10**6 * (24 * matched.history + 12 * 15 + 1) + 4 * 10**6 * 240
    least = kept + 240 * (3 * 12 + 2 * 4) * 10**6
    assert matched.tile is not None
    assert matched.needs > least


def test_bfloat16_needs_less() -> None:
    half = plan_scale(
        Placement(CPU.devices, "bfloat16"), MEGAPIXEL, [(512, 512)], NEEDED, settings=GRAM
    )
    assert half.needs < NEEDED


@pytest.mark.parametrize("budget", [10**6, 75 * 10**7, 10**9, 2 * GIB])
def test_what_never_fits_is_refused_with_the_least_that_it_needs(budget: int) -> None:
    with pytest.raises(TooLarge, match="may be used") as caught:
        plan((20000, 20000), budget)
    assert caught.value.code == MEMORY
    assert plan((20000, 20000), caught.value.least).needs == caught.value.least
    with pytest.raises(TooLarge):
        plan((20000, 20000), caught.value.least - 1)


def test_a_card_with_less_memory_than_is_planned_with_is_left_out_and_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cards = [torch.device("cuda", number) for number in range(3)]
    free = dict(zip(map(str, cards), (20 * GIB, 12 * GIB, GIB), strict=True))
    monkeypatch.setattr(fit_to_memory, "free_memory", lambda card: free[str(card)])
    placement = with_room(Placement(tuple(cards), "bfloat16"), 12 * GIB)
    assert placement.devices == tuple(cards[:2])
    assert placement.cautions == (
        "The device cuda:2 is not used: only 1.00 GiB of its memory are free.",
    )
    assert with_room(CPU, 10**15) is CPU


def test_the_budget_is_the_requested_one_or_a_share_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_to_memory, "free_memory", lambda _: 10 * GIB)
    monkeypatch.setattr(machine_memory, "most_within_limits", lambda: None)
    assert budget_for(CPU.device, 1.5) == 1.5 * GIB
    assert budget_for(CPU.device, 0) == 6 * GIB
    assert budget_for(CPU.device, 0, processes=2) == 3 * GIB


def test_no_more_is_planned_with_than_the_limits_of_the_process_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine_memory, "most_within_limits", lambda: 2 * GIB)
    assert budget_for(CPU.device, 8) == 2 * GIB
    assert budget_for(CPU.device, 8, processes=2) == GIB
    assert budget_for(CPU.device, 1) == GIB
    assert budget_for(torch.device("cuda"), 8) == 8 * GIB


def test_the_free_memory_of_a_cpu_is_the_machines() -> None:
    assert 0 < fit_to_memory.free_memory(torch.device("cpu")) < 2**50
