"""nst_core.optim.lbfgs: L-BFGS on problems whose answer is known."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from nst_core.objective.evaluation import Evaluation, Objective
from nst_core.optim.basis import PixelBasis
from nst_core.optim.compact_lbfgs import CompactLbfgs
from nst_core.optim.fourier_basis import FourierBasis
from nst_core.optim.lbfgs import Lbfgs
from nst_core.optim.optimizer import Iterate

Loss = Callable[[Tensor], tuple[float, Tensor]]


class Stub:
    """An objective made from a function that returns loss and gradient; counts its calls."""

    def __init__(self, function: Loss) -> None:
        self._function = function
        self.evaluations = 0
        self.magnitude = 1.0

    def evaluate(self, image: Tensor) -> Evaluation:
        self.evaluations += 1
        loss, gradient = self._function(image)
        return Evaluation(loss, 0.0, loss, gradient)


def run(stub: Stub, start: Tensor, evaluations: int, **options: Any) -> list[Iterate]:
    """Steps until the evaluations are used up, it converges, or something is not finite."""
    minimizer = Lbfgs(stub, start, **options)
    steps: list[Iterate] = []
    while len(steps) < evaluations and not minimizer.has_converged:
        steps.append(minimizer.step())
        if not steps[-1].evaluation.is_finite:
            break
    return steps


def quadratic(minimum: Tensor, curvature: Tensor) -> Loss:
    def function(image: Tensor) -> tuple[float, Tensor]:
        away = image - minimum
        return float((curvature * away**2).sum() / 2), curvature * away

    return function


def picture(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("goes_back", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1e6], ids=["small losses", "large losses"])
def test_a_convex_quadratic_is_minimised(scale: float, goes_back: bool) -> None:
    minimum, curvature = picture(16, 20, seed=1), scale * (1 + 9 * picture(16, 20, seed=2))
    steps = run(Stub(quadratic(minimum, curvature)), picture(16, 20), 60, goes_back=goes_back)
    torch.testing.assert_close(steps[-1].image, minimum, atol=1e-4, rtol=0)
    assert steps[-1].evaluation.loss < 1e-6 * steps[0].evaluation.loss


def test_each_step_is_one_evaluation() -> None:
    stub = Stub(quadratic(picture(16, 16, seed=1), 1 + picture(16, 16, seed=2)))
    minimizer = Lbfgs(stub, picture(16, 16))
    for number in (1, 2, 3):
        minimizer.step()
        assert stub.evaluations == number


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


def test_a_step_that_raises_the_loss_is_taken_back_and_another_one_made() -> None:
    # Steep along a few coordinates: the first step goes far beyond the valley.
    curvature = torch.ones(1, 3, 16, 16)
    curvature[..., :2] = 1e4
    problem = quadratic(picture(16, 16, seed=1), curvature)
    first, beyond, other = run(Stub(problem), picture(16, 16), 3, first_step=0.1, goes_back=True)
    assert beyond.evaluation.loss > first.evaluation.loss
    # By the curvature that the way beyond has shown, from where it began.
    gradient = first.evaluation.gradient
    step, change = beyond.image - first.image, beyond.evaluation.gradient - gradient
    torch.testing.assert_close(
        other.image, first.image + two_loops(gradient, step, change), atol=1e-5, rtol=1e-4
    )
    assert other.evaluation.loss < first.evaluation.loss


def test_a_step_that_is_too_long_is_shortened_and_teaches_what_it_was() -> None:
    # Steep along a few coordinates; elsewhere so flat that the way to the valley is long.
    curvature = torch.full((1, 3, 16, 16), 0.1)
    curvature[..., :2] = 3.0
    problem = quadratic(picture(16, 16, seed=1), curvature)
    bounds = {"first_step": 0.01, "longest_step": 0.02}
    first, second, third = run(Stub(problem), picture(16, 16), 3, **bounds)
    gradient = first.evaluation.gradient
    step, change = second.image - first.image, second.evaluation.gradient - gradient
    wanted = two_loops(second.evaluation.gradient, step, change)
    taken = third.image - second.image
    assert float(wanted.abs().mean()) > 0.02
    assert float(taken.abs().mean()) == pytest.approx(0.02, rel=1e-4)
    torch.testing.assert_close(taken, wanted * (0.02 / wanted.abs().mean()), atol=1e-6, rtol=1e-3)
    # What is learnt is what was seen on the way that was gone, as if it had been wanted.
    *_, fourth = run(Stub(problem), picture(16, 16), 4, **bounds)
    later = third.evaluation.gradient
    torch.testing.assert_close(
        way(fourth.image - third.image),
        way(of_two_pairs(later, (step, change), (taken, later - gradient - change))),
        atol=1e-5, rtol=1e-3,
    )  # fmt: skip


def way(step: Tensor) -> Tensor:
    """Returns a step as one of length 1."""
    found: Tensor = step / step.norm()
    return found


def of_two_pairs(
    gradient: Tensor, older: tuple[Tensor, Tensor], newer: tuple[Tensor, Tensor]
) -> Tensor:
    """Returns the step of L-BFGS with two pairs (Nocedal and Wright, algorithm 7.4)."""
    q, along = gradient.clone(), []
    for step, change in (newer, older):
        along.append((step * q).sum() / (step * change).sum())
        q = q - along[-1] * change
    step, change = newer
    q = q * (step * change).sum() / (change * change).sum()
    for (step, change), alpha in zip((older, newer), reversed(along), strict=True):
        q = q + step * (alpha - (change * q).sum() / (step * change).sum())
    return -q


def two_loops(gradient: Tensor, step: Tensor, change: Tensor) -> Tensor:
    """Returns the step of L-BFGS with one pair (Nocedal and Wright, algorithm 7.4)."""
    rho = 1 / (step * change).sum()
    along = rho * (step * gradient).sum()
    scaled = (gradient - along * change) / (rho * (change * change).sum())
    return -(scaled + step * (along - rho * (change * scaled).sum()))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_it_ends_at_the_first_evaluation_that_is_not_finite(bad: float, where: str) -> None:
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
    assert [step.evaluation.is_finite for step in steps] == [True, True, False]
    assert stub.evaluations == 3


def test_it_ends_when_a_step_no_longer_changes_anything() -> None:
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
    minimizer = Lbfgs(stub, picture(16, 16))
    for step in (minimizer.step() for _ in range(4)):
        steps.append(step.image)
        copies.append(step.image.clone())
    assert all(torch.equal(step, copy) for step, copy in zip(steps, copies, strict=True))


# The published method ----------------------------------------------------------------------------


def test_without_a_first_step_it_is_torchs_lbfgs_on_pixels_in_0_to_255() -> None:
    # In float64, because the published first step is hardly larger than float32's rounding.
    start, minimum, curvature = (picture(16, 20, seed=seed).double() for seed in range(3))
    loss = quadratic(minimum, 1e6 * (1 + 9 * curvature))
    ours = run(Stub(loss), start, 12, first_step=None)

    pixels = (start * 255).requires_grad_()
    lbfgs = torch.optim.LBFGS([pixels], max_iter=1)
    losses = []
    for _ in range(12):

        def closure() -> float:
            value, gradient = loss(pixels.detach() / 255)
            pixels.grad = gradient / 255
            losses.append(value)
            return value

        lbfgs.step(closure)  # type: ignore[no-untyped-call]
    assert [step.evaluation.loss for step in ours] == pytest.approx(losses, rel=1e-6)


def test_torchs_compiler_is_not_loaded_for_it() -> None:
    # It compiles nothing here, and takes longer to import than the first evaluations.
    script = """
