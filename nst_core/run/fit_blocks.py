"""Which scales are painted block by block, and with blocks of which size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.blocks.layout import MARGIN
from nst_core.blocks.sizes import block_sizes, soonest
from nst_core.networks.device import Placement
from nst_core.pictures.picture import Size
from nst_core.run.fit_to_memory import Costs, ScalePlan, TooLarge, kept_free, pixels_of
from nst_core.scales.scale_sizes import is_finer

# Number of pixels from which on a picture is painted block by block: where the whole of it still
# is quick to evaluate, all of it is seen at once.
FROM_PIXELS = 400_000
# Pairs that L-BFGS remembers of a block: it makes few evaluations.
_HISTORY = 10
# Bytes per pixel of the picture: content, picture, and how much of each pixel is painted; for a
# while, before the first block, what bringing them to their size takes as well.
_LASTING, _RESIZING = 28, 40
# Bytes per pixel of a window, without the pairs, with what is freed within a block and not used
# again (measured on 24 megapixels, in bfloat16; in float32 in proportion).
_WINDOW = {"float32": 4100, "bfloat16": 2300}
_MASK = 4
# Bytes per pixel of a style: its colours, and how much of them is visible.
_STYLE = 16


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
    return is_large and is_local and is_finer(index, settings)


def evaluations_in_blocks(evaluations: int) -> int:
    """Returns how many evaluations a block gets of those that a whole picture would.

    A third are enough, since a block starts from what is put together from the paintings (measured:
    docs/performance.md#quilts).
    """
    return math.ceil(evaluations / 3)


def plan_blocks(
    placement: Placement,
    content: Size,
    styles: Sequence[Size],
    budget: int,
    workers: int,
    settings: Settings,
    masks: int = 0,
    kept: int = 0,
    *,
    is_lent: bool = False,
    margin: int = MARGIN,
) -> ScalePlan:
    """Chooses the blocks that are painted soonest, of those that stay within the budget.

    Of one process, these are the largest; of several, such as leave none of them without work.

    The arguments and errors are those of :func:`nst_core.run.fit_to_memory.plan_scale`, and
    ``is_lent`` and ``margin`` as for :func:`nst_core.blocks.sizes.share`.
    """
    costs = Costs.of(placement.precision, settings, masks, len(styles), kept)
    sight = costs.margins.feature

    lasting = _lasting(costs, content, styles, masks)
    before = _before(costs, content, styles)
    of_pixel = _WINDOW[placement.precision] + 12 * 2 * _HISTORY
    needs = {}
    for size in block_sizes(content, sight, margin):
        passing = max(before, size.window * of_pixel)
        needs[size] = lasting + passing + kept_free(placement, passing)
    fitting = {size: least for size, least in needs.items() if least <= budget}
    if not fitting:
        raise TooLarge(min(needs.values()), budget)
    size, share = soonest(fitting, content, sight, workers, is_lent=is_lent, margin=margin)
    return ScalePlan(None, _HISTORY, fitting[size], share.work, size.largest)


def _lasting(costs: Costs, content: Size, styles: Sequence[Size], masks: int) -> int:
    """Returns the bytes that are taken as long as the scale is painted."""
    of_styles = costs.orientations * sum(map(pixels_of, styles))
    of_picture = (_LASTING + _MASK * masks) * pixels_of(content)
    return costs.process + of_picture + of_styles * (costs.kept_places + _STYLE)


def _before(costs: Costs, content: Size, styles: Sequence[Size]) -> int:
    """Returns the bytes that are taken for a while before the first block."""
    return max(
        _RESIZING * pixels_of(content),
        costs.matching((0, 0), styles),
        *(costs.forward * pixels_of(style) for style in styles),
    )
