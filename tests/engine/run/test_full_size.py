"""nst_core.run.full_size: pictures in their own size are part of a run's memory."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from nst_contract.errors import MEMORY, NstError
from nst_contract.settings import Settings
from nst_core.networks.device import Placement
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from nst_core.run import forecast as forecasting
from nst_core.run import full_size, planning
from nst_core.run.fit_to_memory import PROCESS_BYTES
from nst_core.run.forecast import estimate
from nst_core.run.planning import plan_run

SETTINGS = Settings.from_preset("draft", size=64, device="cpu", memory=8.0)
CPU = Placement((torch.device("cpu"),), "float32")


def blank(width: int, height: int, *, alpha: bool = False) -> Picture:
    """A picture that takes up no memory here, and counts as if it did."""
    rgb = np.broadcast_to(np.float32(0.5), (height, width, 3))
    return Picture(rgb, rgb[..., 0] if alpha else None)


def inputs(width: int, height: int) -> Inputs:
    return Inputs(blank(width, height), [Style(blank(100, 100))])


def test_all_pictures_and_masks_are_counted() -> None:
    content = blank(200, 100, alpha=True)
    mask = content.rgb[..., 0]
    styles = [Style(blank(10, 10), mask=mask), Style(blank(20, 10, alpha=True))]
    everything = Inputs(content, styles, mask, blank(30, 10), mask)
    samples = 200 * 100 * 4 + 10 * 10 * 3 + 20 * 10 * 4 + 30 * 10 * 3 + 3 * 200 * 100
    assert full_size.kept(everything) == 4 * samples
    # Masks of which only the number is known are as large as the content.
    assert full_size.kept(everything, masks=7) == 4 * (samples + 2 * 200 * 100)


def test_a_large_photograph_counts_although_it_is_painted_small() -> None:
    # 102 megapixels: the content, and 37 bytes a pixel to finish the result.
    plan = plan_run(inputs(11648, 8736), SETTINGS)
    least = PROCESS_BYTES + 11648 * 8736 * (12 + 37)
    assert least <= plan.needs < least + 10**6
    small = plan_run(inputs(200, 150), SETTINGS)
    assert small.needs < 1.2 * 10**9


@pytest.mark.parametrize("color", ["style", "luminance", "linear", "histogram"])
def test_keeping_the_photographs_colors_takes_no_less(color: str) -> None:
    needs = full_size.finishing(inputs(4000, 3000), replace(SETTINGS, color=color))
    assert needs >= full_size.finishing(inputs(4000, 3000), SETTINGS)


def test_what_cannot_be_finished_is_refused_before_it_is_painted() -> None:
    with pytest.raises(NstError) as caught:
        plan_run(inputs(11648, 8736), replace(SETTINGS, memory=1.0))
    assert caught.value.code == MEMORY
    assert "11648 x 8736" in caught.value.message
    assert "only 1.00 GiB" in caught.value.message
    assert "smaller copy" in caught.value.advice


def test_a_card_of_its_own_memory_is_not_charged_for_the_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = Placement((torch.device("cuda"),), "float32")
    needs = {}
    for placement in (card, CPU):
        monkeypatch.setattr(planning, "placements", lambda *_, found=placement: [found])
        needs[placement.device.type] = plan_run(inputs(4000, 3000), SETTINGS).needs
    assert needs["cuda"] < 1.2 * 10**9 < needs["cpu"]


def test_the_worker_forecasts_it_before_there_are_any_pixels(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasting, "seconds_per_pixel", lambda *_: 0.001)
    asked = replace(SETTINGS, precision="float32")
    ready, _ = estimate((11648, 8736), [(100, 100)], asked, [network])
    assert ready.needs > 11648 * 8736 * 49
    with pytest.raises(NstError, match="11648 x 8736"):
        estimate((11648, 8736), [(100, 100)], replace(asked, memory=1.0), [network])


# Networks ----------------------------------------------------------------------------------------


def test_networks_that_are_no_longer_needed_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before others are loaded: two or three at once take more than is forecast."""
    alive: list[weakref.ref[Vgg]] = []

    def load(placement: Placement, settings: Settings) -> tuple[Vgg, ...]:
        gc.collect()
        assert all(reference() is None for reference in alive)
        made = Vgg.__new__(Vgg)
        made.name, made.choice = "some", settings.weights
        made.device, made.dtype, made.pooling = placement.device, placement.dtype, "max"
        alive.append(weakref.ref(made))
        return (made,)

    monkeypatch.setattr("nst_core.networks.loading.load_networks", load)
    monkeypatch.setattr(forecasting, "_measured", lambda *_: 0.001)
    networks: object = []
    for precision in ("float32", "bfloat16", "float32", "bfloat16"):
        asked = replace(SETTINGS, precision=precision)
        _, networks = estimate((200, 150), [(100, 100)], asked, networks)  # type: ignore[arg-type]
    assert len(alive) == 4
