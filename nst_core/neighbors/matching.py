"""Which place of the paintings each place of the picture is to look like.

Nearest neighbours alone choose few places of a painting again and again. Here every place has a
price that rises while it is chosen more often than is desired, and each place of the picture takes
the neighbour with the highest similarity less its price. That is transport with a relaxed marginal:
of all plans P that take what the picture has (w) to places of the paintings, the one with the
largest

    <P, similarity> - T KL(P | w x desired) - R KL(usage | desired)

where usage is what each place is chosen in all. With R = 0 the similarity alone decides, with R
without bound usage is as desired. The best prices satisfy p = R log(usage / desired), and
Sinkhorn's iteration for relaxed marginals (Chizat et al. 2018, "Scaling algorithms for unbalanced
optimal transport problems", section 4) finds them:

    p <- b (p + T log(usage / desired)),    b = R / (R + T)

It shortens the distance to the solution by a factor of b or better at each step. ``balance`` is b.
Gu et al. 2018 ("Arbitrary Style Transfer with Deep Feature Reshuffle") balance the use of patches
by a penalty on how often each was chosen before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nst_core.neighbors.coherence import Layout, made_coherent
from nst_core.neighbors.loss import directions, mean_of
from nst_core.neighbors.style_places import StylePlaces
from nst_core.networks.device import exact_device, fast_format
from nst_core.networks.rounding import rounded

# T above: differences in similarity (-1..1) that hardly matter. Half of it changes neither how much
# of a painting is used nor how similar it is, and takes twice the steps.
_TEMPERATURE = 0.01
# Places on each side that prices are iterated on; all others' prices follow from these.
SAMPLE = 3000
# Prices are found when a step moves them by less than this part of the temperature on average, as
# seen by the places that are to be used: usage is within so much of the solution's.
_TOLERANCE = 0.01
_MOST_STEPS = 1000
# As a part of the desired one: the price of a place that nobody would have falls by this at a step,
# instead of beyond all numbers.
_LEAST_USAGE = 1e-6
# Directions that similarities are computed in. Of columns of 960 channels, the 128 principal ones
# hold 93 to 95 % of the variance, and choices by them are as similar but for 0.0015, a sixth of the
# temperature (measured on photographs); it takes an eighth of the work.
DIRECTIONS = 128
# Of so few places of the paintings, similarities take less time than their principal axes.
FEW = 1024
# Rows that are converted to another number format at a time, to be multiplied.
_CONVERTED = 2**14
# Pairs of places that are compared at most: those of 512 x 512 pixels with a painting as large.
MOST_PAIRS = 2**28
# Bytes of similarities that are looked at at a time.
BLOCK_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of the matching.

    Attributes:
        directions: (places, channels), of unit length unless they are projected.
        counts: what each place counts, (places,), together 1.
    """

    directions: Tensor
    counts: Tensor

    def sample(self, generator: torch.Generator) -> _Side:
        chosen = torch.randperm(len(self.counts), generator=generator)[:SAMPLE]
        chosen = chosen.sort().values.to(self.counts.device)
        counts = self.counts[chosen]
        return _Side(self.directions[chosen], counts / counts.sum())


def directions_compared(channels: int, places: int) -> int:
    """Returns in how many directions columns of so many channels are compared.

    Args:
        channels: of the columns.
        places: of the paintings.
    """
    return channels if places <= FEW else min(channels, DIRECTIONS)


def match(
    query: Tensor,
    style: StylePlaces,
    *,
    balance: float,
    weight: Tensor | None = None,
    seed: int = 0,
    columns: int | None = None,
) -> Tensor:
    """Chooses a place of the paintings for each of the picture's. Deterministic.

    Regions with styles of their own are matched one by one, each with its styles' places.

    Args:
        query: columns (places, channels) to be matched, made with the style's factors.
        style: what there is to choose from.
        balance: 0..1. 0 takes the most similar place, 1 uses all places as desired.
        weight: how much each place of the query counts in the usage, (places,), at least 0 and
            not 0 all over, as a mask has it; None: all alike. Places with 0 get the best match
            at the prices that the others make.
        seed: of the sample that prices are found on.
        columns: how many places of the query lie side by side; choices of neighbours then hang
            together. None: each is made for itself.

    Returns:
        (places,), indices of the style's places.

    Raises:
        ValueError: if the balance is out of range.
    """
    matcher = Matcher.without_prices(style).priced(
        query, style.desired, balance=balance, weight=weight, seed=seed
    )
    return matcher.choose(query, columns)


