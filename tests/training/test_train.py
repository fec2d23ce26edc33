"""nst_core.training.train: which network is kept, and when it is enough."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nst_contract.errors import BAD_INPUT, BAD_SETTING, DIVERGED, NstError
from nst_contract.protocol.events import Caution
from nst_core.networks import mini_vgg
from nst_core.training import calibrate, learner, saved, train
from nst_core.training.archive import Archive, Part
from nst_core.training.dataset import mean_and_deviation, stratified_split
from nst_core.training.events import Begun, Epoch, OnTrainingEvent, Trained, TrainingEvent
from nst_core.training.learner import Learner
from nst_core.training.model import MiniVgg
from nst_core.training.places import Places
from nst_core.training.settings import TrainingSettings
from tests.training.conftest import TINY


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "net.safetensors")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the trial, and spares VGG19's look at the pictures, which has tests of its own."""
    monkeypatch.setattr(learner, "TRIAL_SECONDS", 0.05)
    monkeypatch.setattr(calibrate, "gains", lambda *_: mini_vgg.UNCHANGED)


def history(*accuracies: float, rates: Sequence[float] = (0.1, *[0.001] * 10)) -> list[Epoch]:
    epochs, best = [], 0.0
    for number, (accuracy, rate) in enumerate(zip(accuracies, rates, strict=False), start=1):
        epochs.append(Epoch(number, 100, 1.0, 0.5, 1.0, accuracy, rate, 1.0, accuracy > best))
        best = max(best, accuracy)
    return epochs


# When it is enough -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accuracies", "is_over"),
    [
        ([], False),
        ([0.1], False),
        ([0.3, 0.2, 0.2], False),  # two epochs without a better one
        ([0.3, 0.2, 0.2, 0.2], True),  # three
        ([0.3, 0.2, 0.2, 0.4, 0.1, 0.1], False),  # counted anew from the fourth
        ([0.3, 0.3, 0.3, 0.3], True),  # as good is not better
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], True),  # all epochs
    ],
)
def test_training_ends_early_without_a_better_accuracy(
    accuracies: list[float], is_over: bool
) -> None:
    settings = TrainingSettings(epochs=7, patience=3)
    assert train.is_over(history(*accuracies), settings) == is_over


def test_patience_counts_once_the_learning_rate_is_low() -> None:
    rates = [0.004, 0.05, 0.1, 0.1, 0.05, 0.011, 0.009, 0.005, 0.001]
    settings = TrainingSettings(epochs=20, patience=3)
    ends = [
        count
        for count in range(1, len(rates) + 1)
        if train.is_over(history(*[0.3] * count, rates=rates), settings)
    ]
    assert ends == [9]


def test_the_first_of_the_best_epochs_is_kept() -> None:
    assert train.best_epoch(history(0.1, 0.6, 0.4, 0.6)) == 2


def test_an_unfinished_training_stays_until_its_successor_has_an_epoch(
    small: Archive, places: Places
) -> None:
    places.unfinished.write_bytes(b"hours of work")
    seen = []

    def on_event(event: TrainingEvent) -> None:
        if isinstance(event, Begun):
            seen.append(places.unfinished.read_bytes())

    train.train(small, places, replace(TINY, epochs=1), on_event)
    assert seen == [b"hours of work"]
    assert not places.unfinished.exists()
    places.check(resume=False, overwrite=True)  # what a training writes is known as its own


def test_a_file_of_others_that_appears_meanwhile_stays_and_so_does_the_training(
    small: Archive, places: Places
) -> None:
    def on_event(event: TrainingEvent) -> None:
        if isinstance(event, Epoch):
            places.report.write_text("my own notes")

    with pytest.raises(NstError, match="nst train has not written it"):
        train.train(small, places, replace(TINY, epochs=1), on_event)
    assert places.report.read_text() == "my own notes"
    assert len(saved.load(places.unfinished).history) == 1


