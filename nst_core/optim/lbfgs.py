"""L-BFGS on the pixels: one evaluation of the objective at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from nst_core.objective.evaluation import Objective
from nst_core.optim.basis import Basis, PixelBasis
from nst_core.optim.compact_lbfgs import CompactLbfgs
from nst_core.optim.optimizer import Iterate, moved

# How far the first step moves the average sample, in 0..1.
FIRST_STEP = 0.01
# How far any step moves it at most, where steps are bounded. The second step follows the curvature
# that the first one met, which may be far from what there is elsewhere: it would go so far that the
# loss rises tenfold, and the next ones would find the way back.
LONGEST_STEP = 3 * FIRST_STEP
# The first step of the published method, which works on pixels in 0..255: the moves of all samples
# add up to one such unit, whatever the picture's size. That is too short for L-BFGS to learn the
# curvature from two nearly equal losses, particularly in bfloat16.
_PUBLISHED_UNIT = 1 / 255


class Lbfgs:
    """Minimises an objective of a picture by L-BFGS.

    Args:
        objective: what to minimise.
        start: (1, 3, height, width), the first picture to be evaluated.
        history: how many pairs of steps and gradients L-BFGS remembers; the default is that of
            torch and of the published notebook.
        basis: the coordinates that L-BFGS sees.
        first_step: how far the first step moves the average sample, in 0..1; None for the
            published method's step, which is shorter the larger the picture is.
        longest_step: how far any step moves the average sample at most, in 0..1; what is longer is
            shortened. None: as far as L-BFGS would have it, as published.
        goes_back: whether a step that raises the loss is taken back. What it tells of the curvature
            is kept, so that the next one, from where it began, is another one. That one is kept in
            any case: where all ways are steep, going on is better than to begin again and again.
    """

    takes_latest = False

    def __init__(
        self,
        objective: Objective,
        start: Tensor,
        history: int = 100,
        *,
        basis: Basis | None = None,
        first_step: float | None = FIRST_STEP,
        longest_step: float | None = None,
        goes_back: bool = False,
    ) -> None:
        self._objective = objective
        self._basis = basis or PixelBasis()
        # torch makes the first step one unit long, summed over all coordinates.
        self._unit = _PUBLISHED_UNIT if first_step is None else first_step * start.numel()
        self._most = None if longest_step is None else longest_step * start.numel() / self._unit
        coordinates = self._basis.from_pixels(start.detach().contiguous()) / self._unit
        self._coordinates = coordinates.requires_grad_()
        is_on_cpu = coordinates.device.type == "cpu"
        self._moves: Moves = (_TorchsOwn if is_on_cpu else CompactLbfgs)(coordinates, history)
        self.has_converged = False
        self._goes_back = goes_back
        self._last: _Known | None = None

    def step(self) -> Iterate:
        """Evaluates the current picture and moves on to the next.

        ``has_converged`` tells whether there was nowhere left to move. If the loss or gradient is
        not finite, nothing moves: the caller decides what to do about it.
        """
        image = self._basis.to_pixels(self._coordinates.detach() * self._unit)
        evaluation = self._objective.evaluate(image)
        if evaluation.is_finite:
            gradient = self._basis.to_pixels(evaluation.gradient) * self._unit
            if self._goes_back:
                self._move_or_return(evaluation.loss, gradient)
            else:
                self._move(evaluation.loss, gradient)
        return Iterate(image, evaluation)

    def state(self) -> dict[str, Any]:
        """Returns everything that :meth:`restore` needs to continue with the next step, of an
        optimiser that does not go back."""
        return {
            "coordinates": self._coordinates.detach(),
            "has_converged": self.has_converged,
            "lbfgs": self._moves.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from another optimiser's state, of the same objective and shape.

        Raises:
            KeyError, RuntimeError, TypeError, ValueError: if it is the state of something else.
        """
        self._check(state)
        with torch.no_grad():
            self._coordinates.copy_(state["coordinates"])
        self.has_converged = state["has_converged"]
        device = self._coordinates.device
        self._moves.restore({name: moved(value, device) for name, value in state["lbfgs"].items()})

    def _check(self, state: dict[str, Any]) -> None:
        """Raises an error for what torch would look at many steps later, or never."""
        values = state["lbfgs"]
        types = {"func_evals": int, "n_iter": int, "prev_loss": float}
        if type(state["has_converged"]) is not bool or any(
            type(values[name]) is not kind for name, kind in types.items()
        ):
            raise TypeError("its counts are none")
        scale = values["H_diag"]
        is_number = scale.numel() == 1 if isinstance(scale, Tensor) else isinstance(scale, int)
        if not is_number:
            raise TypeError("its scale is no number")
        steps, gradients, products = (values[name] for name in ("old_stps", "old_dirs", "ro"))
        for pair in zip(steps, gradients, strict=True):
            if any(one.numel() != self._coordinates.numel() for one in pair):
                raise ValueError("its pairs are of another size")
        if not isinstance(products, list) or len(products) != len(steps):
            raise ValueError("its pairs are not complete")

    def _move(self, loss: float, gradient: Tensor) -> None:
        with torch.no_grad():
            before = None if self._most is None else self._coordinates.detach().clone()
            self.has_converged = not self._moves.move(loss, gradient)
            if before is not None and self._most is not None:
                self._shorten(before, self._most)

    def _shorten(self, before: Tensor, most: float) -> None:
        """Brings the step from there to no more than so long."""
        step = self._coordinates.detach() - before
        # In float64, so that all systems shorten it alike.
        length = step.abs().sum(dtype=torch.float64).item()
        if length > most:
            step.mul_(most / length)
            self._coordinates.copy_(before + step)
            self._moves.went(step)

    def _move_or_return(self, loss: float, gradient: Tensor) -> None:
        here = _Known(self._coordinates.detach().clone(), loss, gradient)
        self._move(loss, gradient)
        last, self._last = self._last, here
        if last is not None and loss > last.loss:
            self._return_to(last, here)
            self._last = None

    def _return_to(self, last: _Known, here: _Known) -> None:
        """Moves on from the last point instead, knowing what this one told of the curvature."""
        # The way back is a step like any other. Its pair is that of the way there.
        self._moves.went(last.coordinates - here.coordinates)
        with torch.no_grad():
            self._coordinates.copy_(last.coordinates)
        self._move(last.loss, last.gradient)


