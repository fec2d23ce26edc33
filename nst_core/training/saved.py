"""An unfinished training: saved after each epoch, so that it can continue as if uninterrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_core.storage import torch_files
from nst_core.training.archive import Archive
from nst_core.training.events import Epoch
from nst_core.training.places import KIND
from nst_core.training.settings import FREE_TO_CHANGE, TrainingSettings

_NAME = "unfinished training"


@dataclass(frozen=True)
class Saved:
    """The state of a training after an epoch.

    Attributes:
        settings: of the training, with the precision that was chosen.
        data: checksum of the data set.
        history: all epochs so far.
        learner: state of the learner.
        best: parameters of the best network so far, by name.
    """

    settings: TrainingSettings
    data: str
    history: Sequence[Epoch]
    learner: dict[str, Any]
    best: Mapping[str, Tensor]

    def check(self, archive: Archive) -> None:
        """Makes sure that the training continues with the data it began with.

        Raises:
            NstError: (bad-input) if the data set is a different one.
        """
        if archive.checksum != self.data:
            raise NstError(
                BAD_INPUT,
                "The training began with another data set.",
                "Use the same data, or start again with --overwrite.",
            )

    def settings_with(self, given: Mapping[str, Any]) -> TrainingSettings:
        """Returns the settings to continue with.

        Args:
            given: settings requested this time, by name.

        Raises:
            NstError: (bad-setting) if they would lead to a different network.
        """
        values = self.settings.as_dict()
        for name, value in given.items():
            if name not in FREE_TO_CHANGE and value != values[name]:
                raise NstError(
                    BAD_SETTING,
                    f"The training began with {name} {values[name]}, but now {value} is given.",
                    "Leave the setting out, or start again with --overwrite.",
                )
        return TrainingSettings.from_dict({**values, **given})


def save(path: Path, saved: Saved) -> None:
    """Writes the file, either completely or not at all.

    Raises:
        NstError: (disk) if it cannot be written.
    """
    content = {
        "settings": saved.settings.as_dict(),
        "data": saved.data,
        "history": [asdict(epoch) for epoch in saved.history],
        "learner": saved.learner,
        "best": dict(saved.best),
    }
    torch_files.save(path, KIND, content, name=_NAME)


def load(path: Path) -> Saved:
    """Reads the file: only data, no code in it is run.

    Raises:
        NstError: (bad-input) if there is none, or it is damaged.
    """
    return torch_files.load(
        path,
        KIND,
        _built,
        name=_NAME,
        if_missing="Check the spelling of --out, or leave --resume out.",
        if_damaged="Start again with --overwrite.",
    )


def _built(content: Mapping[str, Any]) -> Saved:
    data, learner, best = content["data"], content["learner"], content["best"]
    if not isinstance(data, str) or not isinstance(learner, dict) or not isinstance(best, dict):
        raise ValueError("its values are of the wrong types")
    if not all(isinstance(value, Tensor) for value in best.values()):
        raise ValueError("its best network is none")
    history = [_epoch(epoch) for epoch in content["history"]]
    if [epoch.epoch for epoch in history] != list(range(1, len(history) + 1)):
        raise ValueError("its epochs are not in order")
    if not any(epoch.is_best for epoch in history):
        raise ValueError("none of its epochs is the best")
    return Saved(
        settings=TrainingSettings.from_dict(content["settings"]),
        data=data,
        history=history,
        learner=learner,
        best=best,
    )


def _epoch(values: Mapping[str, Any]) -> Epoch:
    epoch = Epoch(**values)
    types = {"epoch": int, "of": int, "is_best": bool}
    if any(type(value) is not types.get(name, float) for name, value in vars(epoch).items()):
        raise ValueError("its epochs are of the wrong types")
    return epoch
