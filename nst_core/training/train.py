"""Trains a mini VGG16 from the first epoch to the report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from nst_contract.errors import BAD_INPUT, BAD_SETTING, DIVERGED, NstError, first_line
from nst_contract.protocol.events import Caution
from nst_core.networks import embedded_weights, mini_vgg
from nst_core.networks.device import choose_device
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.threads import use_threads
from nst_core.training import calibrate, report, saved
from nst_core.training.archive import Archive, Part
from nst_core.training.dataset import Colors, mean_and_deviation, stratified_split
from nst_core.training.events import Begun, Epoch, OnTrainingEvent, Trained, TrainingStep
from nst_core.training.learner import Learner
from nst_core.training.places import Places
from nst_core.training.settings import LOWER_RATE, TrainingSettings

# The share of the training pictures kept for validation.
HELD_OUT = 0.1
_SECONDS_BETWEEN_STEPS = 1.0
# The share of its peak below which the learning rate counts as low. Accuracy mostly rises when the
# rate falls; as long as that is to come, an accuracy that does not rise tells nothing.
_LOW_RATE = 0.1
# The forward pass is a third of the work of learning from a picture.
_FORWARD = 1 / 3


def train(
    archive: Archive,
    places: Places,
    settings: TrainingSettings,
    on_event: OnTrainingEvent,
    resumed: saved.Saved | None = None,
) -> Trained:
    """Trains a network and writes it, with a report beside it.

    The unfinished training is saved after each epoch, and removed once everything is written.

    Args:
        archive: the data.
        places: the files to write.
        settings: how to train.
        on_event: receives the forecast, every epoch and, once a second, the progress in between.
        resumed: an unfinished training to continue, with the same data and ``settings``.

    Raises:
        NstError: if a batch is larger than the data, the training diverges, or the disk is full.
    """
    for caution in use_threads(settings.threads):
        on_event(caution)
    run = _Run(archive, places, settings, on_event)
    if resumed:
        resumed.check(archive)
        run.restore(resumed)
    run.begin()
    while not is_over(run.history, settings):
        run.epoch()
    return run.finish()


def best_epoch(history: Sequence[Epoch]) -> int:
    """Returns the number of the epoch whose network is kept."""
    return max(epoch.epoch for epoch in history if epoch.is_best)


def is_over(history: Sequence[Epoch], settings: TrainingSettings) -> bool:
    """Tells whether all epochs are done, or there has been no better one at a low rate for long."""
    if not history:
        return False
    low = _LOW_RATE * max(epoch.rate for epoch in history)
    in_vain = [epoch for epoch in history[best_epoch(history) :] if epoch.rate < low]
    return len(history) >= settings.epochs or len(in_vain) >= settings.patience


class _Run:
    """One training."""

    def __init__(
        self,
        archive: Archive,
        places: Places,
        settings: TrainingSettings,
        on_event: OnTrainingEvent,
    ) -> None:
        self._archive = archive
        self._places = places
        self._settings = settings
        self._on_event = on_event
        learnt, held_out = stratified_split(archive.train.labels, HELD_OUT, settings.seed)
        self._training, self._validation = archive.train.at(learnt), archive.train.at(held_out)
        _check_batch(settings.batch_size, len(self._training))
        self._statistics = mean_and_deviation(self._training.images)
        _check_colors(self._statistics[1])
        self._placement = choose_device(settings.device, settings.precision)
        self._learner = Learner(
            self._training, *self._statistics, len(archive.classes), settings, self._placement
        )
        self._seconds = 0.0  # per epoch, as far as is known
        self._best: dict[str, Tensor] = {}
        self.history: list[Epoch] = []

    def restore(self, unfinished: saved.Saved) -> None:
        """Continues from an unfinished training.

        Raises:
            NstError: (bad-input) if it is not one of this network.
        """
        try:
            self._learner.load_state_dict(unfinished.learner)
            self._best = _like(self._learner.model.state_dict(), unfinished.best)
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise NstError(
                BAD_INPUT,
                f"The unfinished training {self._places.unfinished} does not fit its own network "
                f"({first_line(error)}).",
                "Choose a different name for --out, and start again without --resume.",
            ) from error
        self.history = list(unfinished.history)

    def begin(self) -> None:
        """Chooses the number format, and announces what is to come."""
        for caution in self._placement.cautions:
            self._on_event(Caution(caution))
        step = self._choose_precision()
        looks = _FORWARD * len(self._validation) / self._settings.batch_size
        self._seconds = step * (self._learner.steps + looks)
        self._on_event(
            Begun(
                data=self._archive.name,
                pictures=len(self._training),
                validation=len(self._validation),
                test=len(self._archive.test),
                classes=len(self._archive.classes),
                parameters=sum(p.numel() for p in self._learner.model.parameters()),
                device=str(self._placement.device),
                precision=self._learner.precision,
                pictures_per_second=round(self._settings.batch_size / step, 1),
                seconds_per_epoch=round(self._seconds, 2),
                seconds=round(self._seconds * (self._settings.epochs - len(self.history)), 1),
                epoch=len(self.history),
            )
        )

    def _choose_precision(self) -> float:
        """Chooses the number format; returns how many seconds a step takes in it.

        A processor that multiplies bfloat16 fast may still be slow at the gradients of kernels,
        which painting never computes, so a trial decides.
        """
        learner = self._learner
        choices = [learner.precision]
        if self._settings.precision == "auto" and learner.precision == "bfloat16":
            choices.append("float32")
        seconds = {}
        for choice in choices:
            learner.precision = choice
            seconds[choice] = learner.seconds_per_step()
        learner.precision = min(choices, key=lambda choice: seconds[choice])
        self._settings = replace(self._settings, precision=learner.precision)
        return seconds[learner.precision]

    def epoch(self) -> None:
        """Runs one epoch, validates the network, and saves the training."""
        started = time.perf_counter()
        number = len(self.history) + 1
        loss, accuracy = self._learner.learn(self._pace(number))
        if not math.isfinite(loss):
            raise NstError(
                DIVERGED,
                f"The loss left the range of numbers in epoch {number}.",
                LOWER_RATE,
            )
        validation_loss, told = self._learner.look_at(self._validation)
        validation_accuracy = share_of_right(told, self._validation)
        best = max((epoch.validation_accuracy for epoch in self.history), default=-1.0)
        self._seconds = time.perf_counter() - started
        done = Epoch(
            epoch=number,
            of=self._settings.epochs,
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            rate=self._learner.rate,
            seconds=round(self._seconds, 2),
            is_best=validation_accuracy > best,
        )
        self.history.append(done)
        if done.is_best:
            state = self._learner.model.state_dict()
            self._best = {name: value.cpu().clone() for name, value in state.items()}
        self._save()
        self._on_event(done)

    def _pace(self, epoch: int) -> Callable[[int, Tensor], None]:
        """Returns a callback that reports an epoch's progress, once a second."""
        epochs, steps = self._settings.epochs, self._learner.steps
        latest = time.monotonic()

        def on_batch(number: int, loss: Tensor) -> None:
            nonlocal latest
            if time.monotonic() - latest < _SECONDS_BETWEEN_STEPS:
                return
            latest = time.monotonic()
            done = epoch - 1 + number / steps
            left = (epochs - done) * self._seconds
            self._on_event(TrainingStep(epoch, epochs, done / epochs, loss.item(), round(left, 1)))

        return on_batch

    def _save(self) -> None:
        """Saves the training; it goes on if that fails, and what was saved earlier stays."""
        try:
            saved.save(
                self._places.unfinished,
                saved.Saved(
                    self._settings,
                    self._archive.checksum,
                    self.history,
                    self._learner.state_dict(),
                    self._best,
                ),
            )
        except NstError as error:
            self._on_event(Caution(f"{error.message} The training goes on.", error.advice))

    def finish(self) -> Trained:
        """Tests the best network on the test pictures, just once, and writes everything."""
        self._learner.model.load_state_dict(self._best)
        _, told = self._learner.look_at(self._archive.test)
        accuracy = share_of_right(told, self._archive.test)
        about = self._calibrated(
            mini_vgg.NetworkFacts(
                *self._statistics, mini_vgg.UNCHANGED, self._archive.name, accuracy
            )
        )
        self._places.check_own()  # hours have passed
        mini_vgg.save(self._places.weights, self._best, about)
        best = best_epoch(self.history)
        report.write(
            self._places,
            report.Findings(self._archive, self._settings, about, self.history, best, told),
        )
        self._places.unfinished.unlink(missing_ok=True)
        return Trained(
            file=str(self._places.weights),
            report=str(self._places.report),
            epochs=len(self.history),
            best_epoch=best,
            validation_accuracy=self.history[best - 1].validation_accuracy,
            accuracy=accuracy,
            settings=self._settings.as_dict(),
        )

    def _calibrated(self, about: mini_vgg.NetworkFacts) -> mini_vgg.NetworkFacts:
        plain = Weights("", mini_vgg.folded(self._best, about.gains), about.normalization)
        return replace(
            about, gains=calibrate.gains(plain, embedded_weights.load(), self._training.images)
        )


def _like(model: Mapping[str, Tensor], best: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the parameters of a network, which must be those of a model."""
    shapes, found = ({name: x.shape for name, x in one.items()} for one in (model, best))
    if shapes != found:
        raise ValueError("its best network is another one")
    return dict(best)


def _check_batch(size: int, pictures: int) -> None:
    if size > pictures:
        raise NstError(
            BAD_SETTING,
            f"batch_size is {size}, but there are only {pictures} pictures to learn from.",
            f"Choose a value up to {pictures}.",
        )


def _check_colors(deviation: Colors) -> None:
    constant = [
        color for color, one in zip(("red", "green", "blue"), deviation, strict=True) if not one
    ]
    if constant:
        raise NstError(
            BAD_INPUT,
            f"In all training pictures, {' and '.join(constant)} has the same value everywhere.",
            "Give pictures in which red, green and blue vary; in grey ones, all three are alike.",
        )


def share_of_right(told: Tensor, part: Part) -> float:
    """Returns the accuracy of the classes (count,) predicted for pictures."""
    return (told == part.labels).double().mean().item()
