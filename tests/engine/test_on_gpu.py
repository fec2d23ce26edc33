"""What only a GPU can show: it paints what the processor paints, sooner and in its own memory.

These tests need CUDA and are skipped without it, as on the machines of the continuous tests. What
they found on an H100 is in docs/performance.md.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nst_contract.protocol.events import Ready
from nst_core.masks.regions import everywhere
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective import replayed
from nst_core.objective.replayed import Replayed
from nst_core.objective.whole import WholeObjective
from nst_core.optim.lbfgs import Lbfgs
from nst_core.pictures import picture_files
from nst_core.run import checkpoint
from nst_core.settings import Settings
from nst_core.stylize import stylize
from tests.engine.optim.test_lbfgs import Stub, picture, quadratic
from tests.helpers.photographs import ASTRONAUT, CAT, COFFEE, photograph, tensor
from tests.helpers.processes import REPOSITORY, environment

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
GPU = torch.device("cuda", 0)
NOTHING_PROTECTED = {"protect": "nothing"}


def network(weights: Weights, dtype: torch.dtype) -> Vgg:
    return Vgg(weights, GPU, dtype)


def pixels(name: str, side: int) -> Tensor:
    return tensor(photograph(name, side, side)).to(GPU)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("style_loss", ["neighbors", "gram", "moments", "wasserstein"])
def test_an_evaluation_that_is_replayed_is_the_same(
    vgg19_weights: Weights,
    style_loss: str,
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings.from_preset("normal", style_loss=style_loss, **NOTHING_PROTECTED)
    content, style = pixels(CAT, 160), pixels(COFFEE, 160)
    objective = WholeObjective(network(vgg19_weights, dtype), content, everywhere(style), settings)
    images = [content, style, content * 0.5, content]
    found = [objective.evaluate(image) for image in images]
    monkeypatch.setattr(replayed, "_MOST_PIXELS", 0)
    for image, once in zip(images, found, strict=True):
        again = objective.evaluate(image)
        # The order of a sum's parts may differ, and bfloat16 rounds on the way.
        assert once.loss == pytest.approx(again.loss, rel=1e-3)
        assert float((once.gradient - again.gradient).norm()) < 0.02 * float(again.gradient.norm())


def test_small_pictures_are_replayed_and_large_ones_are_not() -> None:
    for size, is_recorded in ((64, True), (1024, False)):
        function = Replayed(lambda image: (image.sum()[None], image * 2))
        for number in range(4):
            image = torch.full((1, 3, size, size), float(number), device=GPU)
            losses, gradient = function(image)
            assert float(losses[0]) == image.numel() * number
            assert torch.equal(gradient, image * 2)
        assert (function._graph is not None) is is_recorded


def test_what_waits_for_the_gpu_is_computed_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Replayed, "_can_record", True)  # as it is at the start; and then afterwards

    def waits(image: Tensor) -> tuple[Tensor, Tensor]:
        return image * float(image.sum()), image

    stream = torch.cuda.current_stream()
    function = Replayed(waits)
    for number in range(4):
        image = torch.full((1, 3, 16, 16), float(number), device=GPU)
        assert torch.equal(function(image)[0], image * float(image.sum()))
    assert torch.cuda.current_stream() == stream
    assert not Replayed._can_record


def test_lbfgs_makes_the_same_steps_there() -> None:
    minimum, curvature = picture(24, 20, seed=1), 1 + 9 * picture(24, 20, seed=2)
    here = Lbfgs(Stub(quadratic(minimum, curvature)), picture(24, 20), 5)
    there = Lbfgs(Stub(quadratic(minimum.to(GPU), curvature.to(GPU))), picture(24, 20).to(GPU), 5)
    for _ in range(12):
        expected, found = here.step(), there.step()
        torch.testing.assert_close(found.image.cpu(), expected.image, atol=1e-4, rtol=0)


@pytest.mark.parametrize("style_loss", ["neighbors", "gram"])
def test_it_paints_what_the_processor_paints(style_loss: str) -> None:
    content, style = photograph(ASTRONAUT, 160, 160), photograph(COFFEE, 160, 120)
    settings = Settings.from_preset(
        "draft", style_loss=style_loss, precision="float32", size=160, **NOTHING_PROTECTED
    )
    found = {
        device: stylize(content, [style], replace(settings, device=device))
        for device in ("cpu", "cuda")
    }
    assert found["cuda"].loss == pytest.approx(found["cpu"].loss, rel=0.1)
    difference = abs(found["cuda"].picture.rgb - found["cpu"].picture.rgb).mean()
    assert difference < 0.1


@pytest.mark.parametrize("size", [256, 512, 1400])
@pytest.mark.parametrize("style_loss", ["neighbors", "gram"])
def test_it_takes_no_more_memory_than_was_forecast(style_loss: str, size: int) -> None:
    events: list[object] = []
    settings = Settings.from_preset(
        "normal", style_loss=style_loss, size=size, evaluations=24, **NOTHING_PROTECTED
    )
    gc.collect()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    stylize(
        photograph(CAT, size, size * 3 // 4),
        [photograph(COFFEE, 512, 384)],
        settings,
        events.append,
    )
    (ready,) = [event for event in events if isinstance(event, Ready)]
    assert torch.cuda.max_memory_allocated() - before <= ready.needs


def test_what_an_evaluation_took_is_given_back_with_the_objective(vgg19_weights: Weights) -> None:
    of_network = network(vgg19_weights, torch.float32)
    content = pixels(CAT, 160)

    def evaluate() -> None:
        objective = WholeObjective(of_network, content, everywhere(content), Settings())
        for _ in range(3):
            objective.evaluate(content)

    evaluate()  # libraries take memory once
    gc.collect()
    before = torch.cuda.memory_allocated()
    gc.disable()
    try:
        evaluate()
        assert torch.cuda.memory_allocated() <= before + 2**20
    finally:
        gc.enable()


@pytest.mark.parametrize(("first", "then"), [("cpu", "cuda"), ("cuda", "cpu"), ("cuda", "cuda")])
def test_a_run_goes_on_on_another_device(tmp_path: Path, first: str, then: str) -> None:
    content, style = photograph(CAT, 128, 96), photograph(COFFEE, 128, 96)
    settings = Settings.from_preset(
        "gatys", size=128, evaluations=30, precision="float32", device=first
    )

    class Stop(Exception):
        pass

    def stop(event: object) -> None:
        if getattr(event, "evaluation", 0) == 20:
            raise Stop

    place = tmp_path / "run"
    with pytest.raises(Stop):
        stylize(content, [style], settings, stop, checkpoint=checkpoint.Checkpoint(place, 20))
    resumed = checkpoint.load(place)
    resumed = replace(resumed, settings=replace(resumed.settings, device=then))
    went_on = stylize(content, [style], settings, resumed=resumed)
    undisturbed = stylize(content, [style], settings)
    assert went_on.evaluations == 30
    assert went_on.loss == pytest.approx(undisturbed.loss, rel=0.1)


def test_two_processes_share_one_card(tmp_path: Path) -> None:
    for name, shown in (("content.png", CAT), ("style.png", COFFEE)):
        picture_files.write(photograph(shown, 700, 600), tmp_path / name)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *torchrun, "-m", "nst_core", "stylize", "content.png", "style.png",
         "--size", "700", "--evaluations", "12", "--protect", "nothing", "-o", "result.png"],
        cwd=tmp_path,
        env=environment()
        | {
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path[1:]]),
            "CUDA_VISIBLE_DEVICES": "0",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert picture_files.read(tmp_path / "result.png").width == 700


def test_nccl_carries_what_is_on_gpus() -> None:
    # One process for want of cards: what it sends to itself goes through NCCL all the same.
    script = """
import torch
from nst_core.distributed.group_interface import Order
from nst_core.distributed.process_group import TorchrunGroup
group = TorchrunGroup()
tensor = torch.arange(4.0, device="cuda")
group.all_reduce(tensor), group.broadcast(tensor), group.send_order(Order.BUILD, 3, True)
assert tensor.tolist() == [0, 1, 2, 3]
assert group.broadcast_value({"a": [1, None]}) == {"a": [1, None]}
assert torch.distributed.get_backend_config() == "cpu:gloo,cuda:nccl"
group.leave()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "WORLD_SIZE": "1", "RANK": "0", "LOCAL_WORLD_SIZE": "1",
             "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29411"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
