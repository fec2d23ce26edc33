"""The interface of every optimiser: one iterate at a time, and a state to continue from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation


@dataclass(frozen=True)
class Iterate:
    """A picture on the way, (1, 3, height, width), and its evaluation."""

    image: Tensor
    evaluation: Evaluation


class Optimizer(Protocol):
    """An optimiser of a picture.

    Attributes:
        has_converged: whether there was nowhere left to move.
        takes_latest: whether to keep the last picture rather than the one with the lowest loss.
    """

    @property
    def has_converged(self) -> bool: ...

    @property
    def takes_latest(self) -> bool: ...

    def step(self) -> Iterate:
        """Evaluates a picture and moves on to the next."""
        ...

    def state(self) -> dict[str, Any]:
        """Returns everything that :meth:`restore` needs to continue with the next step."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from another optimiser's state."""
        ...


def moved(value: Any, device: torch.device) -> Any:
    """Returns a value from an optimiser's state with its tensors on the device."""
    if isinstance(value, list):
        return [moved(item, device) for item in value]
    return value.to(device) if isinstance(value, Tensor) else value
