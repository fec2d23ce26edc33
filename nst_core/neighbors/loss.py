"""How far a picture's columns are from those of the places that they are to look like."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# What a length is taken for at least: a column of nothing has no direction.
_LITTLE = 1e-12


def cosine_loss(
    columns: Tensor, targets: Tensor, weight: Tensor | None = None, total: float | None = None
) -> Tensor:
    """Mean of 1 - cosine(column, target) over the places (Kolkin et al. 2022, equation 1).

    Additive: over the tiles of a picture the losses sum up to the picture's, each taken with the
    total of the whole picture.

    Args:
        columns: (places, channels), of the picture or a part of it. Differentiable.
        targets: of the same shape, fixed. Lengths do not matter on either side.
        weight: how much each place counts, (places,), at least 0; None: all alike.
        total: sum of the weights, or number of places, of the whole picture; None: of these.

    Returns:
        A scalar; 0 if all columns point as their targets do, 1 where they have nothing in common
        or there is no column at all.
    """
    distance: Tensor = 1 - _Cosine.apply(columns, targets)  # type: ignore[no-untyped-call]
    if weight is None:
        return distance.sum() / (len(distance) if total is None else total)
    return (weight * distance).sum() / (weight.sum() if total is None else total)


def neighbor_loss(
    columns: Tensor,
    style_columns: Tensor,
    choice: Tensor,
    weight: Tensor | None = None,
    total: float | None = None,
) -> Tensor:
    """The cosine loss against the chosen places of the paintings.

    A choice is one number for each place where its target has a thousand: it is what to keep
    between evaluations, and in a checkpoint.

    Args:
        columns, weight, total: as for :func:`cosine_loss`.
        style_columns: (places of the paintings, channels).
        choice: (places,), indices into them.
    """
    return cosine_loss(columns, torch.index_select(style_columns, 0, choice), weight, total)


class _Cosine(torch.autograd.Function):
    """Cosines of rows with fixed ones, in a fourth of the passes that autograd takes.

    Columns of a whole picture are as large as its first feature maps.
    """

    @staticmethod
    def forward(ctx: Any, columns: Tensor, targets: Tensor) -> Tensor:
        targets = targets.to(columns.dtype)
        lengths, theirs = _lengths(columns), _lengths(targets)
        cosine: Tensor = torch.linalg.vecdot(columns, targets) / (lengths * theirs)
        ctx.save_for_backward(columns, targets, lengths, theirs, cosine)
        return cosine

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_cosine: Tensor) -> tuple[Tensor, None]:
        columns, targets, lengths, theirs, cosine = ctx.saved_tensors
        slope = by_cosine / lengths
        along = columns * (-slope * cosine / lengths)[:, None]
        return along.addcmul_(targets, (slope / theirs)[:, None]), None


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return lengths.clamp(min=_LITTLE)
