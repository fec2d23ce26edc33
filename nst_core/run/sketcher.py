"""Sketches: small pictures of what a run would give, one after the other, each quickly begun."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.settings import NEIGHBORS, PRESETS, Settings
from nst_core.distributed.group_interface import SingleProcess
from nst_core.masks.sharing import resized
from nst_core.networks.loading import networks_for
from nst_core.networks.remembering import RememberingVgg, Seen
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import Array, Picture, Size, resize, to_rgb, to_tensor
from nst_core.run.coarse_to_fine import CoarseToFine
from nst_core.run.finished import finished, painted_part
from nst_core.run.forecast import estimate
from nst_core.run.planning import plan_run
from nst_core.run.sketch_size import Choice, SketchSize
from nst_core.run.tracker import RunTracker
from nst_core.scales.scale_sizes import scales

# Those of one painting and one photograph at the sizes that processors paint in time.
_REMEMBERED_BYTES = 48 * 2**20

# Receives a picture of the sketch in its final colours, and how much of the work is done, 0..1.
OnPicture = Callable[[Picture, float], None]


def _go_on() -> None:
    """Never ends a sketch; for callers who want to see all of them."""


class Sketcher:
    """Paints sketches, and remembers between them what the next one is likely to need again.

    A sketch is the beginning of the run that it stands for: the same scales from the coarsest on,
    with fewer evaluations, so that its strokes are as large in proportion.

    Args:
        networks: at hand, as for :func:`nst_core.run.pipeline.run_stylization`.

    Attributes:
        networks: those of the last sketch, which the run itself can use.
    """

    def __init__(self, networks: Sequence[Vgg] = ()) -> None:
        self.networks = networks
        self._seen = Seen(_REMEMBERED_BYTES)
        # By the long side that is not to be exceeded: small ones are another kind.
        self._sizes: defaultdict[int, SketchSize] = defaultdict(SketchSize)
        self._side = 0

    def settings(
        self,
        content: Size,
        styles: Sequence[Size],
        settings: Settings,
        *,
        side: int,
        seconds: float,
        style_scales: Sequence[float] = (),
    ) -> Settings:
        """Returns how a sketch is painted that takes about so long on this machine.

        Args:
            content, styles: width and height of the pictures, in pixels.
            settings: of the run that it stands for; their size is the run's, not the sketch's.
            side: the long side, in pixels, that is not to be exceeded.
            seconds: how long it may take; the smallest sketch there is may take longer.
            style_scales: of each style, times that of the settings; 1 if none are given.

        Raises:
            NstError: as the run would.
        """
        self._side = side

        def share(choice: Choice) -> float:
            small = _small(settings, content, *choice)
            ready, self.networks = estimate(
                content, styles, small, self.networks, style_scales=style_scales
            )
            return ready.seconds / seconds if seconds else 0.0

        return _small(settings, content, *self._sizes[side].choose(side, share))

    def paint(
        self,
        inputs: Inputs,
        settings: Settings,
        on_picture: OnPicture,
        check: Callable[[], None] = _go_on,
    ) -> Picture:
        """Paints a sketch.

        Args:
            inputs: the pictures. Whoever paints several sketches of a photograph gives the same
                object each time: what is known of it is then not looked for again.
            settings: from :meth:`settings`.
            on_picture: receives the sketch as it grows, the finished one included.
            check: is called many times; what it raises ends the sketch.

        Returns:
            The finished sketch, in the size of its finest scale, with the photograph's alpha.

        Raises:
            NstError: as the run would.
        """
        inputs.check(settings)
        if not settings.evaluations:
            own = inputs.content.width, inputs.content.height
            picture = _shrunk(inputs.content, scales(own, [], settings)[-1].content)
            on_picture(picture, 1.0)
            return picture
        threads = torch.get_num_threads()
        try:
            return self._paint(inputs, settings, on_picture, check)
        finally:
            # The run itself may have other settings.
            torch.set_num_threads(threads)

    def _paint(
        self,
        inputs: Inputs,
        settings: Settings,
        on_picture: OnPicture,
        check: Callable[[], None],
    ) -> Picture:
        began = time.monotonic()
        check()
        plan = plan_run(inputs, settings)
        self.networks = networks_for(plan.placement, settings, self.networks)
        networks = [RememberingVgg(network, self._seen, check) for network in self.networks]
        shown = _Shown(inputs, settings, on_picture)
        tracker = RunTracker(plan.scales, plan.work, shown.on_event, shown.on_image)
        painted = CoarseToFine(plan, networks, tracker, SingleProcess()).paint(None)
        picture = shown.picture(plan.inputs_at(len(plan.scales) - 1).compose(painted))
        on_picture(picture, 1.0)
        self._learn(inputs, settings, time.monotonic() - began)
        return picture

    def _learn(self, inputs: Inputs, settings: Settings, seconds: float) -> None:
        """Takes in how long a sketch took, for the size of the next one."""
        content = inputs.content.width, inputs.content.height
        styles = [(style.picture.width, style.picture.height) for style in inputs.styles]
        style_scales = [style.scale for style in inputs.styles]
        ready, _ = estimate(
            content, styles, settings, self.networks, inputs.masks, style_scales=style_scales
        )
        self._sizes[self._side].learn(ready.seconds, seconds)


class _Shown:
    """Shows the iterates of a run in their final colours."""

    def __init__(self, inputs: Inputs, settings: Settings, on_picture: OnPicture) -> None:
        self._inputs = inputs
        self._settings = settings
        self._on_picture = on_picture
        self._small: dict[Size, tuple[Picture, Array | None]] = {}
        self._image: Tensor | None = None

    def on_image(self, image: Tensor) -> None:
        self._image = image

    def on_event(self, event: Ready | Progress | Caution) -> None:
        # The last one is shown when it is finished.
        if isinstance(event, Progress) and self._image is not None and event.fraction < 1:
            self._on_picture(self.picture(self._image), event.fraction)

    def picture(self, image: Tensor) -> Picture:
        height, width = image.shape[2:]
        size = width, height
        if size not in self._small:
            part = painted_part(self._inputs, size, self._settings)
            self._small[size] = _shrunk(self._inputs.content, size), part
        content, part = self._small[size]
        rgb = to_rgb(image)
        if part is not None:
            rgb = _lifted(rgb, content.rgb, part[..., None])
        return finished(rgb, content, part, self._settings)


def _lifted(seen: Array, content: Array, part: Array) -> Array:
    """Returns the painting alone, out of a picture that has as much of it as the part says.

    Where this is little, the painting is known but roughly, and will hardly be seen again.
    """
    change = np.divide(seen - content, part, out=np.zeros_like(seen), where=part > 0)
    lifted: Array = (content + change).clip(0, 1)
    return lifted


def _small(settings: Settings, content: Size, side: int, evaluations: int) -> Settings:
    """Returns the settings of a sketch of that size."""
    own = settings.size or min(max(content), PRESETS[settings.preset].max_size)
    size = min(own, side)
    coarsest = settings.coarsest
    if settings.style_loss != NEIGHBORS and coarsest:
        # Strokes have a size of their own there, in pixels of the coarsest scale.
        coarsest = max(size // 2, round(coarsest * size / own))
    return replace(
        settings,
        size=size,
        coarsest=min(coarsest, size),
        evaluations=min(settings.evaluations, evaluations),
    )


def _shrunk(content: Picture, size: Size) -> Picture:
    alpha = None
    if content.alpha is not None:
        alpha = np.ascontiguousarray(resized(content.alpha, size)[0, 0].numpy())
    rgb = to_rgb(resize(to_tensor(content), *size))
    return Picture(rgb, alpha, content.name)
