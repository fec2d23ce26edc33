"""What became of a layer while it was being painted: turned, mirrored or scaled.

Nothing tells a plug-in so. It is seen from small pictures, taken before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from gi.repository import Gimp

from nst_gimp.image import thumbnails
from nst_gimp.image.pixels import Area
from nst_gimp.image.thumbnails import Samples

# What counts as the same picture, and as clearly less alike: samples (0 to 255), on average.
_SAME, _CLEARLY = 8.0, 4.0


@dataclass(frozen=True)
class Look:
    """How a layer looks at one time: its size, and a small square picture of it."""

    width: int
    height: int
    samples: Samples

    @classmethod
    def of(cls, layer: Any) -> Look:
        picture = thumbnails.of(layer, thumbnails.SMALL)
        return cls(layer.get_width(), layer.get_height(), thumbnails.samples(picture))


@dataclass(frozen=True)
class Reorientation:
    """A layer was mirrored, then turned, then scaled.

    Attributes:
        before, after: width and height, in pixels.
        is_mirrored: whether left and right were exchanged.
        turns: by 90 degrees, clockwise.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    is_mirrored: bool = False
    turns: int = 0

    @property
    def is_none(self) -> bool:
        """Whether the layer is as it was."""
        return self.before == self.after and not self.is_mirrored and not self.turns

    def place(self, area: Area) -> Area:
        """Returns where a part of the layer has come to lie."""
        (width, height), (x, y) = self.before, (area.x, area.y)
        columns, rows = area.width, area.height
        if self.is_mirrored:
            x = width - x - columns
        for _turn in range(self.turns):
            x, y, columns, rows = height - y - rows, x, rows, columns
            width, height = height, width
        across, down = self.after[0] / width, self.after[1] / height
        left, top = round(x * across), round(y * down)
        right, bottom = round((x + columns) * across), round((y + rows) * down)
        return Area(left, top, max(1, right - left), max(1, bottom - top))

    def apply(self, layer: Any, area: Area) -> None:
        """Does the same to another layer, which shows that part of the first.

        It must be alone in its image: GIMP would transform what is selected there.
        """
        if self.is_mirrored:
            layer.transform_flip_simple(Gimp.OrientationType.HORIZONTAL, True, 0)
        for _turn in range(self.turns):
            layer.transform_rotate_simple(Gimp.RotationType.DEGREES90, True, 0, 0)
        there = self.place(area)
        if (there.width, there.height) != (layer.get_width(), layer.get_height()):
            layer.scale(there.width, there.height, False)


def since(before: Look, layer: Any) -> Reorientation | None:
    """Returns what has become of a layer; None if its size changed and nobody can tell how."""
    now = Look.of(layer)
    sizes = (before.width, before.height), (now.width, now.height)
    ways = list(product((False, True), _turns(*sizes)))
    unlike = {
        way: thumbnails.difference(_turned(before.samples, *way), now.samples) for way in ways
    }
    best = min(ways, key=lambda way: unlike[way])
    if unlike[best] > _SAME:
        return Reorientation(*sizes) if sizes[0] == sizes[1] else None
    if unlike[ways[0]] < unlike[best] + _CLEARLY:
        best = ways[0]
    return Reorientation(*sizes, *best)


def _turns(before: tuple[int, int], after: tuple[int, int]) -> tuple[int, ...]:
    """Returns the turns after which a picture can be as wide and high, the likeliest first."""
    sense = (before[0] - before[1]) * (after[0] - after[1])
    if sense == 0:
        return 0, 1, 2, 3
    return (0, 2) if sense > 0 else (1, 3)


def _turned(samples: Samples, is_mirrored: bool, turns: int) -> Samples:
    if is_mirrored:
        samples = [row[::-1] for row in samples]
    for _turn in range(turns):
        samples = [list(row) for row in zip(*samples[::-1], strict=True)]
    return samples
