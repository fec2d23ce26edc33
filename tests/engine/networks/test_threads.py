"""nst_core.networks.threads: no more of them than the machine can run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from nst_contract.platforms import machine
from nst_contract.settings import Settings
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.threads import one_thread_for_tiny, times_as_many_threads, use_threads
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run.planning import plan_run
from tests.helpers.photographs import CAT, COFFEE, photograph


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 3)


@pytest.mark.usefixtures("three_cores")
@pytest.mark.parametrize(("asked", "used", "told"), [(1, 1, 0), (3, 3, 0), (4, 3, 1), (1024, 3, 1)])
def test_there_are_as_many_as_asked_for_and_no_more_than_can_run(
    asked: int, used: int, told: int
) -> None:
    cautions = use_threads(asked)
    assert torch.get_num_threads() == used
    assert len(cautions) == told
    assert all(f"threads is {asked}, but 3 can run" in caution.message for caution in cautions)


@pytest.mark.usefixtures("three_cores")
def test_none_asked_for_leaves_them_as_they_are() -> None:
    torch.set_num_threads(2)
    assert not use_threads(0)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("three_cores")
def test_the_plan_of_a_run_tells_it() -> None:
    inputs = Inputs(photograph(COFFEE, 64, 48), [Style(photograph(CAT, 64, 64))])
    plan = plan_run(inputs, Settings(threads=1024))
    assert any("threads is 1024" in caution.message for caution in plan.cautions)
    assert torch.get_num_threads() == 3
    assert not plan_run(inputs, Settings(threads=3)).cautions


def test_this_machine_can_run_some() -> None:
    assert machine.cores() >= 1


@pytest.mark.usefixtures("three_cores")
@pytest.mark.parametrize(("times", "meanwhile"), [(1, 1), (2, 2), (8, 3)])
def test_there_are_more_for_a_while_and_no_more_than_can_run(times: int, meanwhile: int) -> None:
    torch.set_num_threads(1)
    with times_as_many_threads(times):
        assert torch.get_num_threads() == meanwhile
    assert torch.get_num_threads() == 1


@pytest.mark.usefixtures("three_cores")
def test_there_are_never_fewer_for_a_while() -> None:
    torch.set_num_threads(4)
    with times_as_many_threads(2):
        assert torch.get_num_threads() == 4


@pytest.mark.parametrize(("pixels", "meanwhile"), [(128 * 64, 1), (129 * 64, 2)])
def test_what_winograds_way_computes_of_a_tiny_picture_takes_one_thread(
    pixels: int, meanwhile: int, network: Vgg
) -> None:
    torch.set_num_threads(2)
    with one_thread_for_tiny(pixels, network.rounded_alike(True)):
        assert torch.get_num_threads() == meanwhile
    assert torch.get_num_threads() == 2


def test_what_keeps_its_bits_is_computed_with_as_many_threads_as_ever(network: Vgg) -> None:
    torch.set_num_threads(2)
    with one_thread_for_tiny(1, network.rounded_alike(False)):
        assert torch.get_num_threads() == 2


def test_what_is_convolved_directly_takes_all_threads(
    vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.networks.vgg.multiplies_bfloat16_fast", lambda _: True)
    direct = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16).rounded_alike(True)
    torch.set_num_threads(2)
    with one_thread_for_tiny(1, direct):
        assert torch.get_num_threads() == 2
