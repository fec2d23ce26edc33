"""nst_core.networks.device: where to compute, and in which number format."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from nst_core.networks import device as module
from nst_core.networks.device import choose_device, multiplies_bfloat16_fast, placements


@pytest.fixture
def only_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.xpu, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.mps, "is_available", lambda: False)


def set_capabilities(monkeypatch: pytest.MonkeyPatch, **capabilities: Any) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [
        ({}, False),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, True),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": False}, False),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True}, False),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, True),
    ],
)
def test_bfloat16_is_fast_on_cpus_that_multiply_it(
    capabilities: dict[str, Any], fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_capabilities(monkeypatch, **capabilities)
    assert multiplies_bfloat16_fast("cpu") is fast


@pytest.mark.parametrize(("generation", "fast"), [(7, False), (8, True), (9, True)])
def test_bfloat16_is_fast_on_gpus_since_ampere(
    generation: int, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (generation, 0))
    assert multiplies_bfloat16_fast("cuda") is fast


@pytest.mark.usefixtures("only_a_cpu")
@pytest.mark.parametrize(
    ("precision", "fast", "chosen", "cautions"),
    [
        ("auto", True, "bfloat16", 0),
        ("auto", False, "float32", 0),
        ("float32", True, "float32", 0),
        ("bfloat16", True, "bfloat16", 0),
        ("bfloat16", False, "bfloat16", 1),
    ],
)
def test_the_requested_precision_is_used_with_a_caution_if_it_is_slow(
    precision: str, fast: bool, chosen: str, cautions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_capabilities(monkeypatch, amx_bf16=fast)
    placement = choose_device("cpu", precision)
    assert placement.precision == chosen
    assert placement.dtype == {"bfloat16": torch.bfloat16, "float32": torch.float32}[chosen]
    assert len(placement.cautions) == cautions


@pytest.mark.usefixtures("only_a_cpu")
@pytest.mark.parametrize("wanted", ["auto", "cpu"])
def test_a_machine_without_accelerator_computes_on_its_cpu(wanted: str) -> None:
    placement = choose_device(wanted)
    assert placement.device == torch.device("cpu")
    assert placement.cautions == ()


@pytest.mark.usefixtures("only_a_cpu")
@pytest.mark.parametrize("wanted", ["cuda", "mps", "xpu"])
def test_a_missing_device_is_replaced_but_never_silently(wanted: str) -> None:
    placement = choose_device(wanted)
    assert placement.device == torch.device("cpu")
    assert f"{wanted} is not available here; computing on cpu" in placement.cautions[0]


# Accelerators, which the test machines lack, so their answers are faked.


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """Two GPUs, the second with more free memory; returns the ones that were tried."""
    tried: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.xpu, "is_available", lambda: False)
    monkeypatch.setattr(torch.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda n: ((4, 8)[n], 8))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(module, "try_out", tried.append)
    return tried


@pytest.mark.usefixtures("two_gpus")
def test_an_accelerator_is_preferred_and_can_be_declined() -> None:
    assert choose_device("auto").precision == "bfloat16"
    assert choose_device("cpu").device == torch.device("cpu")
    assert [place.device.type for place in placements()] == ["cuda", "cpu"]


@pytest.mark.usefixtures("two_gpus")
def test_all_gpus_take_part_the_one_with_the_most_memory_first() -> None:
    expected = (torch.device("cuda", 1), torch.device("cuda", 0))
    assert choose_device("auto").devices == choose_device("cuda").devices == expected
    assert choose_device("cuda:0").devices == (torch.device("cuda", 0),)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(("broken", "left"), [("cuda:0", "cuda:1"), ("cuda:1", "cuda:0")])
def test_a_gpu_that_does_not_start_is_left_out_and_said_so(
    broken: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_out(device: torch.device) -> None:
        if str(device) == broken:
            raise RuntimeError("no kernel image")

    monkeypatch.setattr(module, "try_out", try_out)
    first = placements()[0]
    assert [str(each) for each in first.devices] == [left]
    (caution,) = first.cautions
    assert caution == f"The device {broken} does not start (no kernel image); it is not used."


@pytest.mark.usefixtures("two_gpus")
def test_gpus_that_do_not_say_what_memory_they_have_are_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(_number: int) -> tuple[int, int]:
        raise RuntimeError("all devices are busy or unavailable")

    monkeypatch.setattr(torch.cuda, "mem_get_info", busy)
    placement = choose_device("auto")
    assert placement.device == torch.device("cpu")
    assert "cuda does not start (all devices are busy or unavailable)" in placement.cautions[0]


@pytest.mark.usefixtures("two_gpus")
def test_a_missing_gpu_is_replaced_with_one_that_is_there() -> None:
    placement = choose_device("cuda:2")
    assert placement.device.type == "cuda"
    assert "cuda:2 is not available here; computing on cuda" in placement.cautions[0]


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_device_that_does_not_start_is_replaced_and_its_error_is_reported(
    wanted: str, two_gpus: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(device: torch.device) -> None:
        two_gpus.append(device)
        raise RuntimeError("no kernel image is available\nCompile with ...")

    monkeypatch.setattr(module, "try_out", fail)
    placement = choose_device(wanted)
    assert two_gpus
    assert placement.device == torch.device("cpu")
    assert placement.cautions == (
        "The device cuda does not start (no kernel image is available); computing on cpu.",
    )


def test_a_device_is_tried_by_computing_on_it() -> None:
    module.try_out(torch.device("cpu"))
