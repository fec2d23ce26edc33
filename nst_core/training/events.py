"""The events of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from nst_contract.protocol.events import Caution


@dataclass(frozen=True)
class Begun:
    """What is to come, before it begins.

    Attributes:
        data: what it is trained on.
        pictures, validation, test: how many there are of each.
        classes: how many there are.
        parameters: numbers to be learnt.
        device, precision: where and in which number format convolutions are computed.
        pictures_per_second: learnt from, measured in a short trial.
        seconds_per_epoch: forecast, with a look at the validation pictures.
        seconds: forecast for all epochs that are left.
        epoch: how many are done, of an earlier run.
    """

    event: ClassVar[str] = "begun"
    data: str
    pictures: int
    validation: int
    test: int
    classes: int
    parameters: int
    device: str
    precision: str
    pictures_per_second: float
    seconds_per_epoch: float
    seconds: float
    epoch: int


@dataclass(frozen=True)
class TrainingStep:
    """Some way through an epoch.

    Attributes:
        epoch, of: which epoch, and how many there are at most.
        fraction: of all epochs that is done, 0..1.
        loss: of the latest batch.
        seconds_left: until the last epoch ends.
    """

    event: ClassVar[str] = "step"
    epoch: int
    of: int
    fraction: float
    loss: float
    seconds_left: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is over.

    Attributes:
        epoch, of: which one, and how many there are at most.
        loss, accuracy: over the epoch's varied training pictures, while they were learnt.
        validation_loss, validation_accuracy: over the validation pictures, after it. No loss here
            is smoothed.
        rate: the learning rate at its end.
        seconds: that it took.
        is_best: whether no epoch before had a better accuracy on the validation pictures.
    """

    event: ClassVar[str] = "epoch"
    epoch: int
    of: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    rate: float
    seconds: float
    is_best: bool


@dataclass(frozen=True)
class Trained:
    """The network is trained and written.

    Attributes:
        file, report: paths of the weights and of the report beside them.
        epochs: how many were made.
        best_epoch: the one whose network is kept.
        validation_accuracy: of that network.
        accuracy: of that network on the test pictures, which were looked at this one time.
        settings: as used.
    """

    event: ClassVar[str] = "trained"
    file: str
    report: str
    epochs: int
    best_epoch: int
    validation_accuracy: float
    accuracy: float
    settings: dict[str, Any]


TrainingEvent = Begun | TrainingStep | Epoch | Trained | Caution
OnTrainingEvent = Callable[[TrainingEvent], None]
