"""Choices that hang together, so that strokes are taken over whole.

Places that are matched one by one take their neighbours from all over a painting: what is painted
from these has strokes no longer than a place or two, and an even weave where they meet. Here, a
place prefers what continues the part of the painting that the places around it show. Coherence of
this kind is Ashikhmin's (2001, "Synthesizing natural textures"), the search among the
continuations that the places around offer that of PatchMatch (Barnes et al. 2009), and places are
improved in turn as in iterated conditional modes (Besag 1986, "On the statistical analysis of
dirty pictures").

Where whole strokes are taken over, a mark that is repeated is conspicuous, so it may have a cost to
repeat one nearby.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.networks.threads import one_thread

# What it is worth if all places around agree, as a difference in similarity less price.
COHERENCE = 0.1
# What it costs, on the same scale, to show a place that is shown nearby already.
REPETITION = 0.1
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
    choice: Tensor,
    ours: Tensor,
    theirs: Tensor,
    prices: Tensor,
    layout: Layout,
    nearby: int = 0,
) -> Tensor:
    """Improves a choice place by place. Deterministic.

    Args:
        choice: (rows, columns), indices of the paintings' places.
        ours: directions of the picture's places, (rows * columns, channels).
        theirs: of the paintings', (places, channels).
        prices: (places,), infinite for those that must not be chosen.
        layout: of the paintings' places.
        nearby: a place costs more if it is shown already within so many rows and columns; 0:
            never.

    Returns:
        A choice of the same shape.
    """
    rows, columns = choice.shape
    row = torch.arange(rows, device=choice.device)[:, None]
    column = torch.arange(columns, device=choice.device)
    # Of four sets in turn: no two places of one are neighbours. They do not see what others of
    # their set are about to show, so a few that would repeat each other never settle.
    turns = [
        ((row % 2 == down) & (column % 2 == right)).flatten().nonzero().squeeze(1)
        for down in (0, 1)
        for right in (0, 1)
    ]
    choice = choice.clone()
    for _ in range(_PASSES if COHERENCE else 0):
        for places in turns:
            offers = continuations(choice, places, layout)
            candidates = torch.cat([choice.flatten()[places][None], offers])
            worth = _worth(candidates, ours[places], theirs, prices)
            worth += COHERENCE * _agreement(candidates, offers)
            if nearby:
                worth -= REPETITION * _is_repeated(candidates, choice, places, nearby)
            worth.masked_fill_(candidates == _NONE, -torch.inf)
            best = worth.argmax(dim=0, keepdim=True)
            choice.view(-1)[places] = candidates.gather(0, best).squeeze(0)
    return choice


def continuations(choice: Tensor, places: Tensor, layout: Layout) -> Tensor:
    """Returns what places would have to be to continue the one on each side, (8, places)."""
    shown = torch.stack([*_shown(choice, places, AROUND)])
    down, right = torch.tensor(AROUND, device=choice.device).T[..., None]
    return layout.beside(shown, -down, -right)


def _shown(choice: Tensor, places: Tensor, offsets: Sequence[tuple[int, int]]) -> Iterator[Tensor]:
    """Yields the places shown beside others, at these offsets (down, right), (places,) each."""
    reach = max(map(max, offsets))
    framed = F.pad(choice, (reach,) * 4, value=_NONE)
    columns, width = choice.shape[1], framed.shape[1]
    at = (reach + places // columns) * width + reach + places % columns
    for down, right in offsets:
        yield torch.index_select(framed.view(-1), 0, at + (down * width + right))


def _worth(candidates: Tensor, ours: Tensor, theirs: Tensor, prices: Tensor) -> Tensor:
    """Returns the similarity of candidates less their price, (candidates, places)."""
    return torch.stack(
        [
            torch.linalg.vecdot(ours.float(), theirs[candidate].float()) - prices[candidate]
            for candidate in candidates.clamp(min=0)
        ]
    )


def _agreement(candidates: Tensor, offers: Tensor) -> Tensor:
    """Returns the part of the places around that offers each candidate, (candidates, places)."""
    return (candidates[:, None] == offers[None]).float().mean(dim=1)


def _is_repeated(candidates: Tensor, choice: Tensor, places: Tensor, nearby: int) -> Tensor:
    """Tells which candidates are shown nearby already, (candidates, places), 0 or 1."""
    reach = range(-nearby, nearby + 1)
    offsets = [(y, x) for y in reach for x in reach if y or x]
    if choice.device.type != "cpu":
        return _is_among(candidates, _shown(choice, places, offsets))
    # The steps are so short that other threads would take longer to wake.
    with one_thread():
        return _is_among_on_cpu(candidates, _shown(choice.float(), places, offsets))


def _is_among(candidates: Tensor, shown: Iterator[Tensor]) -> Tensor:
    """Tells which candidates are among what is shown, in few large steps."""
    together = torch.stack([*shown])
    return torch.stack([(one == together).any(dim=0) for one in candidates]).float()


def _is_among_on_cpu(candidates: Tensor, shown: Iterator[Tensor]) -> Tensor:
    """The same, where numbers in float32 are compared many at a time.

    They are exact below 2^24 places; beyond that, those beside a place may be taken for it.
    """
    candidates = candidates.float()
    nearest = torch.full_like(candidates, torch.inf)
    for one in shown:
        torch.minimum(nearest, (candidates - one).abs_(), out=nearest)
    return (nearest == 0).float()
