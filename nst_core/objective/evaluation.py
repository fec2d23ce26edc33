"""The interface of every objective: a function of a picture, with its value and gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Evaluation:
    """The value and gradient of an objective at one picture.

    Attributes:
        loss: the sum that is minimised.
        content, style: its weighted content and style losses; with neighbours, ``content`` is the
            distance of the places from those that they are matched with.
        gradient: of ``loss`` with respect to the picture, in the picture's shape, float32.
    """

    loss: float
    content: float
    style: float
    gradient: Tensor

    @cached_property
    def is_finite(self) -> bool:
        """Whether loss and gradient can be trusted."""
        # Found out once: it waits for the device. A sum has whatever is not finite, in one pass.
        return math.isfinite(self.loss) and math.isfinite(self.gradient.sum().item())


class Objective(Protocol):
    """An objective: whole or in tiles, bounded or not."""

    @property
    def magnitude(self) -> float:
        """The loss of a picture without any style, against which other losses can be judged."""
        ...

    def evaluate(self, image: Tensor) -> Evaluation:
        """Returns the loss and its gradient at a picture."""
        ...


class Perceptual(Objective, Protocol):
    """Content and style losses of a scale, by a network's feature maps: whole or in tiles."""

    @property
    def choices(self) -> Sequence[Tensor]:
        """What was matched when it was made; see :mod:`nst_core.objective.neighbor_term`."""
        ...

    def loss(self, image: Tensor) -> float:
        """Returns the loss at a picture without its gradient."""
        ...
