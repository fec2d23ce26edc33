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

from typing import Any

import torch
from torch import Tensor

# Pairs for which memory is taken at first; after that, as many as there are.
_FIRST = 10
# As for torch's: pairs that say nothing of the curvature are not kept, and where the slope has
# ended, nothing moves.
_LEAST_CURVATURE = 1e-10
_LEAST_GRADIENT, _LEAST_DESCENT = 1e-7, 1e-9


class CompactLbfgs:
    """See :class:`nst_core.optim.lbfgs.Moves`.

    Args:
        coordinates: what is moved, in place; float32 or better.
        history: how many pairs are remembered.
    """

    def __init__(self, coordinates: Tensor, history: int) -> None:
        self._coordinates = coordinates
        self._history = history
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
            own = torch.stack([step @ change, change @ change]).double().cpu()
            by_pairs = self._pairs.in_order(self._pairs.products(change).double().cpu())
            self._pairs.append(step, change, torch.cat([by_pairs, own[:, None]], dim=1))

    def _next_step(self, gradient: Tensor) -> Tensor | None:
        """Learns what the last step told of the curvature, and returns the next step."""
        step, change = self._step, gradient - self._gradient
        own = [pair @ other for other in (gradient, change) for pair in (step, change)]
        about = torch.stack([gradient.abs().max(), gradient @ gradient, *own])
        by_rows = [self._pairs.products(gradient), self._pairs.products(change)]
        # The device is waited for once.
        found = torch.cat([about, *by_rows]).cpu().double()
        largest, square = found[:2].tolist()
        by_pairs = torch.stack([self._pairs.in_order(part) for part in found[6:].chunk(2)])
        products = torch.cat([by_pairs, found[2:6].view(2, 2, 1)], dim=2)
        if largest <= _LEAST_GRADIENT:
            return None
        by_gradient, by_change = products
        curvature, squared_change = by_change[:, -1].tolist()
        if curvature > _LEAST_CURVATURE:
            self._pairs.append(step, change, by_change)
            self._scale = curvature / squared_change
            by_gradient = by_gradient[:, -len(self._pairs) :]
        else:
            by_gradient = by_gradient[:, :-1]
        coefficients = self._pairs.coefficients(by_gradient, self._scale)
        descent = self._scale * square + float((coefficients * by_gradient).sum())
        if descent < _LEAST_DESCENT:
            # Rounded products of pairs that are nearly alike: they tell nothing.
            self._pairs = _Pairs(self._history, self._coordinates)
            return _first_step(gradient)
        return self._pairs.added_to(gradient * -self._scale, -coefficients)


def _first_step(gradient: Tensor) -> Tensor | None:
    """Returns a step down the slope, at most one unit long, summed over all coordinates."""
    largest, total = torch.stack([gradient.abs().max(), gradient.abs().sum()]).tolist()
    return None if largest <= _LEAST_GRADIENT else gradient * -min(1.0, 1 / total)