def test_more_threads_than_can_run_are_not_started(small: Archive, places: Places) -> None:
    told: list[TrainingEvent] = []
    before = torch.get_num_threads()
    try:
        train.train(small, places, replace(TINY, epochs=1, threads=1024), told.append)
        assert torch.get_num_threads() < 1024
    finally:
        torch.set_num_threads(before)
    assert isinstance(told[0], Caution)
    assert "threads is 1024" in told[0].message


def test_a_training_that_gets_nowhere_ends_early(
    small: Archive, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "share_of_right", lambda *_: 0.01)
    settings = replace(TINY, epochs=20, patience=2)
    trained = train.train(small, places, settings, lambda _: None)
    # The rate is low after six sevenths of the cycle: in epochs 18 and 19.
    assert (trained.epochs, trained.best_epoch) == (19, 1)


# What is kept ------------------------------------------------------------------------------------


def test_the_best_network_is_kept_and_judged(small: Archive, places: Places) -> None:
    settings = replace(TINY, epochs=6, patience=2, learning_rate=0.4)
    trained = train.train(small, places, settings, lambda _: None)
    parameters, about = mini_vgg.read(places.weights)
    learnt, held_out = stratified_split(small.train.labels, 0.1, settings.seed)
    assert (about.mean, about.deviation) == mean_and_deviation(small.train.images[learnt])
    model = MiniVgg(settings.width, classes=100)
    model.load_state_dict(parameters, strict=False)  # the batches are not counted any more

    def accuracy(part: Part) -> float:
        mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (about.mean, about.deviation))
        with torch.inference_mode():
            told = model.eval()((part.images / 255 - mean) / deviation).argmax(1)
        return float((told == part.labels).double().mean())

    assert trained.validation_accuracy == pytest.approx(accuracy(small.train.at(held_out)))
    assert trained.accuracy == about.accuracy == pytest.approx(accuracy(small.test))
    numbers = json.loads(places.numbers.read_text(encoding="utf-8"))
    assert numbers["test_accuracy"] == trained.accuracy
    epochs = numbers["epochs"]
    assert epochs[trained.best_epoch - 1]["validation_accuracy"] == trained.validation_accuracy
    assert max(one["validation_accuracy"] for one in epochs) == trained.validation_accuracy


