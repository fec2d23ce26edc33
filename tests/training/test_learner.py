"""nst_core.training.learner: what it learns, how fast, and that its state is all there is."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from nst_core.networks.device import choose_device
from nst_core.training.archive import Archive, Part
from nst_core.training.learner import Learner
from nst_core.training.settings import TrainingSettings
from tests.training.conftest import TINY

Make = Callable[..., Learner]


@pytest.fixture
def learner(small: Archive) -> Make:
    def make(settings: TrainingSettings = TINY, part: Part = small.train) -> Learner:
        place = choose_device("cpu", settings.precision)
        return Learner(part, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3), 100, settings, place)

    return make


def ignore(*_: object) -> None:
    """For who does not look at batches."""


def flat(state: Any) -> list[Any]:
    if isinstance(state, dict):
        return [leaf for key in sorted(state, key=str) for leaf in (key, *flat(state[key]))]
    if isinstance(state, (list, tuple)):
        return [leaf for value in state for leaf in flat(value)]
    return [state.tolist()] if isinstance(state, torch.Tensor) else [state]


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return dict(torch.load(file, weights_only=True))


def test_a_batch_that_is_seen_again_and_again_is_learnt(learner: Make, small: Archive) -> None:
    settings = replace(TINY, epochs=40, batch_size=20, label_smoothing=0.0, width=8)
    few = small.train.at(torch.arange(20))
    student = learner(settings, few)
    losses = [student.learn(ignore)[0] for _ in range(settings.epochs)]
    assert losses[0] > math.log(100) * 0.8  # nothing is known yet of 100 classes
    assert losses[-1] < losses[0] / 3


def test_every_picture_is_seen_once_in_an_epoch_in_another_order(
    learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    student, seen = learner(), []
    at = Part.at

    def watch(self: Part, indices: torch.Tensor) -> Part:
        seen.append(indices)
        return at(self, indices)

    monkeypatch.setattr(Part, "at", watch)
    for _ in range(2):
        student.learn(ignore)
    first, second = torch.cat(seen[:20]), torch.cat(seen[20:])
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(1000))
    assert not torch.equal(first, second)


def test_batches_are_told_with_their_loss(learner: Make) -> None:
    told = []
    loss, accuracy = learner().learn(lambda number, loss: told.append((number, loss.item())))
    assert [number for number, _ in told] == list(range(1, 21))
    assert loss == pytest.approx(sum(loss for _, loss in told) / 20, rel=1e-5)
    assert 0 <= accuracy < 0.2


def test_the_learning_rate_makes_one_cycle(learner: Make) -> None:
    settings = replace(TINY, epochs=3, batch_size=64, learning_rate=0.4)
    student = learner(settings)
    rates: list[float] = []
    for _ in range(3):
        student.learn(lambda *_: rates.append(student.rate))
    assert len(rates) == 3 * 15
    # Half of the usual batch gets half of the rate.
    assert max(rates) == pytest.approx(0.2, rel=0.01)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0.2 < top / len(rates) < 0.4
    assert rates[-1] < rates[0] / 100


def test_looking_changes_nothing_and_is_right_by_hand(learner: Make, small: Archive) -> None:
    student = learner()
    student.learn(ignore)
    before = flat(student.state_dict())
    loss, told = student.look_at(small.test)
    assert flat(student.state_dict()) == before
    pixels = small.test.images.double() / 255
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in ((0.5, 0.4, 0.3), (0.2, 0.25, 0.3)))
    with torch.no_grad():
        logits = student.model.double().eval()((pixels - mean) / deviation)
    probabilities = logits.softmax(1)[torch.arange(200), small.test.labels]
    assert loss == pytest.approx(-probabilities.log().mean().item(), rel=1e-4)
    assert (told == logits.argmax(1)).double().mean() > 0.99  # but for ties within rounding


def test_a_restored_state_learns_the_same(learner: Make) -> None:
    settings = replace(TINY, epochs=3)
    student = learner(settings)
    student.learn(ignore)
    state = through_a_file(student.state_dict())
    student.learn(ignore)
    other = learner(settings)
    other.load_state_dict(state)
    other.learn(ignore)
    assert flat(other.state_dict()) == flat(student.state_dict())


def test_measuring_the_pace_leaves_no_trace(learner: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nst_core.training.learner.TRIAL_SECONDS", 0.05)
    student, other = learner(), learner()
    assert student.seconds_per_step() > 0
    for one in (student, other):
        one.learn(ignore)
    assert flat(student.state_dict()) == flat(other.state_dict())


def test_the_seed_decides_the_first_weights(learner: Make) -> None:
    first, again, other = (
        learner(replace(TINY, seed=seed)).model.state_dict()["conv1_1.weight"] for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_others_random_numbers_are_left_alone(learner: Make) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    learner().learn(ignore)
    assert torch.equal(torch.rand(3), expected)


def test_mixed_precision_keeps_weights_in_float32(learner: Make, small: Archive) -> None:
    settings = replace(TINY, precision="bfloat16", batch_size=10)
    student = learner(settings, small.train.at(torch.arange(20)))
    seen = []
    student.model.conv2_1.register_forward_hook(lambda *call: seen.append(call[2].dtype))
    loss, _ = student.learn(ignore)
    assert set(seen) == {torch.bfloat16}
    assert math.isfinite(loss)
    kinds = {v.dtype for v in student.model.state_dict().values() if v.is_floating_point()}
    assert kinds == {torch.float32}
