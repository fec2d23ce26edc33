"""How large blocks may be, and with which of them a picture is painted soonest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nst_core.blocks.dealing import time_taken
from nst_core.blocks.layout import MARGIN, Block, blocks_of, parts, wider
from nst_core.pictures.picture import Size

# Widths and heights of blocks, and how many pixels one has at most. With larger ones, the margins
# would take hardly less work, but the picture would be longer in coming. Many, so that there are as
# many blocks as keep all busy: strips, where few are enough, since they have the least margin.
SIDES: tuple[int, ...] = tuple(range(2048, 255, -64))
_MOST_PIXELS = 2**20
# Evaluations of a block that take as long as to choose its places (measured: docs/scale.md), and
# how many it gets at the finest scales of a print.
CHOOSING, _EVALUATIONS = 2, 4
# How much of its speed a thread keeps where several share a block (measured: two are 1.8 times as
# fast as one).
_LENT = 0.9


@dataclass(frozen=True)
class BlockSize:
    """A size of blocks.

    Attributes:
        largest: width and height of a block at most, in pixels.
        window: number of pixels in the largest window.
        work: how long all blocks take, in the time that all of the picture would take at once.
    """

    largest: Size
    window: int
    work: float


class Share(NamedTuple):
    """How the blocks of a picture are shared.

    Attributes:
        work: until all are painted, as that of :class:`BlockSize`.
        is_alone: whether one worker paints them all, with the threads of the others.
    """

    work: float
    is_alone: bool


@dataclass(frozen=True)
class _Parts:
    """How one side of a picture is cut, in pixels.

    Attributes:
        longest: side of a block at most.
        own, window: sides of the longest block and of its window.
        windows: sides of all windows together.
        around: the same, with what the network sees around each.
    """

    longest: int
    own: int
    window: int
    windows: int
    around: int


def block_sizes(picture: Size, sight: int, margin: int = MARGIN) -> Iterator[BlockSize]:
    """Yields the sizes that the blocks of a picture may have.

    Args:
        picture: its width and height, in pixels.
        sight: how far the network sees around a window when places are chosen, in pixels.
        margin: how far around a block the picture is looked at, in pixels.
    """
    pixels = math.prod(picture)
    for columns, rows in itertools.product(*(_ways(length, sight, margin) for length in picture)):
        if columns.own * rows.own <= _MOST_PIXELS:
            time = _time(columns.windows * rows.windows, columns.around * rows.around)
            largest = columns.longest, rows.longest
            yield BlockSize(largest, columns.window * rows.window, time / _time(pixels, pixels))


def soonest(
    sizes: Iterable[BlockSize],
    picture: Size,
    sight: int,
    workers: int,
    *,
    is_lent: bool,
    margin: int = MARGIN,
) -> tuple[BlockSize, Share]:
    """Returns the size with which a picture is painted soonest, and how its blocks are shared.

    Args:
        sizes: of blocks, at least one.
        picture, sight, workers, is_lent, margin: as for :func:`share`.
    """
    found: list[tuple[BlockSize, Share]] = []
    for size in sorted(sizes, key=lambda size: size.work):
        # None can be sooner than if all were busy all the time.
        if found and size.work / workers >= found[-1][1].work:
            break
        of_size = share(size.largest, picture, sight, workers, is_lent=is_lent, margin=margin)
        if not found or of_size.work < found[-1][1].work:
            found.append((size, of_size))
    return found[-1]


def share(
    largest: Size,
    picture: Size,
    sight: int,
    workers: int,
    *,
    is_lent: bool,
    margin: int = MARGIN,
) -> Share:
    """Returns how the blocks of a picture are shared best.

    Args:
        largest: width and height of a block at most, in pixels.
        picture, sight, margin: as for :func:`block_sizes`.
        workers: how many can paint blocks at a time.
        is_lent: whether one of them can have the threads of all others instead.
    """

    def time_of(block: Block, _worker: int) -> float:
        return _time(math.prod(block.size), math.prod(block.around(sight).size))

    blocks = blocks_of(picture, largest, margin)
    whole = _time(math.prod(picture), math.prod(picture))
    alone = sum(time_of(block, 0) for block in blocks) / whole
    together = time_taken(blocks, workers, time_of) / whole if workers > 1 else alone
    if is_lent and alone / workers < _LENT * together:
        return Share(alone / (workers * _LENT), is_alone=True)
    return Share(together, is_alone=False)


def _time(window: int, around: int) -> float:
    """Returns how long blocks take whose windows, and what is looked at around these, have so many
    pixels, in the time in which a pixel is painted."""
    return window + CHOOSING / _EVALUATIONS * around


def _ways(length: int, sight: int, margin: int) -> Collection[_Parts]:
    """Returns the ways to cut a side of a picture, each once."""
    found: dict[int, _Parts] = {}
    for longest in SIDES:
        if longest < 2 * margin:
            break
        spans = parts(length, longest, margin)
        own = [_length(span.inner) for span in spans]
        windows = [_length(span.outer) for span in spans]
        around = [_length(wider(span, sight, length).outer) for span in spans]
        found.setdefault(
            len(spans), _Parts(longest, max(own), max(windows), sum(windows), sum(around))
        )
    return found.values()


def _length(ends: tuple[int, int]) -> int:
    return ends[1] - ends[0]
