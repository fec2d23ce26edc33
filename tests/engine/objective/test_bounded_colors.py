"""nst_core.objective.bounded_colors: minima within 0..1, whatever the optimiser tries."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.objective.bounded_colors import Bounded
from nst_core.objective.evaluation import Evaluation
from nst_core.optim.lbfgs import Lbfgs


class Quadratic:
    """Half of x A x - b x: its minimum within bounds is found independently below."""

    def __init__(self, matrix: Tensor, slope: Tensor, magnitude: float) -> None:
        self._matrix = matrix
        self._slope = slope
        self.magnitude = magnitude
        self.seen: list[Tensor] = []

    def evaluate(self, image: Tensor) -> Evaluation:
        self.seen.append(image.clone())
        flat = image.flatten().double()
        gradient = self._matrix @ flat - self._slope
        loss = float(flat @ (gradient - self._slope) / 2)
        return Evaluation(loss, 0.0, loss, gradient.view_as(image).float())


@pytest.fixture
def problem() -> tuple[Tensor, Tensor]:
    """A well-conditioned, fully coupled matrix; the unbounded minimum lies far outside."""
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(48, 48, generator=generator, dtype=torch.float64) / 12
    matrix = root @ root.T + torch.eye(48, dtype=torch.float64)
    wanted = 0.5 + 1.5 * torch.randn(48, generator=generator, dtype=torch.float64)
    return matrix, matrix @ wanted


def minimum_within(matrix: Tensor, slope: Tensor) -> Tensor:
    """The same minimum by projected gradient descent, which is slow but sure."""
    x = torch.full((48,), 0.5, dtype=torch.float64)
    step = 1 / torch.linalg.eigvalsh(matrix).max()
    for _ in range(5000):
        x = (x - step * (matrix @ x - slope)).clamp(0, 1)
    return x


@pytest.mark.parametrize("magnitude", [0.5, 5.0, 50.0])
def test_the_minimum_within_the_bounds_is_found_whatever_the_constant(
    magnitude: float, problem: tuple[Tensor, Tensor]
) -> None:
    quadratic = Quadratic(*problem, magnitude)
    minimizer = Lbfgs(Bounded(quadratic), torch.full((1, 3, 4, 4), 0.5))
    for _ in range(150):
        image = minimizer.step().image
    expected = minimum_within(*problem)
    assert ((expected == 0) | (expected == 1)).sum() > 10  # bounds matter in this problem
    found = image.clamp(0, 1).flatten().double()
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_only_pictures_that_can_be_shown_are_evaluated(problem: tuple[Tensor, Tensor]) -> None:
    quadratic = Quadratic(*problem, 5.0)
    minimizer = Lbfgs(Bounded(quadratic), torch.full((1, 3, 4, 4), 0.5))
    for _ in range(20):
        minimizer.step()
    assert all(image.min() >= 0 and image.max() <= 1 for image in quadratic.seen)
    assert any(image.min() == 0 and image.max() == 1 for image in quadratic.seen)


def test_within_the_bounds_nothing_changes(problem: tuple[Tensor, Tensor]) -> None:
    quadratic = Quadratic(*problem, 5.0)
    image = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(2))
    bounded, free = Bounded(quadratic).evaluate(image), quadratic.evaluate(image)
    assert bounded.loss == free.loss
    assert torch.equal(bounded.gradient, free.gradient)


def test_a_sample_beyond_its_bound_is_pulled_back_to_it(problem: tuple[Tensor, Tensor]) -> None:
    quadratic = Quadratic(*problem, 5.0)
    inside = torch.ones(1, 3, 4, 4)
    added = Bounded(quadratic).evaluate(inside + 0.2).gradient - quadratic.evaluate(inside).gradient
    assert added.min().item() == pytest.approx(added.max().item(), rel=1e-4)
    assert added.min() > 0
