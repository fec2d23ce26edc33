"""How far a picture's columns are from those of the places that they are to look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# What a length is taken for at least: a column that is the mean has no direction.
_LITTLE = 1e-12
# Numbers that are computed at a time: few enough for what comes in between to take little memory.
_PART = 2**21
# The same, where they are to stay in a processor's cache.
_STRIP = 2**19


def directions(columns: Tensor, center: Tensor) -> Tensor:
    """Returns in which direction each column lies from the centre.

    Args:
        columns: (places, channels).
        center: (channels,), what is common to all: without it, all columns lie in nearly the same
            direction.

    Returns:
        Vectors of length 1, or 0 for a column that is the centre; (places, channels), float32 or
        better.
    """
    apart = columns - center
    # In place: columns of a large picture take gigabytes.
    return apart.div_(_lengths(apart)[:, None])


def mean_of(columns: Tensor, counts: Tensor) -> Tensor:
    """Returns the mean column.

    Args:
        columns: (places, channels).
        counts: what each place counts, (places,), together 1.

    Returns:
        (channels,), in the counts' number format.
    """
    # Not as a product of a vector and a matrix, which libraries for matrices round as they like.
    rows = max(1, _PART // columns.shape[1])
    parts = zip(torch.split(columns, rows), torch.split(counts[:, None], rows), strict=True)
    return torch.stack([(part * count).sum(dim=0) for part, count in parts]).sum(dim=0)


def cosine_loss(
    columns: Tensor,
    aims: Tensor,
    center: Tensor,
    weight: Tensor | None = None,
    total: float | None = None,
) -> Tensor:
    """Mean of 1 - cosine over the places (Kolkin et al. 2022, equation 1).

    The paper takes cosines of the columns as they are. These are about the centre, as those by
    which the places are matched.

    Additive: over the tiles of a picture the losses sum up to the picture's, each taken with the
    total of the whole picture.

    Args:
        columns: (places, channels), of the picture or a part of it. Differentiable.
        aims: which way the columns are to lie from the centre, of the same shape, fixed. A mean of
            several directions, which is shorter than 1, has the mean of their losses.
        center: (channels,), float32 or better.
        weight: how much each place counts, (places,), at least 0; None: all alike.
        total: sum of the weights, or number of places, of the whole picture; None: of these.

    Returns:
        A scalar; 0 if all columns lie as their aims do, 1 where they have nothing in common or the
        column is the centre.
    """
    distance: Tensor = 1 - _Cosine.apply(columns, aims, center)  # type: ignore[no-untyped-call]
    if weight is None:
        return distance.sum() / (len(distance) if total is None else total)
    return (weight * distance).sum() / (weight.sum() if total is None else total)


class _Cosine(torch.autograd.Function):
    """Cosines of rows about a centre with fixed directions, in a fourth of autograd's passes.

    Columns of a whole picture are as large as its first feature maps. So the centre c is never
    taken off them: <f - c, a> = <f, a> - <c, a>, and |f - c|^2 = |f|^2 - 2 <f, c> + |c|^2.
    """

    @staticmethod
    def forward(ctx: Any, columns: Tensor, aims: Tensor, center: Tensor) -> Tensor:
        center = center.to(columns.dtype)
        squares, along_aims = columns.new_empty(2, len(columns))
        for part, aim, square, along_aim in _in_parts(columns, aims, squares, along_aims):
            _products(part, aim.to(columns.dtype), center, square, along_aim)
        lengths = squares.clamp_(min=0).sqrt_().clamp_(min=_LITTLE)
        cosine: Tensor = along_aims.div_(lengths)
        ctx.save_for_backward(columns, aims, center, lengths, cosine)
        return cosine

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_cosine: Tensor) -> tuple[Tensor, None, None]:
        columns, aims, center, lengths, cosine = ctx.saved_tensors
        slope = by_cosine / lengths
        back = -slope * cosine / lengths
        gradient = torch.empty_like(columns)
        # Products and sums in passes of their own, so that all systems round them alike.
        for into, part, aim, by, toward in _in_parts(
            gradient, columns, aims, back[:, None], slope[:, None]
        ):
            torch.mul(part, by, out=into).sub_(by * center).add_(aim.to(part.dtype) * toward)
        return gradient, None, None


def _products(
    columns: Tensor, aims: Tensor, center: Tensor, squares: Tensor, along_aims: Tensor
) -> None:
    """Writes the squared lengths of columns about the centre, and how far they lie along the aims.

    Not as products of a matrix and a vector, as in :func:`mean_of`.
    """
    dot = torch.linalg.vecdot
    torch.sub(dot(columns, columns), 2 * dot(columns, center), out=squares).add_(center @ center)
    torch.sub(dot(columns, aims), dot(aims, center), out=along_aims)


def _in_parts(columns: Tensor, *more: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yields parts of so many rows that what comes in between stays in a processor's cache."""
    size = _STRIP if columns.device.type == "cpu" else _PART
    rows = max(1, size // columns.shape[1])
    return zip(*(torch.split(x, rows) for x in (columns, *more)), strict=True)


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return lengths.clamp(min=_LITTLE)
