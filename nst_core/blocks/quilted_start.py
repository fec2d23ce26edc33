"""What blocks start from: each region's quilt, where there is one, over the picture so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
                where there is no region, and as far as regions leave something of it.
            choices: indices of places, (rows, columns), by the number of their region.
            window: where in the picture.
        """
        rows, columns = window
        total = so_far.clone()
        for number, choice in choices.items():
            quilt, counted = quilted(choice, self._pixels[number])
            height, width = quilt.shape[2:]
            mask = self._regions[number].mask
            if mask is not None:
                counted = counted * mask[..., rows, columns][..., :height, :width]
            added = counted * (quilt - so_far[..., :height, :width])
            total[..., :height, :width].add_(added)
        return total


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
