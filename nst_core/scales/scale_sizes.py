"""The sizes at which the picture is painted, from coarse to fine.

At relu5_1, VGG19 sees about 150 pixels of a picture at a time, so the strokes that it can paint
have the same size in pixels whatever the size of the picture. A run starts at a size where they
look as in the painting, and each finer scale starts from the result of the one before: the strokes
grow with the picture, and gain detail (Gatys et al. 2017, "Controlling perceptual factors",
section 6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.messages import Message
from nst_contract.settings import MIN_SIDE, NEIGHBORS, PRESETS, Settings
from nst_core.faces import detection
from nst_core.pictures.picture import Size

# Neighbouring scales differ by about this factor.
_FACTOR = 2.0
# Each finer scale starts from the strokes of the coarser one, so it needs only a third of the
# evaluations, but at least this many (Galerne et al., "Scaling Painting Style Transfer").
_EVALUATIONS_FACTOR = 3
_LEAST_EVALUATIONS = 10
# Neighbours are matched anew at each scale, so that what the coarser one found is less of a start.
# And with too few evaluations, fine scales keep a trace of the poolings' grid and coloured fringes:
# they get so many times the square root of the first scale's.
_NEIGHBORS_FACTOR = 1.6
_LEAST_OF_ROOT = 0.85
_NEIGHBORS_LEAST = 8


@dataclass(frozen=True)
class Scale:
    """One size at which the picture is painted.

    Attributes:
        content: width and height of the picture, in pixels.
        styles: width and height at which the network sees each style.
        evaluations: how many the optimiser may make.
    """

    content: Size
    styles: tuple[Size, ...]
    evaluations: int


def is_finer(index: int, settings: Settings) -> bool:
    """Tells whether a scale starts from a painting: that of the coarser one, or one that a run goes
    on with at its own size alone.

    Args:
        index: of the scale, from the coarsest.
        settings: how to paint.
    """
    return index > 0 or (settings.start == "picture" and not settings.coarsest)


def scales(
    content: Size,
    styles: Sequence[Size],
    settings: Settings,
    *,
    name: str = "The content",
    style_scales: Sequence[float] = (),
) -> list[Scale]:
    """Returns the scales of a run, coarsest first.

    Args:
        content, styles: width and height of the pictures themselves.
        settings: ``size`` is the long side of the result, ``coarsest`` that of the first scale,
            ``evaluations`` the first scale's number.
        name: what to call the content in an error message.
        style_scales: for each style, a factor to ``style_scale`` in the settings; 1 if not given.

    Raises:
        NstError: (bad-input) if a side of the content is too short for the network.
    """
    if min(content) < MIN_SIDE:
        raise NstError(
            BAD_INPUT,
            Message(
                "{name} is {width} x {height} pixels, too small for the network.",
                name=name,
                width=content[0],
                height=content[1],
            ),
            Message(
                "Choose a picture with at least {least} pixels on each side, or scale this one up.",
                least=MIN_SIDE,
            ),
        )
    finest = settings.size or min(max(content), PRESETS[settings.preset].max_size)
    evaluations = settings.evaluations
    factors = style_scales or [1.0] * len(styles)
    found = []
    for long_side in _long_sides(finest, settings.coarsest):
        # A style follows the requested size, even where the content had to stay larger than that.
        found.append(
            Scale(
                _fit(content, long_side),
                tuple(
                    _fit(
                        style, _looked_at(style, long_side, settings.style_scale * factor, settings)
                    )
                    for style, factor in zip(styles, factors, strict=True)
                ),
                evaluations,
            )
        )
        evaluations = _fewer(evaluations, settings)
    return found


def _fewer(evaluations: int, settings: Settings) -> int:
    """Returns how many evaluations the scale after one with so many gets."""
    if settings.style_loss == NEIGHBORS:
        least = max(_NEIGHBORS_LEAST, round(_LEAST_OF_ROOT * math.sqrt(settings.evaluations)))
        return min(evaluations, max(int(evaluations / _NEIGHBORS_FACTOR), least))
    return min(evaluations, max(int(evaluations / _EVALUATIONS_FACTOR), _LEAST_EVALUATIONS))


def largest_side(settings: Settings, scale: float = 1.0) -> int:
    """Returns the long side, in pixels, beyond which no picture is looked at.

    Args:
        settings: how it is painted.
        scale: of a style, the size of its strokes, those of the settings included.
    """
    return math.ceil((settings.size or PRESETS[settings.preset].max_size) * scale)


def side_of_content(settings: Settings, *, is_masked: bool = False) -> int | None:
    """Returns the long side, in pixels, that a photograph must have at least; None if each of its
    pixels counts, since the result shows them or their colours.

    Args:
        settings: how it is painted.
        is_masked: whether parts of it may be left as they are.
    """
    keeps_colors = settings.color != "style" and settings.color_strength > 0
    if is_masked or keeps_colors or not settings.evaluations:
        return None
    side = largest_side(settings)
    return max(side, detection.SIDE) if detection.are_looked_for(settings) else side


def _looked_at(style: Size, long_side: int, scale: float, settings: Settings) -> int:
    """Returns the long side at which a style is looked at.

    Neighbours would paint the blur of an enlarged style. So where the picture is finer than the
    style, they find their finest strokes in the style as it is, unless larger ones are asked for;
    coarser scales have settled the others.
    """
    wanted = round(long_side * scale)
    if settings.style_loss != NEIGHBORS:
        return wanted
    return min(wanted, round(max(style) * max(1.0, scale)))


def _long_sides(finest: int, coarsest: int) -> list[int]:
    """Returns the long side of each scale; equal factors between them, as near to 2 as possible."""
    if not coarsest or finest <= coarsest:
        return [finest]
    steps = round(math.log(finest / coarsest, _FACTOR))
    return [round(finest * (coarsest / finest) ** (1 - i / steps)) for i in range(steps)] + [finest]


def _fit(own: Size, long_side: int) -> Size:
    # A long, narrow picture stays larger than requested rather than losing its short side.
    scale = max(long_side / max(own), MIN_SIDE / min(own))
    width, height = (max(MIN_SIDE, round(side * scale)) for side in own)
    return width, height
