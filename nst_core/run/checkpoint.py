"""Checkpoints: a long run continues after an interruption as if there had been none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import CHECKPOINT_EVERY, Settings
from nst_core.pictures.inputs import Inputs
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.run_plan import RunPlan
from nst_core.storage import torch_files

_KIND = "gimp-neural-style checkpoint 1"
_NAME = "checkpoint"
_PRIVATE = 0o600  # it holds the user's picture


@dataclass(frozen=True)
class Resumed:
    """What a checkpoint holds.

    Attributes:
        settings: of the run.
        precision: of the feature maps when it was saved.
        scale_plans: how each scale is computed.
        pictures: fingerprint of the inputs.
        run, minimizer: states of the tracker and of the optimiser.
        choices: with neighbours, the places that were chosen at the present scale, (places,) for
            each region.
    """

    settings: Settings
    precision: str
    scale_plans: Sequence[ScalePlan]
    pictures: str
    run: dict[str, Any]
    minimizer: dict[str, Any]
    choices: Sequence[Tensor] = ()

    def check(self, inputs: Inputs) -> None:
        """Makes sure that the run continues with the pictures it began with.

        Raises:
            NstError: (bad-input) if the pictures are different.
        """
        if inputs.fingerprint() != self.pictures:
            raise NstError(
                BAD_INPUT,
                "The checkpoint was made with another content, style or mask.",
                "Give the same pictures as before, with the styles in the same order.",
            )


class Checkpoint:
    """Saves a run at regular intervals.

    Args:
        path: the file; it is replaced as a whole each time.
        every: how many evaluations there are between two saves.
    """

    def __init__(self, path: Path, every: int = CHECKPOINT_EVERY) -> None:
        self._path = path
        self._every = every

    def is_due(self, evaluations: int) -> bool:
        """Tells whether it is time to save."""
        return evaluations % self._every == 0

    def save(
        self,
        plan: RunPlan,
        pictures: str,
        run: dict[str, Any],
        minimizer: dict[str, Any],
        choices: Sequence[Tensor] = (),
    ) -> None:
        """Writes the file, either completely or not at all.

        Args:
            plan: the run's current plan.
            pictures: fingerprint of the original inputs.
            run, minimizer: states of the tracker and of the optimiser.
            choices: with neighbours, the places that were chosen at the present scale.

        Raises:
            NstError: (disk) if it cannot be written.
        """
        content = {
            "settings": plan.settings.as_dict(),
            "precision": plan.placement.precision,
            "plans": [asdict(scale_plan) for scale_plan in plan.scale_plans],
            "pictures": pictures,
            "run": run,
            "minimizer": minimizer,
            "choices": list(choices),
        }
        torch_files.save(self._path, _KIND, content, name=_NAME, permissions=_PRIVATE)


def load(path: Path) -> Resumed:
    """Reads a checkpoint: only data, no code in it is run.

    Raises:
        NstError: (bad-input) if there is none, or it is damaged.
    """
    return torch_files.load(
        path,
        _KIND,
        _built,
        name=_NAME,
        if_missing="Check the spelling of its name.",
        if_damaged="Start the run again from the beginning.",
    )


def _built(content: Mapping[str, Any]) -> Resumed:
    return Resumed(
        settings=Settings.from_dict(content["settings"]),
        precision=content["precision"],
        scale_plans=[ScalePlan(**plan) for plan in content["plans"]],
        pictures=content["pictures"],
        run=content["run"],
        minimizer=content["minimizer"],
        choices=content.get("choices", ()),
    )
