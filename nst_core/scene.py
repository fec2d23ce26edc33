"""What there is to optimise: the pictures at each scale, where they are computed, and how."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nst_core.basis import Basis, FourierBasis, PixelBasis
from nst_core.bounds import Bounded
from nst_core.color import recolor
from nst_core.device import Placement, placements
from nst_core.errors import MEMORY, NstError
from nst_core.memory import Plan, budget_for, make_plan
from nst_core.objective import Evaluates, Objective
from nst_core.picture import Picture, resize, to_tensor
from nst_core.pyramid import Scale, scales
from nst_core.settings import Settings
from nst_core.team import Alone, Team
from nst_core.tiling import TiledObjective
from nst_core.vgg import Vgg

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Scene:
    """A run, planned.

    Attributes:
        content, styles: the pictures, as they came.
        settings: how to paint.
        placement: where it is computed.
        budget: bytes of memory that may be taken.
        scales: coarsest first.
        plans: how each scale is computed.
    """

    content: Picture
    styles: Sequence[Picture]
    settings: Settings
    placement: Placement
    budget: int
    scales: Sequence[Scale]
    plans: Sequence[Plan]

    def in_float32(self, team: Team) -> Scene:
        """Returns the same run in float32, planned anew: it needs more memory."""
        placement = replace(self.placement, precision="float32")
        workers = team.size * len(placement.devices)
        try:
            plans = _plans(self.scales, placement, self.budget, workers)
        except NstError:
            plans = list(self.plans)  # the budget is exceeded rather than the run lost
        return replace(self, placement=placement, plans=team.agree(plans))

    def start(self, index: int, painted: Tensor | None) -> Tensor:
        """Returns the picture that a scale starts from, (1, 3, height, width).

        Args:
            index: of the scale.
            painted: result of the scale before, if there was one.
        """
        if painted is not None:
            return resize(painted, *self.scales[index].content)
        content = self._content(index)
        if self.settings.start == "recolored":
            return recolor(content, self._paintings(index))
        return content

    def objective(self, index: int, networks: Sequence[Vgg], team: Team) -> Evaluates:
        """Returns the objective of a scale, without bounds."""
        content, paintings = self._content(index), self._paintings(index)
        tile = self.plans[index].tile
        if tile is None:
            return Objective(networks[0], content, paintings, self.settings)
        return TiledObjective(networks, content, paintings, self.settings, tile, team)

    def bounded(self, objective: Evaluates) -> Evaluates:
        """Returns the objective as the settings want it: with bounds or without."""
        if self.settings.unbounded:
            return objective
        return Bounded(objective)

    def basis(self, index: int) -> Basis:
        """Returns the coordinates that L-BFGS sees at a scale."""
        if not self.settings.fourier_exponent:
            return PixelBasis()
        width, height = self.scales[index].content
        return FourierBasis(height, width, self.settings.fourier_exponent, self.placement.device)

    def _content(self, index: int) -> Tensor:
        return self._at(self.content, self.scales[index].content)

    def _paintings(self, index: int) -> list[Tensor]:
        sizes = self.scales[index].styles
        return [self._at(style, size) for style, size in zip(self.styles, sizes, strict=True)]

    def _at(self, picture: Picture, size: tuple[int, int]) -> Tensor:
        return resize(to_tensor(picture), *size).to(self.placement.device)


def prepare(
    content: Picture, styles: Sequence[Picture], settings: Settings, team: Team | None = None
) -> Scene:
    """Plans a run.

    Args:
        content, styles, settings: as for :func:`nst_core.stylize.stylize`.
        team: the processes that share the tiles.

    Raises:
        NstError: if the content is too small, or the memory will not do.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    team = team or Alone()
    sizes = [(style.width, style.height) for style in styles]
    own = (content.width, content.height)
    found = scales(own, sizes, settings, content.called("content"))
    placement, budget, plans = _place(found, settings, team)
    _log.info("%s on %s: %s", found, placement, plans)
    return Scene(content, styles, settings, placement, budget, found, team.agree(plans))


def _place(
    found: Sequence[Scale], settings: Settings, team: Team
) -> tuple[Placement, int, list[Plan]]:
    """Chooses the fastest device that has the memory, and how it computes each scale."""
    cautions: tuple[str, ...] = ()
    choices = placements(settings.device, settings.precision)
    for placement in choices:
        budget = budget_for(placement.device, settings.memory, team.size_here)
        workers = team.size * len(placement.devices)
        try:
            plans = _plans(found, placement, budget, workers)
        except NstError as error:
            if error.code != MEMORY or placement is choices[-1]:
                raise
            cautions = (*cautions, f"{placement.device} is passed by: {error.message}")
        else:
            return replace(placement, cautions=placement.cautions + cautions), budget, plans
    raise AssertionError("there is always a CPU")


def _plans(found: Sequence[Scale], placement: Placement, budget: int, workers: int) -> list[Plan]:
    return [make_plan(placement, scale.content, scale.styles, budget, workers) for scale in found]