class _Pairs:
    """The last steps and changes of the gradient, on the device, and their products, on the CPU.

    Args:
        most: how many are kept.
        like: a tensor of as many coordinates, of their number format and device.
    """

    def __init__(self, most: int, like: Tensor) -> None:
        self._most = most
        self._like = like
        # Each pair is two rows of a chunk, which are (rows, coordinates).
        self._chunks: list[Tensor] = []
        # Which of the chunks, and which pair of it, each place for a pair is.
        self._places: list[tuple[int, int]] = []
        # At which place each pair is, the oldest first.
        self._order: list[int] = []
        self._steps_by_changes = torch.empty(0, 0, dtype=torch.float64)
        self._changes_by_changes = torch.empty(0, 0, dtype=torch.float64)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def curvatures(self) -> list[float]:
        """The product of each pair's step and change."""
        found: list[float] = self._steps_by_changes.diagonal().tolist()
        return found

    def vectors(self) -> tuple[list[Tensor], list[Tensor]]:
        """Returns all steps and all changes, the oldest first."""
        pairs = [self._pair(place) for place in self._order]
        return [step for step, _ in pairs], [change for _, change in pairs]

    def products(self, vector: Tensor) -> Tensor:
        """Returns the products with all rows, which :meth:`in_order` brings into order."""
        found = [chunk @ vector for chunk in self._chunks]
        return torch.cat(found) if found else vector.new_empty(0)

    def in_order(self, by_rows: Tensor) -> Tensor:
        """Returns products with all steps and all changes, (2, pairs), from those with all rows."""
        return by_rows.view(-1, 2)[self._order].T

    def append(self, step: Tensor, change: Tensor, by_change: Tensor) -> None:
        """Remembers a pair, in place of the oldest if need be.

        Args:
            step, change: as vectors.
            by_change: products of the change with all steps and all changes, and at last with its
                own, (2, pairs + 1), float64, on the CPU.
        """
        if len(self) == self._most:
            place = self._order.pop(0)
            self._steps_by_changes = self._steps_by_changes[1:, 1:]
            self._changes_by_changes = self._changes_by_changes[1:, 1:]
            by_change = by_change[:, 1:]
        else:
            place = len(self)
            if place == len(self._places):
                self._make_room()
        self._order.append(place)
        for row, vector in zip(self._pair(place), (step, change), strict=True):
            row.copy_(vector)
        by_steps, by_changes = by_change
        # Below the diagonal nothing is needed of the one; the other is symmetric.
        self._steps_by_changes = _bordered(self._steps_by_changes, by_steps, 0 * by_steps)
        self._changes_by_changes = _bordered(self._changes_by_changes, by_changes, by_changes)

    def coefficients(self, by_gradient: Tensor, scale: float) -> Tensor:
        """Returns how often H g, less its first summand, has each step and each change.

        Args:
            by_gradient: products of the gradient with all steps and changes, (2, pairs), float64.
            scale: c above.

        Returns:
            (2, pairs), float64.
        """
        triangle = self._steps_by_changes
        by_steps, by_changes = by_gradient[..., None]
        middle = triangle.diagonal().diag() + scale * self._changes_by_changes
        inner = torch.linalg.solve_triangular(triangle, by_steps, upper=True)
        outer = torch.linalg.solve_triangular(
            triangle.T, middle @ inner - scale * by_changes, upper=False
        )
        return torch.stack([outer, -scale * inner]).squeeze(2)

    def added_to(self, vector: Tensor, coefficients: Tensor) -> Tensor:
        """Adds each step and each change to a vector so many times, in place; returns it."""
        by_rows = torch.zeros(len(self._places), 2, dtype=torch.float64)
        by_rows[self._order] = coefficients.T
        factors = by_rows.flatten().to(vector.dtype).to(vector.device)
        sizes = [len(chunk) for chunk in self._chunks]
        for chunk, factor in zip(self._chunks, torch.split(factors, sizes), strict=True):
            vector.addmv_(chunk.T, factor)
        return vector

    def _make_room(self) -> None:
        """Takes memory for more pairs."""
        more = min(max(_FIRST, len(self)), self._most - len(self))
        self._places += [(len(self._chunks), pair) for pair in range(more)]
        self._chunks.append(self._like.new_zeros(2 * more, self._like.numel()))

    def _pair(self, place: int) -> Tensor:
        """Returns the step and the change at a place, (2, coordinates)."""
        chunk, pair = self._places[place]
        return self._chunks[chunk][2 * pair : 2 * pair + 2]


def _bordered(matrix: Tensor, column: Tensor, row: Tensor) -> Tensor:
    """Returns a matrix with a column on its right and a row below, which end alike."""
    wider = torch.cat([matrix, column[:-1, None]], dim=1)
    return torch.cat([wider, torch.cat([row[:-1], column[-1:]])[None]], dim=0)