import sys
import torch
from nst_core.objective.evaluation import Evaluation
from nst_core.optim.lbfgs import Lbfgs

class Parabola:
    def evaluate(self, image):
        return Evaluation(float(image.square().sum()), 0.0, 0.0, 2 * image)

lbfgs = Lbfgs(Parabola(), torch.ones(1, 3, 16, 16))
lbfgs.step(), lbfgs.step()
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# On accelerators ---------------------------------------------------------------------------------


class Compact(Lbfgs):
    """As on an accelerator, on the processor."""

    def __init__(self, objective: Objective, start: Tensor, history: int, **options: Any) -> None:
        super().__init__(objective, start, history, **options)
        self._moves = CompactLbfgs(self._coordinates, history)


def curved(start: Tensor) -> Stub:
    """A problem whose curvature is another one at each place, in float64."""
    minimum, curvature = (picture(*start.shape[2:], seed=seed).double() for seed in (1, 2))

    def function(image: Tensor) -> tuple[float, Tensor]:
        away = image - minimum
        loss = ((1 + 9 * curvature) * away**2).sum() / 2 + (away**4).sum()
        return float(loss), (1 + 9 * curvature) * away + 4 * away**3

    return Stub(function)


@pytest.mark.parametrize("longest_step", [None, 1.5])
@pytest.mark.parametrize("goes_back", [False, True])
@pytest.mark.parametrize("history", [1, 3, 12, 100])
def test_on_accelerators_it_makes_torchs_steps(
    history: int, goes_back: bool, longest_step: float | None
) -> None:
    start = picture(12, 10).double()
    # The first steps go too far, so that some are taken back.
    options = {
        "history": history,
        "goes_back": goes_back,
        "first_step": 2.0,
        "longest_step": longest_step,
    }
    expected, found = (
        kind(curved(start), start, **options)  # type: ignore[arg-type]
        for kind in (Lbfgs, Compact)
    )
    losses = []
    for _ in range(16):
        iterate = expected.step()
        losses.append(iterate.evaluation.loss)
        torch.testing.assert_close(found.step().image, iterate.image)
    assert any(later > earlier for earlier, later in itertools.pairwise(losses))


