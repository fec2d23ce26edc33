"""How a picture is computed within the memory there is: whole or in tiles, with which history."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil
import torch

from nst_core.device import Placement
from nst_core.errors import MEMORY, NstError
from nst_core.pyramid import Size
from nst_core.tiling import FEATURE_MARGIN, GRADIENT_MARGIN

GIB = 2**30
# What a run may take of the free memory when the user names no budget: other programs need some.
SHARE = 0.6
WHOLE = 0
_TILES = (WHOLE, 2048, 1024, 512, 256)
# Pairs that L-BFGS remembers, and how many times as many evaluations the same loss then takes
# (docs/decisions.md). The published method remembers 100.
_HISTORIES = {100: 1.0, 50: 1.02, 20: 1.1, 10: 1.2}
# Peaks of the resident set per pixel (docs/decisions.md): all maps up to relu5_1 with what their
# gradient needs, and the largest few of them that a pass without gradient holds at a time.
_BYTES = {"float32": (3000, 1400), "bfloat16": (2200, 900)}
# What torch and the weights take before there is any picture; in float32 they are kept as
# nst_core.winograd transforms them, too.
_PROCESS_BYTES = {"float32": 750 * 10**6, "bfloat16": 500 * 10**6}
_CONTENT_BYTES = {"float32": 32, "bfloat16": 16}


@dataclass(frozen=True)
class Plan:
    """The choice of :func:`make_plan`.

    Attributes:
        tile: side of a tile in pixels, or WHOLE.
        history: pairs that L-BFGS remembers.
        needs: bytes, forecast.
        budget: bytes that may be taken.
    """

    tile: int
    history: int
    needs: int
    budget: int


def make_plan(placement: Placement, content: Size, styles: Sequence[Size], budget: int) -> Plan:
    """Chooses the quickest way to compute that stays within the budget.

    Args:
        placement: where it is computed, and in which precision.
        content, styles: sizes at which they are looked at, in pixels.
        budget: bytes that may be taken.

    Raises:
        NstError: (memory) if even the smallest tiles need more.
    """
    fitting = _fitting(placement.precision, content, styles, budget)
    if fitting:
        return min(fitting, key=lambda choice: choice[0])[1]
    least = min(plan.needs for _, plan in _plans(placement.precision, content, styles, budget))
    percent = next(
        (
            percent
            for percent in range(99, 0, -1)
            if _fitting(
                placement.precision,
                _scaled(content, percent),
                [_scaled(style, percent) for style in styles],
                budget,
            )
        ),
        0,
    )
    raise NstError(
        MEMORY,
        f"This picture needs at least {least / GIB:.1f} GiB of memory at this size, but only "
        f"{budget / GIB:.1f} GiB may be taken.",
        f"Choose {percent / 100:.2f} times the size or less, or close other programs."
        if percent
        else "Close other programs, or allow more memory.",
    )


def budget_for(device: torch.device, gib: float) -> int:
    """Returns the bytes that a run may take: those asked for, or a share of those free."""
    return int(gib * GIB) if gib else int(SHARE * free_memory(device))


def free_memory(device: torch.device) -> int:
    """Returns the bytes that can be taken on the device now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def _fitting(
    precision: str, content: Size, styles: Sequence[Size], budget: int
) -> list[tuple[float, Plan]]:
    plans = _plans(precision, content, styles, budget)
    return [(cost, plan) for cost, plan in plans if plan.needs <= budget]


def _scaled(size: Size, percent: int) -> Size:
    return max(1, size[0] * percent // 100), max(1, size[1] * percent // 100)


def _plans(
    precision: str, content: Size, styles: Sequence[Size], budget: int
) -> Iterator[tuple[float, Plan]]:
    """Yields every way to compute, with what it costs relative to the quickest."""
    gradient, forward = _BYTES[precision]
    pixels = content[0] * content[1]
    for tile, (history, more_evaluations) in itertools.product(_TILES, _HISTORIES.items()):
        # Five pictures beside the pairs, each of three float32 samples.
        lasting = pixels * (12 * (2 * history + 5) + _CONTENT_BYTES[precision])
        passing = max(
            gradient * _tile_pixels(content, tile, GRADIENT_MARGIN),
            *(forward * _tile_pixels(style, tile, FEATURE_MARGIN) for style in styles),
        )
        yield (
            _work(content, tile) * more_evaluations,
            Plan(tile, history, _PROCESS_BYTES[precision] + lasting + passing, budget),
        )


def _tile_pixels(size: Size, tile: int, margin: int) -> int:
    """Returns the pixels of the largest tile, its margin included."""
    width, height = (min(side, tile + 2 * margin) if tile else side for side in size)
    return width * height


def _work(size: Size, tile: int) -> float:
    """Returns the work of an evaluation in tiles over that of the whole picture at once.

    Of the whole work, a third is the forward pass, which tiles take twice.
    """
    if not tile:
        return 1.0
    looked_at = {}
    for margin in (FEATURE_MARGIN, GRADIENT_MARGIN):
        sides = [
            sum(
                min(start + tile + margin, side) - max(0, start - margin)
                for start in range(0, side, tile)
            )
            for side in size
        ]
        looked_at[margin] = sides[0] * sides[1] / (size[0] * size[1])
    return looked_at[FEATURE_MARGIN] / 3 + looked_at[GRADIENT_MARGIN]
