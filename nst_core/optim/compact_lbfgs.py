"""L-BFGS for accelerators: its direction by a few large products instead of many small ones.

torch's own goes through its pairs of steps and gradients one after the other, twice at each step,
and waits for the device at each of them. On a GPU, a hundred pairs of a small picture take several
times as long as the evaluation (docs/performance.md). The compact representation of Byrd, Nocedal
and Schnabel (1994, "Representations of quasi-Newton matrices and their use in limited memory
methods", theorem 2.2) gives the same direction. With the steps s and the changes y of the gradient
as columns of S and Y,

    H g = c g + [S  c Y] [ R^-T (D + c Y^T Y) R^-1   -R^-T ] [  S^T g  ]
                         [         -R^-1                0  ] [ c Y^T g ]

where c = s^T y / y^T y of the last pair, R is the upper triangle of S^T Y, and D its diagonal.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

# As for torch's: pairs that say nothing of the curvature are not kept, and where the slope has
# ended, nothing moves.
_LEAST_CURVATURE = 1e-10
_LEAST_GRADIENT, _LEAST_DESCENT = 1e-7, 1e-9


class CompactLbfgs:
    """See :class:`nst_core.optim.lbfgs.Moves`.

    Args:
        coordinates: what is moved, in place; float32 or better.
        history: how many pairs are remembered. Memory is taken for all of them at once.
    """

    def __init__(self, coordinates: Tensor, history: int) -> None:
        self._coordinates = coordinates
        self._pairs = _Pairs(history, coordinates)
        self._made = 0
        self._scale = 1.0
        # The last step, and the gradient and the loss where it began.
        self._step = torch.empty(0)
        self._gradient = torch.empty(0)
        self._loss = 0.0

    def move(self, loss: float, gradient: Tensor) -> bool:
        gradient = gradient.detach().flatten()
        step = self._next_step(gradient) if self._made else _first_step(gradient)
        if step is None:
            return False
        self._made += 1
        self._step, self._gradient, self._loss = step, gradient.clone(), loss
        self._coordinates.add_(step.view_as(self._coordinates))
        return True

    def went(self, step: Tensor) -> None:
        self._step = step.flatten()

    def state(self) -> dict[str, Any]:
        steps, changes = self._pairs.vectors()
        return {
            "func_evals": self._made,
            "n_iter": self._made,
            "d": self._step,
            "t": 1.0,
            "old_stps": steps,
            "old_dirs": changes,
            "ro": [1 / curvature for curvature in self._pairs.curvatures],
            "H_diag": torch.tensor(self._scale),
            "prev_flat_grad": self._gradient,
            "prev_loss": self._loss,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._made, self._loss = state["n_iter"], state["prev_loss"]
        self._scale = float(state["H_diag"])
        self._step, self._gradient = state["d"] * state["t"], state["prev_flat_grad"]
        for step, change in zip(state["old_stps"], state["old_dirs"], strict=True):
            self._pairs.propose(step, change)
            self._pairs.accept(self._pairs.products(self._pairs.proposed_change).double().cpu())

    def _next_step(self, gradient: Tensor) -> Tensor | None:
        """Learns what the last step told of the curvature, and returns the next step."""
        pairs = self._pairs
        pairs.propose(self._step, gradient - self._gradient)
        about = torch.stack([torch.linalg.vector_norm(gradient, torch.inf), gradient @ gradient])
        by_rows = [pairs.products(gradient), pairs.products(pairs.proposed_change)]
        # The device is waited for once.
        found = torch.cat([about, *by_rows]).cpu().double()
        largest, square = found[:2].tolist()
        if largest <= _LEAST_GRADIENT:
            return None
        by_gradient, by_change = found[2:].chunk(2)
        curvature, squared_change = by_change[pairs.proposed].tolist()
        if curvature > _LEAST_CURVATURE:
            pairs.accept(by_change)
            self._scale = curvature / squared_change
        coefficients = pairs.coefficients(by_gradient, self._scale)
        descent = self._scale * square + float(coefficients @ by_gradient)
        if descent < _LEAST_DESCENT:
            # Rounded products of pairs that are nearly alike: they tell nothing.
            pairs.forget()
            return _first_step(gradient)
        return pairs.added_to(gradient * -self._scale, -coefficients)


def _first_step(gradient: Tensor) -> Tensor | None:
    """Returns a step down the slope, at most one unit long, summed over all coordinates."""
    largest, total = torch.stack([gradient.abs().max(), gradient.abs().sum()]).tolist()
    return None if largest <= _LEAST_GRADIENT else gradient * -min(1.0, 1 / total)


class _Pairs:
    """The last steps and changes of the gradient, on the device, and their products, on the CPU.

    Each pair has a place: two rows, the step and the change. A device is asked for few and large
    products, since asking takes longer than many small ones: so the rows lie in one matrix, and a
    pair is multiplied in its place before it is known whether it will be remembered.

    Args:
        most: how many are kept.
        like: a tensor of as many coordinates, of their number format and device.
    """

    def __init__(self, most: int, like: Tensor) -> None:
        self._most = most
        self._like = like
        # Those of the steps (first) and of the changes (second) with the changes, by their places,
        # as far as they are known: with the change of the same pair and of later ones.
        self._products = torch.zeros(2, most + 1, most + 1, dtype=torch.float64)
        self.forget()

    def forget(self) -> None:
        """Remembers none."""
        # At which place each pair is, the oldest first; all others are free. Places are taken in
        # turn, so that those that have ever been used are the first.
        self._places: list[int] = []
        self._proposed = 0
        self._used = 0

    @functools.cached_property
    def _rows(self) -> Tensor:
        # Not before there is a pair: the first evaluation takes memory that is free afterwards. One
        # place more than there are pairs to be remembered: that of the proposed one.
        return self._like.new_empty(2 * (self._most + 1), self._like.numel())

    @property
    def proposed(self) -> slice:
        """The two rows of the proposed pair."""
        return slice(2 * self._proposed, 2 * self._proposed + 2)

    @property
    def proposed_change(self) -> Tensor:
        """The change of the gradient of the proposed pair."""
        return self._rows[2 * self._proposed + 1]

    @property
    def curvatures(self) -> list[float]:
        """The product of each pair's step and change."""
        found: list[float] = self._products[0].diagonal()[self._places].tolist()
        return found

    def vectors(self) -> tuple[list[Tensor], list[Tensor]]:
        """Returns copies of all steps and all changes in main memory, the oldest first."""
        steps, changes = (
            # What is saved of a part of a tensor is all of it.
            [self._rows[2 * place + which].to("cpu", copy=True) for place in self._places]
            for which in (0, 1)
        )
        return steps, changes

    def propose(self, step: Tensor, change: Tensor) -> None:
        """Takes a pair in, as vectors; the next one takes its place unless it is accepted."""
        self._used = max(self._used, self._proposed + 1)
        for row, vector in zip(self._rows[self.proposed], (step, change), strict=True):
            row.copy_(vector)

    def products(self, vector: Tensor) -> Tensor:
        """Returns the products of a vector with all rows, among them those of the proposed pair."""
        return self._rows[: 2 * self._used] @ vector

    def accept(self, by_change: Tensor) -> None:
        """Remembers the proposed pair, and the oldest no longer if need be.

        Args:
            by_change: products of its change with all rows, float64, on the CPU.
        """
        by_pairs = by_change.view(-1, 2).T
        self._products[:, : self._used, self._proposed] = by_pairs
        # Those of changes with changes are symmetric.
        self._products[1, self._proposed, : self._used] = by_pairs[1]
        self._places.append(self._proposed)
        is_full = len(self._places) > self._most
        self._proposed = self._places.pop(0) if is_full else self._used

    def coefficients(self, by_gradient: Tensor, scale: float) -> Tensor:
        """Returns how often H g, less its first summand, has each row.

        Args:
            by_gradient: products of the gradient with all rows, float64.
            scale: c above.

        Returns:
            (rows,), float64.
        """
        order = torch.tensor(self._places, dtype=torch.int64)
        by_steps, by_changes = by_gradient.view(-1, 2)[order].T[..., None]
        # What is below the diagonal of the first is not looked at.
        triangle, middle = self._products.index_select(1, order).index_select(2, order)
        middle.mul_(scale).diagonal().add_(triangle.diagonal())
        inner = torch.linalg.solve_triangular(triangle, by_steps, upper=True)
        outer = torch.linalg.solve_triangular(
            triangle.T, middle @ inner - scale * by_changes, upper=False
        )
        found = torch.zeros_like(by_gradient)
        found.view(-1, 2)[order] = torch.cat([outer, -scale * inner], dim=1)
        return found

    def added_to(self, vector: Tensor, coefficients: Tensor) -> Tensor:
        """Adds each row to a vector so many times, in place; returns it."""
        factors = coefficients.to(vector.dtype).to(vector.device)
        return vector.addmv_(self._rows[: len(factors)].T, factors)