class Moves(Protocol):
    """L-BFGS itself: moves coordinates in place, by what it remembers of the moves before."""

    def move(self, loss: float, gradient: Tensor) -> bool:
        """Moves from where these were found.

        Returns:
            Whether it did: where there is no slope left, there is nowhere to go.
        """
        ...

    def went(self, step: Tensor) -> None:
        """Says that the coordinates have been moved by this since, instead of by the last move."""
        ...

    def state(self) -> dict[str, Any]:
        """Returns what :meth:`restore` needs, in torch's own names for it."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from the state of any other that has made no moves of its own yet."""
        ...


@dataclass(frozen=True, eq=False)
class _Known:
    """A point at which the objective was evaluated: coordinates, loss, and gradient by them."""

    coordinates: Tensor
    loss: float
    gradient: Tensor


class _TorchsOwn:
    """torch's L-BFGS, one evaluation at a time; see :class:`Moves`."""

    def __init__(self, coordinates: Tensor, history: int) -> None:
        self._coordinates = coordinates
        # One iteration per step: torch then evaluates exactly once in it, and moves afterwards.
        self._lbfgs = _QuickToStart([coordinates], lr=1, max_iter=1, history_size=history)

    def move(self, loss: float, gradient: Tensor) -> bool:
        before = self._coordinates.detach().clone()
        self._coordinates.grad = gradient
        self._lbfgs.step(lambda: loss)  # type: ignore[no-untyped-call]
        self._coordinates.grad = None
        return not torch.equal(before, self._coordinates.detach())

    def went(self, step: Tensor) -> None:
        state = self._lbfgs.state[self._coordinates]
        state["d"], state["t"] = step.flatten(), 1.0

    def state(self) -> dict[str, Any]:
        return dict(self._lbfgs.state[self._coordinates])

    def restore(self, state: dict[str, Any]) -> None:
        # Not through load_state_dict, which would copy the whole history again.
        self._lbfgs.state[self._coordinates].update(state)


class _QuickToStart(torch.optim.LBFGS):
    """torch's own, without its compiler.

    To keep that from compiling its groups of parameters, torch imports all of it when the first one
    is added: two seconds in which nothing is painted.
    """

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        self.param_groups.append({**self.defaults, **param_group})
