"""A picture put together from the chosen places of the paintings, as painting starts from it.

It has the paintings' own strokes already, so that an optimiser has little left to do but to join
them (docs/performance.md#quilts). Each chosen place brings what is around it in its painting as
well, fading out, so that each pixel is a mean of what up to nine places would have there: patches
vote, as in Wexler, Shechtman and Irani (2007, "Space-time completion of video", section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.neighbors.coherence import AROUND, Layout, continuations
from nst_core.neighbors.columns import PLACE

# Places on a side of what a chosen place brings along.
_SIDE = 3


@dataclass(frozen=True, eq=False)
class PlacePixels:
    """The pixels of the places of one or more paintings.

    Attributes:
        colors: (places, 3, PLACE, PLACE), R'G'B', 0..1.
        visible: how much each pixel counts, (places, 1, PLACE, PLACE), 0..1; None: all alike.
        layout: where in its painting each place is.
    """

    colors: Tensor
    visible: Tensor | None
    layout: Layout

    @classmethod
    def of(
        cls,
        images: Sequence[Tensor],
        visible: Sequence[Tensor | None],
        shapes: Sequence[tuple[int, int]],
    ) -> PlacePixels:
        """Cuts paintings into places.

        Args:
            images: (1, 3, height, width) each, R'G'B', 0..1, in the order in which their places
                are numbered; rotated copies count as paintings.
            visible: how much each pixel counts, (1, 1, height, width), 0..1; None: all alike.
            shapes: rows and columns of the places of each.
        """
        colors = torch.cat([_cut(image) for image in images])
        counts = None
        if any(shown is not None for shown in visible):
            shown = (
                torch.ones_like(image[:, :1]) if part is None else part
                for image, part in zip(images, visible, strict=True)
            )
            counts = torch.cat([_cut(part) for part in shown])
        return cls(colors, counts, Layout.of(shapes, colors.device))


def quilted(choice: Tensor, pixels: PlacePixels) -> tuple[Tensor, Tensor]:
    """Puts a picture together.

    Args:
        choice: (rows, columns), indices of the paintings' places.
        pixels: of these.

    Returns:
        The picture, (1, 3, PLACE * rows, PLACE * columns), and where there is anything of it,
        (1, 1, PLACE * rows, PLACE * columns), 0 or 1.
    """
    rows, columns = choice.shape
    window = _window().to(pixels.colors)
    everywhere = torch.arange(choice.numel(), device=choice.device)
    offers = torch.cat([choice.flatten()[None], continuations(choice, everywhere, pixels.layout)])
    total = pixels.colors.new_zeros(choice.numel(), 3, PLACE, PLACE)
    counted = total.new_zeros(choice.numel(), 1, PLACE, PLACE)
    for offered, (down, right) in zip(offers, [(0, 0), *AROUND], strict=True):
        there = offered.clamp(min=0)
        # What lies above a place is seen in the lower part of what the one above brings along.
        part = window[1 - down, 1 - right] * (offered >= 0)[:, None, None, None]
        if pixels.visible is not None:
            part = part * pixels.visible[there]
        # A product and a sum in passes of their own, so that all systems round them alike.
        total.add_(part * pixels.colors[there])
        counted.add_(part)
    picture = total.div_(counted.clamp(min=torch.finfo(counted.dtype).tiny))
    return _joined(picture, rows, columns), _joined((counted > 0).float(), rows, columns)


def _window() -> Tensor:
    """Returns how much each pixel counts of what a place brings along: (3, 3, PLACE, PLACE), by the
    places of which it consists."""
    length = _SIDE * PLACE
    # Hann's window, without the zeros at its ends; by Python, so that all systems have the same.
    side = torch.tensor(
        [0.5 - 0.5 * math.cos(2 * math.pi * (at + 1) / (length + 1)) for at in range(length)]
    )
    return torch.outer(side, side).view(_SIDE, PLACE, _SIDE, PLACE).transpose(1, 2)


def _cut(image: Tensor) -> Tensor:
    """Returns the pixels of each place, (places, channels, PLACE, PLACE)."""
    channels, height, width = image.shape[1:]
    cut = F.pixel_unshuffle(
        image[..., : height // PLACE * PLACE, : width // PLACE * PLACE],
        PLACE,
    )
    return cut.flatten(2)[0].T.reshape(-1, channels, PLACE, PLACE)


def _joined(places: Tensor, rows: int, columns: int) -> Tensor:
    """Returns places as a picture: what :func:`_cut` has cut."""
    return F.pixel_shuffle(places.flatten(1).T.reshape(1, -1, rows, columns), PLACE)
