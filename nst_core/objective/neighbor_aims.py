"""What the places of a picture are to look like, between the photograph's and the painting's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.settings import MIN_SIDE, Settings
from nst_contract.vgg_layers import stride
from nst_core.colors.recolor import recolor_regions
from nst_core.masks.regions import Region, StyleImage, is_seen
from nst_core.neighbors.columns import PLACE, depth_weights, listed, stacked
from nst_core.neighbors.loss import directions
from nst_core.neighbors.strength import strength_of
from nst_core.neighbors.style_places import StylePlaces
from nst_core.neighbors.subject import subject
from nst_core.pictures.picture import resize

# Returns the maps of a picture's places by layer, (1, channels, rows, columns).
Look = Callable[[Tensor], Mapping[str, Tensor]]

# To which power of the strength the layers are painted: the middle one, and how many times that is
# the deepest one's and the inverse of the shallowest's. Forms stay the photograph's longer than
# surfaces do.
_MIDDLE, _FORM = 2 / 3, 3.0
# Long side, in pixels, of the picture in which the subject is looked for, at all scales alike. A
# face that fills a tenth of it is a few positions of the deepest layer.
_SUBJECT_SIZE = 256


def colored_part(strength: Tensor | None, settings: Settings) -> Tensor:
    """Returns how much of the painting's colours each pixel is to have, 0..1; or one for all.

    Colours come before forms: what is half painted has three quarters of them.

    Args:
        strength: how strongly each pixel is painted, (1, 1, height, width), 0..1, times the
            settings' strength; None: 1 everywhere.
        settings: their strength counts beyond that of a place.
    """
    return 1 - (1 - _painted_part(strength, settings)) ** 2


def surface_part(painted: Tensor) -> Tensor:
    """Returns how much of the paintings' surface pixels are to have, 0..1.

    About as much as the layers up to relu3_1 have on average.

    Args:
        painted: how much they are to look like the painting, 0..1.
    """
    return painted.sqrt()


def _painted_part(strength: Tensor | None, settings: Settings) -> Tensor:
    part = torch.tensor(strength_of(settings).painting)
    return part if strength is None else part.to(strength) * strength


@dataclass(frozen=True, eq=False)
class Photograph:
    """What is to be painted, and how much of each pixel.

    Attributes:
        image: (1, 3, height, width), R'G'B', 0..1, in the colours that it is to have: what is
            light, dark or colourful in it then is like what is so in the paintings.
        painted: how much each pixel is to look like the painting, (1, 1, height, width) or one
            number for all, 0..1. What is protected is less.
    """

    image: Tensor
    painted: Tensor

    @classmethod
    def of(
        cls,
        content: Tensor,
        regions: Sequence[Region],
        settings: Settings,
        look: Look,
        strength: Tensor | None = None,
        visible: Tensor | None = None,
    ) -> Photograph:
        """Prepares a photograph.

        Args:
            content: (1, 3, height, width), R'G'B', 0..1.
            regions: which style is to be where.
            settings: their strength, and whether the subject is protected.
            look: sees the places of a picture.
            strength: as for :func:`colored_part`.
            visible: how much of each pixel is visible, (1, 1, height, width), 0..1; None: all.
        """
        painted = painted_parts(content, settings, look, strength, visible)
        colored = colored_part(strength, settings).to(content)
        image = torch.lerp(content, recolor_regions(content, regions), colored)
        return cls(image, painted)

    def own_part(self, region: Region) -> OwnPart:
        """Returns what of a region stays like the photograph."""
        own = (1 - self.painted).expand(1, 1, *self.image.shape[2:])
        if region.mask is None:
            return OwnPart(float(own.mean()), StyleImage(self.image, own))
        own = region.mask * own
        return OwnPart(float(own.sum() / region.mask.sum()), StyleImage(self.image, own))


def painted_parts(
    content: Tensor,
    settings: Settings,
    look: Look,
    strength: Tensor | None = None,
    visible: Tensor | None = None,
) -> Tensor:
    """Returns how much each pixel is to look like the painting, as :class:`Photograph` has it; the
    arguments are those of :meth:`Photograph.of`."""
    painted = _painted_part(strength, settings).to(content)
    kept = strength_of(settings).kept
    return painted * (1 - kept * _subject(content, look, visible)) if kept else painted


class OwnPart(NamedTuple):
    """What of a region stays like the photograph.

    Attributes:
        share: of the region's area, 0..1.
        photograph: each pixel counts by how much it stays.
    """

    share: float
    photograph: StyleImage

    @property
    def is_seen(self) -> bool:
        """Whether it has statistics: a part too small for the deepest layer has none there."""
        visible = self.photograph.visible
        return visible is not None and is_seen(visible, MIN_SIDE)


def _subject(content: Tensor, look: Look, visible: Tensor | None) -> Tensor:
    """Returns how much each pixel of a photograph stands out, (1, 1, height, width), 0..1."""
    height, width = content.shape[2:]
    factor = _SUBJECT_SIZE / max(height, width)
    size = [max(MIN_SIDE, round(side * factor)) for side in (width, height)]
    small = resize(content, *size, exact=True)
    maps = look(small.contiguous())
    deepest = max(maps, key=stride)
    counts = None if visible is None else F.avg_pool2d(resize(visible, *size, exact=True), PLACE)
    if counts is not None and not counts.any():
        counts = None
    return subject(maps[deepest], height, width, counts).to(content)


class Aims:
    """Mixes what the photograph's own places look like with what was chosen for them.

    Args:
        photograph: what is painted, and how much of it.
        layers: the style layers and their weights.
        look: sees the places of a picture.
    """

    def __init__(self, photograph: Photograph, layers: Mapping[str, float], look: Look) -> None:
        painted = photograph.painted
        self._painted = F.avg_pool2d(painted, PLACE) if painted.ndim else painted
        self._exponents = {
            layer: _MIDDLE * depth for layer, depth in depth_weights(layers, _FORM).items()
        }
        is_needed = bool((painted < 1).any())
        self._own = look(photograph.image.contiguous()) if is_needed else None

    def toward(self, style: StylePlaces, choice: Tensor) -> Tensor | None:
        """Returns which way places are to lie from the style's mean; None: as the chosen ones do.

        Args:
            style: what was chosen from.
            choice: indices of the style's places, (1, 1, rows, columns).

        Returns:
            (1, channels, rows, columns).
        """
        if self._own is None:
            return None
        found = listed(stacked(self._own, style.factors))
        aims = directions(found, style.mean).to(found.dtype)
        chosen = torch.index_select(style.directions, 0, choice.flatten())
        painted = self._painted.to(aims)
        painted = painted.flatten()[:, None] if painted.ndim else painted
        channels = [self._own[layer].shape[1] for layer in style.factors]
        for layer, own, theirs in zip(
            style.factors,
            torch.split(aims, channels, 1),
            torch.split(chosen, channels, 1),
            strict=True,
        ):
            own.lerp_(theirs, painted ** self._exponents[layer])
        return aims.view(1, *choice.shape[2:], -1).permute(0, 3, 1, 2)
