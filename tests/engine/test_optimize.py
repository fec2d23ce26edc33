"""nst_core.optimize: L-BFGS on problems whose answer is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor

from nst_core.objective import Evaluation, Objective
from nst_core.optimize import Step, is_finite, minimize

Loss = Callable[[Tensor], tuple[float, Tensor]]


class Stub:
    """An objective made of a function that returns loss and gradient; counts its calls."""

    def __init__(self, function: Loss) -> None:
        self._function = function
        self.evaluations = 0

    def evaluate(self, image: Tensor) -> Evaluation:
        self.evaluations += 1
        loss, gradient = self._function(image)
        return Evaluation(loss, 0.0, loss, gradient)


def run(stub: Stub, start: Tensor, evaluations: int) -> list[Step]:
    return list(minimize(cast(Objective, stub), start, evaluations))


def quadratic(minimum: Tensor, curvature: Tensor) -> Loss:
    def function(image: Tensor) -> tuple[float, Tensor]:
        away = image - minimum
        return float((curvature * away**2).sum() / 2), curvature * away

    return function


def picture(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("scale", [1.0, 1e6], ids=["small losses", "large losses"])
def test_a_convex_quadratic_is_minimised(scale: float) -> None:
    minimum, curvature = picture(16, 20, seed=1), scale * (1 + 9 * picture(16, 20, seed=2))
    steps = run(Stub(quadratic(minimum, curvature)), picture(16, 20), 60)
    torch.testing.assert_close(steps[-1].image, minimum, atol=1e-4, rtol=0)
    assert steps[-1].evaluation.loss < 1e-6 * steps[0].evaluation.loss


@pytest.mark.parametrize("evaluations", [0, 1, 2, 7])
def test_as_many_pictures_are_yielded_as_evaluations_are_allowed(evaluations: int) -> None:
    stub = Stub(quadratic(picture(16, 16, seed=1), 1 + picture(16, 16, seed=2)))
    assert len(run(stub, picture(16, 16), evaluations)) == stub.evaluations == evaluations


def test_the_first_picture_is_the_start() -> None:
    start = picture(16, 16)
    steps = run(Stub(quadratic(torch.zeros_like(start), torch.ones_like(start))), start, 3)
    torch.testing.assert_close(steps[0].image, start, atol=1e-6, rtol=0)


def test_each_picture_comes_with_its_own_evaluation() -> None:
    minimum, curvature = picture(16, 16, seed=1), 1 + picture(16, 16, seed=2)
    for step in run(Stub(quadratic(minimum, curvature)), picture(16, 16), 5):
        assert step.evaluation.loss == quadratic(minimum, curvature)(step.image)[0]


@pytest.mark.parametrize("shape", [(16, 16), (48, 64), (200, 20)])
@pytest.mark.parametrize("steepness", [1.0, 1e6])
def test_the_first_step_moves_the_average_sample_by_a_hundredth(
    shape: tuple[int, int], steepness: float
) -> None:
    start = picture(*shape)
    gradient = steepness * (picture(*shape, seed=1) - 0.5)
    first, second = run(Stub(lambda _: (1.0, gradient)), start, 2)
    move = second.image - first.image
    assert float(move.abs().mean()) == pytest.approx(0.01, rel=1e-3)
    # ... and straight down the slope
    assert float((move * gradient).sum() / (move.norm() * gradient.norm())) < -0.999


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_it_ends_with_the_first_evaluation_that_is_not_finite(bad: float, where: str) -> None:
    def function(image: Tensor) -> tuple[float, Tensor]:
        loss, gradient = quadratic(torch.zeros_like(image), torch.ones_like(image))(image)
        if stub.evaluations < 3:
            return loss, gradient
        if where == "loss":
            return bad, gradient
        gradient[0, 1, 2, 3] = bad
        return loss, gradient

    stub = Stub(function)
    steps = run(stub, picture(16, 16), 10)
    assert [is_finite(step.evaluation) for step in steps] == [True, True, False]
    assert stub.evaluations == 3


def test_it_ends_when_a_step_changes_nothing_more() -> None:
    minimum = picture(16, 16)
    stub = Stub(lambda image: (0.0, torch.zeros_like(image)))
    assert len(run(stub, minimum, 10)) == 1


def test_the_start_is_left_as_it_was() -> None:
    start = picture(16, 16)
    before = start.clone()
    run(Stub(quadratic(picture(16, 16, seed=1), torch.ones_like(start))), start, 4)
    assert torch.equal(start, before)


def test_pictures_already_yielded_do_not_change_afterwards() -> None:
    stub = Stub(quadratic(picture(16, 16, seed=1), torch.ones(1, 3, 16, 16)))
    steps, copies = [], []
    for step in minimize(cast(Objective, stub), picture(16, 16), 4):
        steps.append(step.image)
        copies.append(step.image.clone())
    assert all(torch.equal(step, copy) for step, copy in zip(steps, copies, strict=True))
