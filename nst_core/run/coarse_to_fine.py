"""Takes a scene through its scales, from the first picture to the last."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from nst_core.distributed.process_group import Order, ProcessGroup
from nst_core.networks.loading import load_networks
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import Objective
from nst_core.optim.adam import AveragedAdam
from nst_core.optim.lbfgs import FIRST_STEP, Lbfgs, Optimizer
from nst_core.pictures.picture import resize
from nst_core.run.checkpoint import Resumed
from nst_core.run.plan import RunPlan
from nst_core.run.tracker import RunTracker
from nst_core.scales.scale_inputs import ScaleInputs
from nst_core.scales.start import first_picture


class CoarseToFine:
    """Paints scale after scale.

    Args:
        scene: what to paint.
        networks: one for each device of the scene's placement.
        run: follows the optimiser.
        group: the processes that share the work; this one is its leader.

    Attributes:
        saved_loss: once painted, the objective of the picture as it will be saved.
    """

    def __init__(
        self, scene: RunPlan, networks: Sequence[Vgg], run: RunTracker, group: ProcessGroup
    ) -> None:
        self._scene = scene
        self._networks = networks
        self._run = run
        self._group = group
        self.saved_loss = 0.0

    def paint(self, resumed: Resumed | None) -> Tensor:
        """Paints all scales and returns the last one's picture, clipped to 0..1."""
        first, image = 0, None
        if resumed:
            self._run.restore(resumed.run, self._scene.placement.device)
            first = self._run.scale
        for index in range(first, len(self._scene.scales)):
            image = self._paint_scale(index, image, resumed if index == first else None)
            if self._run.is_finished:
                break
        assert image is not None  # noqa: S101 (there is at least one scale)
        return image

    def _paint_scale(self, index: int, painted: Tensor | None, resumed: Resumed | None) -> Tensor:
        run, canvas = self._run, self._scene.canvas(index)
        run.begin(index, canvas)
        start = self._start(canvas, painted) if run.best is None else run.best.image
        objective = self._objective(index, canvas)
        minimizer = self._minimizer(index, canvas, objective, start)
        if resumed:
            minimizer.restore(resumed.minimizer)
        run.follow(minimizer)
        if run.has_diverged and self._scene.placement.precision != "float32":
            objective = self._in_float32(index, canvas)
            best = start if run.best is None else run.best.image
            run.follow(self._minimizer(index, canvas, objective, best))
        if run.has_diverged:
            run.explain_divergence()
        image = (start if run.best is None else run.best.image).clamp(0, 1)
        if run.is_finished or index == len(self._scene.scales) - 1:
            self.saved_loss = self._loss_as_saved(objective, canvas.compose(image))
        return image

    def _start(self, canvas: ScaleInputs, painted: Tensor | None) -> Tensor:
        """Returns the picture that a scale starts from: the one before, if there was one."""
        if painted is None:
            return first_picture(canvas, self._scene.inputs, self._scene.settings)
        height, width = canvas.content.shape[2:]
        return resize(painted, width, height)

    def _loss_as_saved(self, objective: Objective, image: Tensor) -> float:
        loss = objective.evaluate(_as_saved(image, self._scene.inputs.content.bits)).loss
        best = self._run.best
        return loss if best is None or math.isfinite(loss) else best.loss

    def _minimizer(
        self, index: int, canvas: ScaleInputs, objective: Objective, start: Tensor
    ) -> Optimizer:
        scene = self._scene
        settings = scene.settings
        if settings.optimizer == "adam":
            masked = scene.masked(objective, canvas)
            return AveragedAdam(masked, start, is_bounded=not settings.unbounded)
        # The published first step is for pixels, and is lost in the rounding of bfloat16.
        published = (
            settings.unbounded
            and not settings.fourier_exponent
            and scene.placement.precision == "float32"
        )
        return Lbfgs(
            scene.bounded(objective, canvas),
            start,
            scene.plans[index].history,
            basis=scene.basis(index),
            first_step=None if published else FIRST_STEP,
        )

    def _objective(self, index: int, canvas: ScaleInputs) -> Objective:
        is_float32 = self._scene.placement.precision == "float32"
        self._group.send_order(Order.BUILD, index, is_float32)
        return self._build(index, canvas)

    def _in_float32(self, index: int, canvas: ScaleInputs) -> Objective:
        """Returns the same objective in float32, in which all scales to come are computed too."""
        self._run.warn("The losses left the range of bfloat16; going on in float32.")
        self._group.send_order(Order.BUILD, index, is_float32=True)
        self._scene = self._scene.in_float32(self._group)
        self._run.replan(self._scene)
        self._networks = load_networks(self._scene.placement, self._scene.settings)
        return self._build(index, canvas)

    def _build(self, index: int, canvas: ScaleInputs) -> Objective:
        scene = self._scene
        return scene.smoothed(scene.objective(index, canvas, self._networks, self._group))


def _as_saved(image: Tensor, bits: int) -> Tensor:
    """Returns a picture rounded as a file or layer of so many bits keeps it."""
    if bits > 16:
        return image
    top = float(2**bits - 1)
    return (image * top).round() / top
