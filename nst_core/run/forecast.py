"""What a run will need, known before it begins: memory from the plan, time from a trial."""

from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from nst_contract import __version__
from nst_contract.protocol.events import Ready
from nst_contract.settings import NEIGHBORS, Settings
from nst_contract.vgg_layers import channels
from nst_core.masks.regions import everywhere
from nst_core.neighbors.columns import PLACE
from nst_core.neighbors.matching import MOST_PAIRS, directions_compared
from nst_core.neighbors.orientations import ORIENTATIONS
from nst_core.networks.loading import networks_for
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import WholeObjective
from nst_core.pictures.inputs import Inputs, Style, check_count
from nst_core.pictures.picture import Picture, Size
from nst_core.run.planning import plan_run
from nst_core.run.run_plan import RunPlan
from nst_core.scales.scale_sizes import Scale

# Side of the picture that is evaluated to measure the machine's speed: large enough to keep all of
# a processor busy, small enough to be done in a moment.
_TRIAL_SIDE = {"cpu": 128}
_TRIAL_SIDE_OF_ACCELERATORS = 512
_TRIAL_LOSS = "gram"
# The forward pass is a third of an evaluation's work, and all that a style needs.
_FORWARD = 1 / 3
# An evaluation of neighbours over one of the trial's, as whole runs have it: there are columns
# beside the maps, and tiny pictures take longer for each pixel.
_OF_NEIGHBORS = 1.35
# Products of two numbers that are computed in the time in which the trial evaluates a pixel: two
# thirds of the 500 000 (bfloat16; 400 000 in float32) that were measured beside all layers.
_PRODUCTS = 330_000
# What was measured of the networks that are still in use, by the layers that were looked at.
_PACES: weakref.WeakKeyDictionary[Vgg, dict[frozenset[str], float]] = weakref.WeakKeyDictionary()


def forecast(
    plan: RunPlan, network: Vgg, version: str, left: Sequence[float] | None = None
) -> Ready:
    """Returns the event that announces a planned run.

    Args:
        plan: of the run.
        network: loaded for the run; a small picture is evaluated on it.
        version: of the engine.
        left: how much of each scale is still to be painted, 0..1; None: all.
    """
    scales = [
        {
            "width": scale.content[0],
            "height": scale.content[1],
            "evaluations": scale.evaluations,
            "tile": scale_plan.tile,
            "block": scale_plan.block,
            "history": scale_plan.history,
        }
        for scale, scale_plan in zip(plan.scales, plan.scale_plans, strict=True)
    ]
    return Ready(
        version=version,
        weights=network.name,
        device=", ".join(map(str, plan.placement.devices)),
        precision=plan.placement.precision,
        needs=plan.needs,
        budget=plan.budget,
        plan=scales,
        seconds=round(_pixels(plan, left) * seconds_per_pixel(network, plan.settings), 1),
    )


def estimate(
    content: Size,
    styles: Sequence[Size],
    settings: Settings,
    networks: Sequence[Vgg] = (),
    masks: int = 0,
    style_scales: Sequence[float] = (),
) -> tuple[Ready, Sequence[Vgg]]:
    """Plans a run of pictures of which only the sizes are known.

    Args:
        content, styles: width and height, in pixels.
        settings: how it would be painted.
        networks: as for :func:`nst_core.run.pipeline.run_stylization`.
        masks: how many there will be; an alpha channel counts as one too.
        style_scales: of each style, times that of the settings; 1 if none are given.

    Returns:
        What that run would announce at its start, and the networks it would use, to be passed to
        the next estimate.

    Raises:
        NstError: as that run would.
    """
    check_count(styles)
    threads = torch.get_num_threads()
    try:
        scales = style_scales or [1.0] * len(styles)
        inputs = Inputs(
            _blank(content),
            [Style(_blank(size), scale=scale) for size, scale in zip(styles, scales, strict=True)],
        )
        plan = plan_run(inputs, settings, masks=masks)
        networks = networks_for(plan.placement, settings, networks)
        return forecast(plan, networks[0], __version__), networks
    finally:
        # Another run may follow, with other settings.
        torch.set_num_threads(threads)


def seconds_per_pixel(network: Vgg, settings: Settings) -> float:
    """Returns how long an evaluation takes on this machine, per pixel of the picture.

    It is measured once for each network and the layers that it computes, and none is kept for it:
    two or three would take as much memory as all else before a run.

    Args:
        network: computes the feature maps.
        settings: of the run. Deeper layers than it looks at are left alone: to make them ready
            takes half a second and 150 MB in float32.
    """
    # Neighbours look at no layers of the content's.
    is_neighbors = settings.style_loss == NEIGHBORS
    content_layers = settings.style_layers if is_neighbors else settings.content_layers
    trial = replace(settings, style_loss=_TRIAL_LOSS, content_layers=content_layers)
    layers = frozenset((*trial.content_layer_weights, *trial.style_layer_weights))
    paces = _PACES.setdefault(network, {})
    if layers not in paces:
        paces[layers] = _measured(network, trial)
    return paces[layers]


def _measured(network: Vgg, settings: Settings) -> float:
    side = _TRIAL_SIDE.get(network.device.type, _TRIAL_SIDE_OF_ACCELERATORS)
    grey = torch.full((1, 3, side, side), 0.5, device=network.device)
    objective = WholeObjective(network, grey, everywhere(grey), settings)
    objective.evaluate(grey)  # the first time, torch chooses and prepares its kernels
    if network.device.type != "cpu":
        objective.evaluate(grey)  # the second time, a GPU's work is recorded
    started = time.perf_counter()
    objective.evaluate(grey)  # returns numbers, so an accelerator has finished when it returns
    return (time.perf_counter() - started) / side**2


def _pixels(plan: RunPlan, left: Sequence[float] | None) -> float:
    """Returns how many pixels the run evaluates, forwards and backwards, or what is left of it."""
    parts = [1.0] * len(plan.scales) if left is None else left
    return sum(
        part * _pixels_at(scale, work, plan.settings)
        for part, scale, work in zip(parts, plan.scales, plan.work, strict=True)
    )


def _pixels_at(scale: Scale, work: float, settings: Settings) -> float:
    """Returns how many pixels are evaluated at a scale.

    Args:
        work: of an evaluation.
    """
    evaluated = scale.evaluations * work
    looked_at = _FORWARD * sum(w * h for w, h in (scale.content, *scale.styles))
    if settings.style_loss != NEIGHBORS:
        return evaluated + looked_at
    # The picture that is matched is looked at once, and so is each style, but once more in each
    # orientation.
    copies = 1 + len(ORIENTATIONS[settings.orientations])
    return _OF_NEIGHBORS * evaluated + copies * looked_at + _matching(scale, settings)


def _matching(scale: Scale, settings: Settings) -> float:
    """Returns how many pixels could be evaluated while the places of a scale are chosen."""
    ours, *theirs = ((w // PLACE) * (h // PLACE) for w, h in (scale.content, *scale.styles))
    theirs *= len(ORIENTATIONS[settings.orientations])
    length = sum(map(channels, settings.style_layer_weights))
    compared = directions_compared(length, sum(theirs))
    products = min(ours * sum(theirs), MOST_PAIRS) * compared
    if compared < length:
        products += (ours + sum(theirs)) * length * compared
    return products / _PRODUCTS


def _blank(size: Size) -> Picture:
    """Returns a picture that takes up no memory, however large it is."""
    width, height = size
    return Picture(np.broadcast_to(np.float32(0.5), (height, width, 3)))
