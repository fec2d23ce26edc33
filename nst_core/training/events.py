"""The events of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from nst_contract.protocol.events import Caution


@dataclass(frozen=True)
class Download:
    """Progress of the data set's download.

    Attributes:
        bytes, of: how many have arrived, and how many there are.
    """

    event: ClassVar[str] = "download"
    bytes: int
    of: int


@dataclass(frozen=True)
class Begun:
    """What is to come, sent before training begins.

    Attributes:
        data: what the network is trained on.
        pictures, validation, test: how many pictures there are of each kind.
        classes: how many there are.
        parameters: how many numbers are to be learnt.
        device, precision: where and in which number format convolutions are computed.
        pictures_per_second: the speed of learning, measured in a short trial.
        seconds_per_epoch: forecast, including evaluation of the validation pictures.
        seconds: forecast for all remaining epochs.
        epoch: how many epochs an earlier run has completed.
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
    """Progress within an epoch.

    Attributes:
        epoch, of: which epoch, and how many there are at most.
        fraction: how much of all epochs is done, 0..1.
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
        loss, accuracy: over the epoch's varied training pictures, during learning.
        validation_loss, validation_accuracy: over the validation pictures, at its end. Neither
            loss uses smoothed labels.
        rate: the learning rate at its end.
        seconds: how long it took.
        is_best: whether it has a better accuracy on the validation pictures than all before.
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
        epochs: how many there were.
        best_epoch: the one whose network is kept.
        validation_accuracy: of that network.
        accuracy: of that network on the test pictures, which are used only this once.
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


TrainingEvent = Download | Begun | TrainingStep | Epoch | Trained | Caution
OnTrainingEvent = Callable[[TrainingEvent], None]
