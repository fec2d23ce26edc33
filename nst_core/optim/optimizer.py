"""What every optimiser of a picture offers: one iterate at a time, and a state to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation


@dataclass(frozen=True)
class Iterate:
    """A picture on the way, (1, 3, height, width), and the objective there."""

    image: Tensor
    evaluation: Evaluation


class Optimizer(Protocol):
    """An optimiser of a picture.

    Attributes:
        has_converged: whether there was nowhere to move any more.
        takes_latest: whether the last picture is the one to keep, rather than the one with the
            lowest loss.
    """

    @property
    def has_converged(self) -> bool: ...

    @property
    def takes_latest(self) -> bool: ...

    def step(self) -> Iterate:
        """Evaluates a picture and moves on to the next."""
        ...

    def state(self) -> dict[str, Any]:
        """Returns all that :meth:`restore` needs to go on with the next step."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on where another one took its state."""
        ...


def moved(value: Any, device: torch.device) -> Any:
    """Returns a value of an optimiser's state with its tensors on the device."""
    if isinstance(value, list):
        return [moved(item, device) for item in value]
    return value.to(device) if isinstance(value, Tensor) else value