def test_the_test_pictures_are_looked_at_once(
    small: Archive, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    look_at = Learner.look_at

    def watch(self: Learner, part: Part) -> Any:
        seen.append(part)
        return look_at(self, part)

    monkeypatch.setattr(Learner, "look_at", watch)
    train.train(small, places, TINY, lambda _: None)
    assert [part is small.test for part in seen] == [False, False, True]


def test_nothing_unfinished_is_left(small: Archive, places: Places) -> None:
    train.train(small, places, TINY, lambda _: None)
    assert sorted(path.name for path in places.weights.parent.iterdir()) == [
        "net.confusion.png", "net.curves.png", "net.report.json", "net.report.md",
        "net.safetensors",
    ]  # fmt: skip


def test_events_tell_the_forecast_first_and_the_result_is_theirs(
    small: Archive, places: Places
) -> None:
    events: list[TrainingEvent] = []
    trained = train.train(small, places, TINY, events.append)
    begun, *rest = events
    assert isinstance(begun, Begun)
    assert (begun.pictures, begun.validation, begun.test, begun.classes) == (900, 100, 200, 100)
    assert begun.precision == "float32"
    assert begun.seconds_per_epoch == pytest.approx(begun.seconds / 2, abs=0.06)
    # 18 steps of 50 pictures, and a third of their work for each of 100 validation pictures.
    steps = 18 + 100 / 50 / 3
    assert begun.seconds_per_epoch == pytest.approx(
        steps * 50 / begun.pictures_per_second, rel=0.05
    )
    epochs = [event for event in rest if isinstance(event, Epoch)]
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert isinstance(trained, Trained)
    assert trained.validation_accuracy == epochs[trained.best_epoch - 1].validation_accuracy


# Going on ----------------------------------------------------------------------------------------


def test_an_interrupted_training_goes_on_to_the_same_network(
    small: Archive, places: Places, tmp_path: Path
) -> None:
    settings = replace(TINY, epochs=3)
    whole = train.train(small, places, settings, lambda _: None)
    other = Places(tmp_path / "other.safetensors")

    def interrupt(event: TrainingEvent) -> None:
        if isinstance(event, Epoch):
            raise KeyboardInterrupt

    for resumed in (False, True):
        with pytest.raises(KeyboardInterrupt):
            unfinished = saved.load(other.unfinished) if resumed else None
            train.train(small, other, settings, interrupt, unfinished)
    trained = train.train(small, other, settings, lambda _: None, saved.load(other.unfinished))
    assert replace(trained, file=whole.file, report=whole.report) == whole
    ours, theirs = (mini_vgg.read(place.weights)[0] for place in (other, places))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert not other.unfinished.exists()


def test_a_training_goes_on_with_the_same_data_only(small: Archive, places: Places) -> None:
    train.train(small, places, replace(TINY, epochs=1), _keep(places))
    unfinished = saved.load(places.unfinished.with_name("kept"))
    with pytest.raises(NstError, match="another data set") as caught:
        train.train(replace(small, checksum="other"), places, TINY, lambda _: None, unfinished)
    assert caught.value.code == BAD_INPUT


def _keep(places: Places) -> OnTrainingEvent:
    def keep(event: TrainingEvent) -> None:
        if isinstance(event, Epoch):
            places.unfinished.with_name("kept").write_bytes(places.unfinished.read_bytes())

    return keep


# Refusals ----------------------------------------------------------------------------------------


def test_a_batch_larger_than_the_data_is_refused(small: Archive, places: Places) -> None:
    with pytest.raises(NstError, match="only 900 pictures") as caught:
        train.train(small, places, replace(TINY, batch_size=901), lambda _: None)
    assert caught.value.code == BAD_SETTING


@pytest.mark.parametrize(("constant", "named"), [([1], "green"), ([0, 2], "red and blue")])
def test_a_colour_that_never_varies_is_refused(
    constant: list[int], named: str, small: Archive, places: Places
) -> None:
    images = small.train.images.clone()
    images[:, constant] = 7
    poor = replace(small, train=replace(small.train, images=images))
    with pytest.raises(NstError, match=f"{named} has the same value everywhere") as caught:
        train.train(poor, places, TINY, lambda _: None)
    assert caught.value.code == BAD_INPUT


def test_a_loss_beyond_all_numbers_is_told(small: Archive, places: Places) -> None:
    settings = replace(TINY, learning_rate=10.0, weight_decay=1.0, epochs=20, batch_size=100)
    with pytest.raises(NstError, match="left the range of numbers") as caught:
        train.train(small, places, settings, lambda _: None)
    assert caught.value.code == DIVERGED
    assert "--learning-rate, and a different name for --out" in caught.value.advice
    assert not places.weights.exists()


def test_a_device_that_is_not_there_is_told(small: Archive, places: Places) -> None:
    events: list[TrainingEvent] = []
    train.train(small, places, replace(TINY, device="cuda:63", epochs=1), events.append)
    assert any(isinstance(event, Caution) and "cuda:63" in event.message for event in events)


@pytest.mark.parametrize(("quicker", "slower"), [("float32", "bfloat16"), ("bfloat16", "float32")])
def test_a_trial_decides_between_number_formats(
    quicker: str, slower: str, small: Archive, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.networks.device.multiplies_bfloat16_fast", lambda _: True)
    seconds = {quicker: 0.1, slower: 0.2}
    monkeypatch.setattr(Learner, "seconds_per_step", lambda self: seconds[self.precision])
    monkeypatch.setattr(Learner, "learn", lambda *_: (1.0, 0.5))
    trained = train.train(small, places, replace(TINY, precision="auto"), lambda _: None)
    assert trained.settings["precision"] == quicker
