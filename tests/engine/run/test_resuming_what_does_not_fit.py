"""A checkpoint that is whole, but whose state fits no run: our error, whatever is wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.settings import Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run import checkpoint
from nst_core.run.checkpoint import Checkpoint, Resumed
from nst_core.run.pipeline import run_stylization
from tests.helpers.photographs import COFFEE, TISSUE, photograph

INPUTS = Inputs(photograph(COFFEE, 32, 32), [Style(photograph(TISSUE, 32, 32))])
SETTINGS = {
    optimizer: Settings.from_preset(
        "gatys", size=32, coarsest=16, evaluations=8, device="cpu", precision="float32",
        optimizer=optimizer, style_layers="relu1_1", content_layers="relu1_1",
    )
    for optimizer in ("lbfgs", "adam")
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(network: Vgg, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Resumed]:
    """A good checkpoint for each optimiser."""
    folder = tmp_path_factory.mktemp("saved")
    for name, settings in SETTINGS.items():
        run_stylization(
            INPUTS, settings, networks=[network], checkpoint=Checkpoint(folder / name, 9)
        )
    return {name: checkpoint.load(folder / name) for name in SETTINGS}


def copied(resumed: Resumed) -> Resumed:
    """Returns a copy, since a run empties what it has taken up."""
    return replace(resumed, run=deepcopy(resumed.run), minimizer=deepcopy(resumed.minimizer))


def refused(resumed: Resumed, network: Vgg) -> str:
    with pytest.raises(NstError) as caught:
        run_stylization(INPUTS, resumed.settings, networks=[network], resumed=copied(resumed))
    assert caught.value.code == BAD_INPUT
    assert "from the beginning" in caught.value.advice
    return caught.value.message


def test_what_is_good_goes_on_and_takes_no_memory_twice(
    saved: dict[str, Resumed], network: Vgg
) -> None:
    for good in saved.values():
        resumed = copied(good)
        run_stylization(INPUTS, resumed.settings, networks=[network], resumed=resumed)
        assert (resumed.run, resumed.minimizer) == ({}, {})


def test_memory_that_is_short_by_now_is_told(saved: dict[str, Resumed], network: Vgg) -> None:
    good = copied(saved["lbfgs"])
    large = [replace(scale_plan, needs=2**50) for scale_plan in good.scale_plans]
    told: list[str] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Caution):
            told.append(event.message)

    resumed = replace(good, scale_plans=large)
    run_stylization(INPUTS, good.settings, listen, networks=[network], resumed=resumed)
    assert any("planned to take 1048576.00 GiB of memory" in message for message in told)


def test_what_the_checkpoint_itself_takes_is_counted(saved: dict[str, Resumed]) -> None:
    """The plan has its pairs, too, which lie in the checkpoint until they are taken up."""
    resumed = replace(
        saved["lbfgs"],
        run={"best": (torch.zeros(10), 1.0)},
        minimizer={"pairs": [torch.zeros(5), torch.zeros(5)], "name": "nonsense"},
        blocks={"picture": torch.zeros(3)},
    )
    assert resumed.held == 4 * (10 + 10 + 3)


def paths(values: Any) -> Iterator[tuple[Any, ...]]:
    """Yields the way to each entry of dictionaries within dictionaries."""
    for name, value in values.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, *rest) for rest in paths(value))


def changed(
    values: dict[str, Any], way: tuple[Any, ...], change: Callable[[dict[str, Any], Any], None]
) -> dict[str, Any]:
    """Returns a copy in which an entry was changed."""
    copy = dict(values)
    if len(way) == 1:
        change(copy, way[0])
    else:
        copy[way[0]] = changed(copy[way[0]], way[1:], change)
    return copy


def lose(values: dict[str, Any], name: str) -> None:
    del values[name]


def spoil(values: dict[str, Any], name: str) -> None:
    values[name] = "nonsense"


def shorten(values: dict[str, Any], name: str) -> None:
    values[name] = torch.zeros(2, 2)


@pytest.mark.parametrize("change", [lose, spoil, shorten])
@pytest.mark.parametrize("optimizer", list(SETTINGS))
@pytest.mark.parametrize("part", ["run", "minimizer"])
def test_missing_and_wrong_values_are_refused(
    part: str, optimizer: str, change: Callable[[dict[str, Any], Any], None],
    saved: dict[str, Resumed], network: Vgg,
) -> None:  # fmt: skip
    good = saved[optimizer]
    values: dict[str, Any] = getattr(good, part)
    accepted = []
    for way in paths(values):
        changes: dict[str, Any] = {part: changed(values, way, change)}
        resumed = replace(good, **changes)
        try:
            message = refused(resumed, network)
        except pytest.fail.Exception:
            accepted.append(".".join(map(str, way)))
            continue
        assert "does not fit" in message
    assert accepted == []


@pytest.mark.parametrize(
    "change",
    [
        {"scale": 7}, {"at_scale": 10_000}, {"scale": -1}, {"evaluations": 2.5}, {"scale": True},
        {"best": (torch.zeros(1, 3, 5, 5), 1.0)}, {"best": torch.zeros(3)},
    ],
    ids=str,
)  # fmt: skip
def test_a_place_that_no_run_was_at_is_refused(
    change: dict[str, Any], saved: dict[str, Resumed], network: Vgg
) -> None:
    good = saved["lbfgs"]
    assert "does not fit" in refused(replace(good, run={**good.run, **change}), network)


def test_other_scales_are_refused(saved: dict[str, Resumed], network: Vgg) -> None:
    good = saved["lbfgs"]
    assert "scales" in refused(replace(good, scale_plans=good.scale_plans[:1]), network)
