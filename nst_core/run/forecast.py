"""What a run will take, told before it begins: memory from the plan, time from a trial."""

from __future__ import annotations

import functools
import time

import torch

from nst_contract.protocol.events import Ready
from nst_contract.settings import Settings
from nst_core.masks.regions import everywhere
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import WholeObjective
from nst_core.run.plan import RunPlan

# Side of the picture that is evaluated to learn the machine's speed: large enough to keep all of
# a processor busy, small enough to be done at once.
_TRIAL_SIDE = {"cpu": 128}
_TRIAL_SIDE_OF_ACCELERATORS = 512
# Of the work of an evaluation, a third is the forward pass, which is all that a style takes.
_FORWARD = 1 / 3


def forecast(scene: RunPlan, network: Vgg, version: str) -> Ready:
    """Returns the event that tells of a planned run.

    Args:
        scene: the run.
        network: as loaded for it; a small picture is evaluated on it.
        version: of the engine.
    """
    plan = [
        {
            "width": scale.content[0],
            "height": scale.content[1],
            "evaluations": scale.evaluations,
            "tile": plan.tile,
            "history": plan.history,
        }
        for scale, plan in zip(scene.scales, scene.plans, strict=True)
    ]
    return Ready(
        version=version,
        weights=network.name,
        device=", ".join(map(str, scene.placement.devices)),
        precision=scene.placement.precision,
        needs=max(plan.needs for plan in scene.plans),
        budget=scene.budget,
        plan=plan,
        seconds=round(_pixels(scene) * seconds_per_pixel(network), 1),
    )


@functools.lru_cache(maxsize=4)
def seconds_per_pixel(network: Vgg) -> float:
    """Measures how long an evaluation takes on this machine, now, per pixel of the picture."""
    side = _TRIAL_SIDE.get(network.device.type, _TRIAL_SIDE_OF_ACCELERATORS)
    grey = torch.full((1, 3, side, side), 0.5, device=network.device)
    objective = WholeObjective(network, grey, everywhere(grey), Settings())
    objective.evaluate(grey)  # the first time, torch chooses and prepares its kernels
    started = time.perf_counter()
    objective.evaluate(grey)  # returns numbers, so an accelerator has ended when it returns
    return (time.perf_counter() - started) / side**2


def _pixels(scene: RunPlan) -> float:
    """Returns how many pixels are evaluated in the whole run, forward and back."""
    total = 0.0
    for scale, plan in zip(scene.scales, scene.plans, strict=True):
        width, height = scale.content
        total += scale.evaluations * plan.work * width * height
        total += _FORWARD * sum(w * h for w, h in (scale.content, *scale.styles))
    return total