def test_what_tells_nothing_of_the_curvature_is_not_remembered() -> None:
    # A plane: the gradient never changes.
    slope = picture(8, 8, seed=1).double() - 0.5
    start = picture(8, 8).double()
    expected, found = (kind(Stub(lambda _: (1.0, slope)), start, 10) for kind in (Lbfgs, Compact))
    for _ in range(4):
        torch.testing.assert_close(found.step().image, expected.step().image)


def test_on_accelerators_it_ends_where_the_slope_does() -> None:
    minimizer = Compact(Stub(lambda image: (0.0, torch.zeros_like(image))), picture(8, 8), 10)
    minimizer.step()
    assert minimizer.has_converged


@pytest.mark.parametrize("first", [Lbfgs, Compact])
@pytest.mark.parametrize("then", [Lbfgs, Compact])
def test_one_goes_on_where_the_other_was_saved(first: type[Lbfgs], then: type[Lbfgs]) -> None:
    start = picture(12, 10).double()
    undisturbed, saved = first(curved(start), start, 5), first(curved(start), start, 5)
    for _ in range(9):
        undisturbed.step(), saved.step()
    other = then(curved(start), torch.zeros_like(start), 5)
    other.restore(saved.state())
    for _ in range(4):
        torch.testing.assert_close(other.step().image, undisturbed.step().image)


# Another basis -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 33), (40, 24)])
def test_a_basis_returns_what_it_was_given(height: int, width: int) -> None:
    basis, image = FourierBasis(height, width, 0.25, torch.device("cpu")), picture(height, width)
    torch.testing.assert_close(basis.to_pixels(basis.from_pixels(image)), image)


def test_the_map_to_pixels_is_its_own_adjoint() -> None:
    """This is why it turns a gradient in pixels into one in coordinates."""
    basis = FourierBasis(17, 24, 0.5, torch.device("cpu"))
    one, other = picture(17, 24, seed=1), picture(17, 24, seed=2)
    left, right = (one * basis.to_pixels(other)).sum(), (basis.to_pixels(one) * other).sum()
    assert left.item() == pytest.approx(right.item(), rel=1e-5)


def test_amplitudes_fall_off_with_the_frequency() -> None:
    basis = FourierBasis(32, 32, 0.5, torch.device("cpu"))
    columns = torch.arange(32) / 32 * 2 * torch.pi

    def amplitude(frequency: int) -> float:
        wave = torch.cos(frequency * columns).expand(1, 3, 32, 32).contiguous()
        return float(basis.to_pixels(wave)[0, 0, 0, 0])

    assert amplitude(8) == pytest.approx(amplitude(2) / 2)  # 4 times the frequency, to the 1/2
    assert amplitude(0) == pytest.approx(amplitude(1))


def test_exponent_zero_is_the_pixels_themselves() -> None:
    image = picture(16, 20)
    torch.testing.assert_close(FourierBasis(16, 20, 0, torch.device("cpu")).to_pixels(image), image)
    assert PixelBasis().to_pixels(image) is PixelBasis().from_pixels(image) is image


def test_the_basis_changes_the_path_but_not_the_minimum() -> None:
    minimum, curvature = picture(16, 20, seed=1), 1 + 9 * picture(16, 20, seed=2)
    basis = FourierBasis(16, 20, 0.25, torch.device("cpu"))
    steps = run(Stub(quadratic(minimum, curvature)), picture(16, 20), 80, basis=basis)
    torch.testing.assert_close(steps[-1].image, minimum, atol=1e-4, rtol=0)


# Continuing --------------------------------------------------------------------------------------


def test_a_restored_optimiser_continues_as_if_nothing_had_happened() -> None:
    loss = quadratic(picture(16, 20, seed=1), 1 + 9 * picture(16, 20, seed=2))
    undisturbed = run(Stub(loss), picture(16, 20), 12, history=4)

    first = Lbfgs(Stub(loss), picture(16, 20), history=4)
    for _ in range(7):
        first.step()
    second = Lbfgs(Stub(loss), torch.zeros(1, 3, 16, 20), history=4)
    second.restore(first.state())
    for expected in undisturbed[7:]:
        assert torch.equal(second.step().image, expected.image)
