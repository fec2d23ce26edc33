"""Which scales are painted block by block, and with blocks of which size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.blocks.dealing import time_taken
from nst_core.blocks.layout import blocks_of
from nst_core.networks.device import Placement
from nst_core.pictures.picture import Size
from nst_core.run.fit_to_memory import Costs, ScalePlan, kept_free, pixels_of, too_large

# Number of pixels from which on a picture is painted block by block: where the whole of it still
# is quick to evaluate, all of it is seen at once.
FROM_PIXELS = 400_000
# Sides of blocks, in pixels. With larger ones, the margins would take hardly less work, but the
# picture would be longer in coming. Many, so that there are as many blocks as keep all busy.
SIDES: tuple[int, ...] = tuple(range(1024, 255, -64))
# Pairs that L-BFGS remembers of a block: it makes few evaluations.
_HISTORY = 10
# Bytes per pixel of the picture: content, picture, and how much of each pixel is painted; for a
# while, before the first block, what bringing them to their size takes as well.
_LASTING, _RESIZING = 28, 40
# Bytes per pixel of a window, without the pairs, with what is freed within a block and not used
# again (measured on 24 megapixels, in bfloat16; in float32 in proportion).
_WINDOW = {"float32": 4100, "bfloat16": 2300}
_MASK = 4


def in_blocks(content: Size, index: int, settings: Settings) -> bool:
    """Tells whether a scale is painted block by block.

    Args:
        content: width and height of the picture, in pixels.
        index: of the scale, from the coarsest.
        settings: how to paint. Statistics of a whole picture, as Gram losses compare, have no
            parts, and Adam's iterates are an average over many evaluations.
    """
    is_large = pixels_of(content) >= FROM_PIXELS
    is_local = settings.style_loss == NEIGHBORS and settings.optimizer == "lbfgs"
    return is_large and is_local and index > 0


def plan_blocks(
    placement: Placement,
    content: Size,
    styles: Sequence[Size],
    budget: int,
    workers: int,
    settings: Settings,
    masks: int = 0,
    kept: int = 0,
) -> ScalePlan:
    """Chooses the blocks that are painted soonest, of those that stay within the budget.

    Of one process, these are the largest; of several, such as leave none of them without work.

    The arguments and errors are those of :func:`nst_core.run.fit_to_memory.plan_scale`.
    """
    costs = Costs.of(placement.precision, settings, masks, len(styles), kept)

    def plans(content: Size, styles: Sequence[Size]) -> Iterator[ScalePlan]:
        return _plans(costs, placement, content, styles, masks, workers)

    fitting = [plan for plan in plans(content, styles) if plan.needs <= budget]
    if fitting:
        return min(fitting, key=lambda plan: plan.work)
    raise too_large(content, styles, budget, plans)


def _plans(
    costs: Costs,
    placement: Placement,
    content: Size,
    styles: Sequence[Size],
    masks: int,
    workers: int,
) -> Iterator[ScalePlan]:
    of_styles = costs.orientations * sum(map(pixels_of, styles))
    lasting = (_LASTING + _MASK * masks) * pixels_of(content) + of_styles * costs.kept_places
    before = max(
        _RESIZING * pixels_of(content),
        costs.matching((0, 0), styles),
        *(costs.forward * pixels_of(style) for style in styles),
    )
    for side in SIDES:
        blocks = blocks_of(content, side)
        window = max(pixels_of(block.size) for block in blocks) * (
            _WINDOW[placement.precision] + 12 * 2 * _HISTORY
        )
        passing = max(before, window)
        needs = costs.process + lasting + passing + kept_free(placement, passing)
        pixels = time_taken(blocks, workers, lambda block, _worker: pixels_of(block.size))
        yield ScalePlan(None, _HISTORY, needs, pixels / pixels_of(content), side)
