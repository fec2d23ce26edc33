"""What blocks start from: each region's quilt, where there is one, over the picture so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.masks.regions import Region
from nst_core.neighbors.orientations import Orientation
from nst_core.neighbors.quilt import PlacePixels, quilted
from nst_core.pictures.tile_margins import Window


class Quilts:
    """The pixels of each region's paintings.

    Args:
        regions: which paintings are to be where.
        shapes: of each region, rows and columns of the places of each painting in each orientation.
        orientations: in which the paintings are looked at.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        shapes: Sequence[Sequence[tuple[int, int]]],
        orientations: Sequence[Orientation],
    ) -> None:
        self._regions = regions
        self._pixels = [
            _pixels(region, of_region, orientations)
            for region, of_region in zip(regions, shapes, strict=True)
        ]

    def over(self, so_far: Tensor, choices: Mapping[int, Tensor], window: Window) -> Tensor:
        """Returns a window put together from the chosen places.

        Args:
            so_far: what there is in the window, (1, 3, height, width), R'G'B', 0..1. It is kept
                where there is no region. How much of a pixel is painted is not looked at: the
                photograph is put over the finished picture.
            choices: indices of places, (rows, columns), by the number of their region.
            window: where in the picture.
        """
        total, counted = torch.zeros_like(so_far), torch.zeros_like(so_far[:, :1])
        for number, choice in choices.items():
            quilt, part = (
                _as_large(maps, so_far) for maps in quilted(choice, self._pixels[number])
            )
            mask = self._regions[number].mask
            if mask is not None:
                part = part * mask[..., window[0], window[1]]
            # A product and a sum in passes of their own, so that all systems round them alike.
            total.add_(part * quilt)
            counted.add_(part)
        return torch.where(counted > 0, total / counted, so_far)


def _as_large(maps: Tensor, picture: Tensor) -> Tensor:
    """Continues maps to the picture's lower and right edge, which fill no place."""
    below, right = (picture.shape[side] - maps.shape[side] for side in (2, 3))
    return F.pad(maps, (0, right, 0, below), mode="replicate")


def _pixels(
    region: Region, shapes: Sequence[tuple[int, int]], orientations: Sequence[Orientation]
) -> PlacePixels:
    images, visible = [], []
    # In the order in which places are numbered.
    for painting in region.style_images:
        for orientation in orientations:
            images.append(orientation.of(painting.image))
            shown = painting.visible
            visible.append(None if shown is None else orientation.of(shown))
    return PlacePixels.of(images, visible, shapes)
