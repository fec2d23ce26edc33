"""How far a picture's columns are from those of the places that they are to look like."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor


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
    cosine = (F.normalize(columns, dim=1) * F.normalize(targets.to(columns.dtype), dim=1)).sum(1)
    distance = 1 - cosine
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
