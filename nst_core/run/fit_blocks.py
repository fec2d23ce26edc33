"""Which scales are painted block by block, and with blocks of which size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.blocks.layout import Layout
from nst_core.networks.device import Placement
from nst_core.pictures.picture import Size
from nst_core.run.fit_to_memory import Costs, ScalePlan, pixels_of, too_large

# Number of pixels from which on a picture is painted block by block: where the whole of it still
# is quick to evaluate, all of it is seen at once.
FROM_PIXELS = 400_000
# Sides of blocks, in pixels: the largest that fits. With larger ones, the margins take hardly less
# work, but the picture is longer in coming.
SIDES = (1024, 768, 512, 384, 256)
# Pairs that L-BFGS remembers of a block: it makes few evaluations.
_HISTORY = 10
# Bytes per pixel of the picture: content, picture, and how much of each pixel is painted; and, for a
# while before the first block, what bringing them to their size takes.
_LASTING, _RESIZING = 28, 40
# Bytes per pixel of a window (measured; without the pairs, 950 in bfloat16).
_WINDOW = {"float32": 2400, "bfloat16": 1300}
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
    settings: Settings,
    masks: int = 0,
    kept: int = 0,
) -> ScalePlan:
    """Chooses the largest blocks that stay within the budget.

    The arguments and errors are those of :func:`nst_core.run.fit_to_memory.plan_scale`.
    """
    costs = Costs.of(placement.precision, settings, masks, len(styles), kept)

    def plans(content: Size, styles: Sequence[Size]) -> Iterator[ScalePlan]:
        return _plans(costs, placement.precision, content, styles, masks)

    for plan in plans(content, styles):
        if plan.needs <= budget:
            return plan
    raise too_large(content, styles, budget, plans)


def _plans(
    costs: Costs, precision: str, content: Size, styles: Sequence[Size], masks: int
) -> Iterator[ScalePlan]:
    of_styles = costs.orientations * sum(map(pixels_of, styles))
    lasting = (_LASTING + _MASK * masks) * pixels_of(content) + of_styles * costs.kept_places
    before = max(
        _RESIZING * pixels_of(content),
        costs.matching((0, 0), styles),
        *(costs.forward * pixels_of(style) for style in styles),
    )
    for side in SIDES:
        layout = Layout(content, side)
        window = layout.largest * (_WINDOW[precision] + 12 * 2 * _HISTORY)
        needs = costs.process + lasting + max(before, window)
        yield ScalePlan(None, _HISTORY, needs, layout.work, side)
