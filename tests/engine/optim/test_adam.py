"""nst_core.optim.adam: averaged iterates reach the minimum, and runs can be resumed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation
from nst_core.optim.adam import AveragedAdam

TARGET = torch.tensor([0.2, 0.9, -0.5]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
START = torch.full((1, 3, 4, 4), 0.5)


class Noisy:
    """The squared distance to TARGET, with fresh noise in the gradient each time."""

    magnitude = 1.0

    def __init__(self, noise: float) -> None:
        self.noise = noise
        self._generator = torch.Generator().manual_seed(0)

    def evaluate(self, image: Tensor) -> Evaluation:
        difference = image - TARGET
        noise = self.noise * torch.randn(image.shape, generator=self._generator)
        loss = difference.square().sum().item()
        return Evaluation(loss, loss, 0.0, 2 * difference + noise)


def adam(noise: float = 0.0, is_bounded: bool = False) -> AveragedAdam:
    return AveragedAdam(Noisy(noise), START, is_bounded=is_bounded)


def test_the_first_picture_is_the_start() -> None:
    torch.testing.assert_close(adam().step().image, START)


def test_the_first_step_is_as_long_as_in_the_paper() -> None:
    """Kingma and Ba: the bias-corrected first step is the step size in each direction."""
    run = adam()
    run.step()
    # By hand: the average of two iterates with weights 0.99 and 1.
    second = START + 0.02 * torch.sign(TARGET - START)
    torch.testing.assert_close(run.step().image, (0.99 * START + second) / 1.99)


def test_it_reaches_the_minimum() -> None:
    run = adam()
    for _ in range(800):
        image = run.step().image
    torch.testing.assert_close(image, TARGET, atol=0.01, rtol=0)


def test_within_bounds_it_reaches_the_nearest_picture_that_can_be_shown() -> None:
    run = adam(is_bounded=True)
    for _ in range(800):
        image = run.step().image
    torch.testing.assert_close(image, TARGET.clamp(0, 1), atol=0.01, rtol=0)


def test_the_average_is_steadier_than_the_iterates() -> None:
    run = adam(noise=0.5)
    averages, iterates = [], []
    for _ in range(1200):
        averages.append(run.step().image)
        iterates.append(run.state()["image"].clone())
    off_average, off_iterate = (
        (torch.stack(images[300:]) - TARGET).square().mean().sqrt()
        for images in (averages, iterates)
    )
    assert off_average < 0.5 * off_iterate


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nothing_moves_after_a_gradient_that_is_not_finite(bad: float) -> None:
    objective = Noisy(0.0)
    run = AveragedAdam(objective, START, is_bounded=False)
    run.step()
    before = run.state()["image"].clone()
    objective.noise = bad
    run.step()
    assert torch.equal(run.state()["image"], before)


def test_a_restored_run_continues_as_if_nothing_had_happened() -> None:
    run = adam()
    for _ in range(5):
        run.step()
    state = copy.deepcopy(run.state())
    expected = [run.step().image for _ in range(5)]
    other = adam()
    other.restore(state)
    for image in expected:
        assert torch.equal(other.step().image, image)
