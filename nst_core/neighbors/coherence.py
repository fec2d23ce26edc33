"""Choices that hang together, so that strokes are taken over whole.

Places that are matched one by one take their neighbours from all over a painting: what is painted
from these has strokes no longer than a place or two, and an even weave where they meet. Here, a
place prefers what continues the part of the painting that the places around it show. Coherence of
this kind is Ashikhmin's (2001, "Synthesizing natural textures"), the search among the
continuations that the places around offer that of PatchMatch (Barnes et al. 2009), and places are
improved in turn as in iterated conditional modes (Besag 1986, "On the statistical analysis of
dirty pictures").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# What it is worth if all places around agree, as a difference in similarity less price.
COHERENCE = 0.1
_PASSES = 4
AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
# No place: beyond the painting's edge.
_NONE = -1


@dataclass(frozen=True, eq=False)
class Layout:
    """Where in its painting each place is.

    Attributes:
        start, rows, columns: of the painting that a place belongs to: the index of its first
            place, and how many there are; (places,) each.
    """

    start: Tensor
    rows: Tensor
    columns: Tensor

    @classmethod
    def of(cls, shapes: Sequence[tuple[int, int]], device: torch.device) -> Layout:
        """Lays out paintings of (rows, columns) places one after another."""
        sizes = torch.tensor([rows * columns for rows, columns in shapes])
        starts = sizes.cumsum(0) - sizes
        rows, columns = torch.tensor(shapes).T
        return cls(*(x.repeat_interleave(sizes).to(device) for x in (starts, rows, columns)))

    def is_on_grid(self, step: int) -> Tensor:
        """Tells which places are in every so many-th row and column of their painting."""
        inside = torch.arange(len(self.start), device=self.start.device) - self.start
        return (inside // self.columns % step == 0) & (inside % self.columns % step == 0)

    def beside(self, places: Tensor, down: Tensor | int, right: Tensor | int) -> Tensor:
        """Returns the places so far down and to the right of others, -1 beyond the edges."""
        known = places.clamp(min=0)
        width = self.columns[known]
        inside = known - self.start[known]
        row, column = inside // width + down, inside % width + right
        is_there = (row >= 0) & (row < self.rows[known]) & (column >= 0) & (column < width)
        return torch.where(is_there & (places >= 0), known + down * width + right, _NONE)


def made_coherent(
    choice: Tensor, ours: Tensor, theirs: Tensor, prices: Tensor, layout: Layout
) -> Tensor:
    """Improves a choice place by place. Deterministic.

    Args:
        choice: (rows, columns), indices of the paintings' places.
        ours: directions of the picture's places, (rows * columns, channels).
        theirs: of the paintings', (places, channels).
        prices: (places,), infinite for those that must not be chosen.
        layout: of the paintings' places.

    Returns:
        A choice of the same shape.
    """
    rows, columns = choice.shape
    row = torch.arange(rows, device=choice.device)[:, None]
    column = torch.arange(columns, device=choice.device)
    # Of four sets in turn: no two places of one are neighbours.
    turns = [
        ((row % 2 == down) & (column % 2 == right)).flatten().nonzero().squeeze(1)
        for down in (0, 1)
        for right in (0, 1)
    ]
    choice = choice.clone()
    for _ in range(_PASSES if COHERENCE else 0):
        for places in turns:
            offers = continuations(choice, places, layout)
            best = _best(choice.flatten()[places], offers, ours[places], theirs, prices)
            choice.view(-1)[places] = best
    return choice


def continuations(choice: Tensor, places: Tensor, layout: Layout) -> Tensor:
    """Returns what places would have to be to continue the one on each side, (8, places)."""
    framed = torch.nn.functional.pad(choice, (1, 1, 1, 1), value=_NONE)
    columns = choice.shape[1]
    row, column = 1 + places // columns, 1 + places % columns
    down, right = torch.tensor(AROUND, device=choice.device).T[..., None]
    return layout.beside(framed[row + down, column + right], -down, -right)


def _best(now: Tensor, offers: Tensor, ours: Tensor, theirs: Tensor, prices: Tensor) -> Tensor:
    """Returns the best of what places have now and what is offered to them, (places,)."""
    candidates = torch.cat([now[None], offers])
    worth = torch.stack(
        [
            torch.linalg.vecdot(ours.float(), theirs[candidate].float()) - prices[candidate]
            for candidate in candidates.clamp(min=0)
        ]
    )
    agreement = (candidates[:, None] == offers[None]).float().mean(dim=1)
    worth = (worth + COHERENCE * agreement).masked_fill(candidates == _NONE, -torch.inf)
    return candidates.gather(0, worth.argmax(dim=0, keepdim=True)).squeeze(0)