@dataclass(frozen=True, eq=False)
class Matcher:
    """The paintings' places at their prices, for all of a picture's places or any of them.

    Attributes:
        theirs: directions of the paintings' places, (places, channels), or along the axes; in a
            number format that is multiplied fast.
        shapes: rows and columns of the places of each painting.
        axes: their principal axes, (channels, DIRECTIONS); None with fewer channels, or few places.
        mean: of the picture's columns, (channels,), float32.
        prices: of the paintings' places, (places,), float32; infinite for those that are never
            chosen.
    """

    theirs: Tensor
    shapes: Sequence[tuple[int, int]]
    axes: Tensor | None
    mean: Tensor
    prices: Tensor

    @classmethod
    def without_prices(cls, style: StylePlaces) -> Matcher:
        """Prepares the paintings' places, whatever is to be painted after them."""
        ways = style.directions
        mean, prices = torch.zeros_like(style.mean), torch.zeros_like(style.desired)
        if directions_compared(ways.shape[1], len(ways)) == ways.shape[1]:
            return cls(ways.to(fast_format(ways)), style.shapes, None, mean, prices)
        axes = _principal_axes(ways, style.desired).to(fast_format(ways))
        return cls(_along(axes, ways), style.shapes, axes, mean, prices)

    def priced(
        self,
        sample: Tensor,
        desired: Tensor,
        *,
        balance: float,
        weight: Tensor | None = None,
        seed: int = 0,
    ) -> Matcher:
        """Finds the prices by all or some of a picture's places; see :func:`match`.

        Args:
            desired: of the paintings' places, as :class:`StylePlaces` has it.
        """
        if not 0 <= balance <= 1:
            raise ValueError(f"balance is {balance}; it must be within 0..1")
        counts = torch.ones_like(sample[:, 0]) if weight is None else weight
        counts = counts.float() / counts.sum()
        free = replace(self, mean=mean_of(sample, counts))
        ours = _Side(free._along_axes(sample), counts)
        return replace(free, prices=_prices(ours, _Side(self.theirs, desired), balance, seed))

    def choose(self, query: Tensor, columns: int | None = None, nearby: int = 0) -> Tensor:
        """Returns (places,), indices of the paintings' places; see :func:`match`.

        Args:
            nearby: as for :func:`nst_core.neighbors.coherence.made_coherent`.
        """
        ours = self._along_axes(query)
        if columns is None:
            return _nearest(ours, self.theirs, self.prices)
        layout = Layout.of(self.shapes, query.device)
        first = _searched(ours, self.theirs, self.prices, layout, columns)
        return made_coherent(first, ours, self.theirs, self.prices, layout, nearby).flatten()

    def _along_axes(self, query: Tensor) -> Tensor:
        # About the side's own mean: the lightest of one side is like that of the other.
        ways = directions(query, self.mean).to(query.dtype)
        return ways.to(self.theirs.dtype) if self.axes is None else _along(self.axes, ways)


def _along(axes: Tensor, ways: Tensor) -> Tensor:
    """Returns vectors along axes, in the axes' number format."""
    if ways.dtype == axes.dtype:
        return ways @ axes
    # Part by part: converted at once, they would take twice their memory.
    return torch.cat([part.to(axes.dtype) @ axes for part in torch.split(ways, _CONVERTED)])


def _nearest(ours: Tensor, theirs: Tensor, prices: Tensor) -> Tensor:
    """Returns the place with the highest similarity less its price, for each of ours."""
    best = [cosines(part, theirs).sub_(prices).argmax(dim=1) for part in _blocks(ours, len(theirs))]
    return torch.cat(best)


