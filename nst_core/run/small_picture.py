"""A large picture in small, kept up to date part by part: what is shown of it meanwhile."""

from __future__ import annotations

import math

from torch import Tensor

from nst_core.pictures.picture import resize

# Long side at most, in pixels.
LONG_SIDE = 1024


class SmallPicture:
    """Shows a picture at a whole fraction of its size.

    Args:
        picture: (1, 3, height, width), R'G'B', 0..1.

    Attributes:
        image: the picture in small, in the same form; it is changed in place.
    """

    def __init__(self, picture: Tensor) -> None:
        height, width = picture.shape[2:]
        self._factor = math.ceil(max(height, width) / LONG_SIDE)
        self.image = resize(picture, *(max(1, side // self._factor) for side in (width, height)))
        if self._factor == 1:
            self.image = self.image.clone()

    def update(self, part: Tensor, top: int, left: int) -> None:
        """Shows a new part of the picture.

        Args:
            part: (1, 3, height, width), 0..1.
            top, left: where it is, in pixels of the picture.
        """
        factor = self._factor
        first_row, first_column = -(-top // factor), -(-left // factor)
        part = part[..., first_row * factor - top :, first_column * factor - left :]
        rows = min(part.shape[2] // factor, self.image.shape[2] - first_row)
        columns = min(part.shape[3] // factor, self.image.shape[3] - first_column)
        if rows < 1 or columns < 1:
            return
        small = resize(part[..., : rows * factor, : columns * factor], columns, rows)
        there = self.image[..., first_row : first_row + rows, first_column : first_column + columns]
        there.copy_(small.clamp(0, 1))