def _searched(ours: Tensor, theirs: Tensor, prices: Tensor, layout: Layout, columns: int) -> Tensor:
    """Returns a first choice, (rows, columns).

    In large pictures only every second place, or every third, is searched for, and among every
    second or third of the paintings' alone: those between continue what was found. Which of them
    would rather have something else comes out when the choices are made coherent.
    """
    step = math.ceil((len(ours) * len(theirs) / MOST_PAIRS) ** 0.25)
    if step <= 1:
        return _nearest(ours, theirs, prices).view(-1, columns)
    among = (layout.is_on_grid(step) & prices.isfinite()).nonzero().squeeze(1)
    if not len(among):
        among = prices.isfinite().nonzero().squeeze(1)
    asking = ours.view(-1, columns, ours.shape[1])[::step, ::step]
    found = among[_nearest(asking.flatten(end_dim=1), theirs[among], prices[among])]
    found = found.view(asking.shape[:2])
    choice = found.new_empty(len(ours) // columns, columns)
    for down in range(step):
        for right in range(step):
            part = choice[down::step, right::step]
            near = found[: part.shape[0], : part.shape[1]]
            there = layout.beside(near, down, right)
            can_be = (there >= 0) & prices[there.clamp(min=0)].isfinite()
            part.copy_(torch.where(can_be, there, near))
    return choice


def _principal_axes(ways: Tensor, counts: Tensor) -> Tensor:
    """Returns the directions in which vectors differ most, (channels, DIRECTIONS)."""
    exact = ways.float()
    # Not every accelerator decomposes matrices. All systems find the same axes but for their signs.
    spread = (exact.T @ (exact * counts[:, None])).cpu().double()
    axes: Tensor = torch.linalg.eigh(spread).eigenvectors[:, -DIRECTIONS:]
    return rounded(axes, torch.float32).to(ways.device)


def _prices(ours: _Side, theirs: _Side, balance: float, seed: int) -> Tensor:
    """Returns what the places of the paintings cost.

    What is desired more is cheaper too, beyond what usage asks for: the cheapest place then is the
    one that the plan gives most to. What is not desired at all has no price: it is infinite.
    """
    prices = torch.full_like(theirs.counts, torch.inf)
    usable = theirs.counts.nonzero().squeeze(1)
    theirs = _Side(theirs.directions[usable], theirs.counts[usable])
    prices[usable] = _finite_prices(ours, theirs, balance, seed) if balance else 0.0
    return prices


def _finite_prices(ours: _Side, theirs: _Side, balance: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    counted = ours.counts.nonzero().squeeze(1)
    ours = _Side(ours.directions[counted], ours.counts[counted]).sample(generator)
    some = theirs.sample(generator)
    similarity = cosines(ours.directions, some.directions)
    prices = iterate_prices(similarity, ours.counts, some.counts, balance)
    # What a place of the picture gets at these prices: the other half of the dual solution, from
    # which follow the prices of places outside the sample.
    gain = torch.logsumexp((similarity - prices) / _TEMPERATURE + some.counts.log(), dim=1)
    offset = ours.counts.log() - gain
    demand = torch.cat(
        [
            torch.logsumexp(cosines(part, ours.directions) / _TEMPERATURE + offset, dim=1)
            for part in _blocks(theirs.directions, len(offset))
        ]
    )
    return _TEMPERATURE * (balance * demand - theirs.counts.log())


def iterate_prices(similarity: Tensor, counts: Tensor, desired: Tensor, balance: float) -> Tensor:
    """Returns the prices of all columns of a matrix of similarities.

    In float64: where a picture has too much of what a painting has little of, prices differ by as
    much as similarities can, and e to the power of 2 / T is beyond float32.

    Args:
        similarity: (places of the picture, places of the paintings).
        counts, desired: of the two sides, each together 1.
    """
    device = similarity.device
    home = exact_device(device)
    similarity, counts, desired = (x.to(home).double() for x in (similarity, counts, desired))
    prices = torch.zeros_like(desired)
    kernel = (similarity / _TEMPERATURE).exp_()
    for _ in range(_MOST_STEPS):
        offered = desired * (-prices / _TEMPERATURE).exp()
        usage = offered * (kernel.T @ (counts / (kernel @ offered)))
        excess = (usage / desired).clamp(min=_LEAST_USAGE).log()
        moved = balance * (prices + _TEMPERATURE * excess)
        change = (desired * (moved - prices).abs()).sum()
        prices = moved
        if change < _TOLERANCE * _TEMPERATURE:
            break
    return prices.float().to(device)


def cosines(ours: Tensor, theirs: Tensor) -> Tensor:
    """Returns the cosines of all pairs in float32, computed in the directions' number format."""
    return (ours @ theirs.T).float()


def _blocks(directions: Tensor, others: int) -> Iterator[Tensor]:
    """Yields rows, as many as may be compared with so many others at a time."""
    rows = max(1, BLOCK_BYTES // (4 * others))
    for start in range(0, len(directions), rows):
        yield directions[start : start + rows]
