"""Where a picture lies in its view: fitted, zoomed, moved, and divided by a line. No gi."""

from __future__ import annotations

from dataclasses import dataclass

# Of the width that fits: how small and how large a picture may be shown.
_SMALLEST, _LARGEST = 0.5, 32.0


@dataclass
class Place:
    """Where a picture is shown, in pixels of the screen.

    Zoom and place do not depend on how many pixels the picture itself has: one that is painted
    finer and finer stays where it is.

    Attributes:
        width, height: of the view.
        shape: width of the picture over its height.
        zoom: width that the picture is shown with; None: it fits into the view.
        x, y: what of the picture is in the middle of the view, 0..1.
        line: where it is divided, 0..1 of its width; None: nowhere.
    """

    width: int = 1
    height: int = 1
    shape: float = 1.0
    zoom: float | None = None
    x: float = 0.5
    y: float = 0.5
    line: float | None = None

    @property
    def fitting(self) -> float:
        """The width with which all of the picture is just seen."""
        return min(self.width, self.height * self.shape)

    @property
    def shown_width(self) -> float:
        return self.fitting if self.zoom is None else self.zoom

    @property
    def is_larger(self) -> bool:
        """Whether there is more of the picture than the view can show."""
        return self.shown_width > self.width + 1 or self.shown_width / self.shape > self.height + 1

    @property
    def line_x(self) -> int | None:
        """The column at which it is divided."""
        if self.line is None:
            return None
        left, _top, width, _height = self.rectangle()
        return round(left + self.line * width)

    def rectangle(self) -> tuple[int, int, int, int]:
        """Returns left, top, width and height of all of the picture, seen or not."""
        width, height = self.shown_width, self.shown_width / self.shape
        self.x, self.y = _held(self.x, width, self.width), _held(self.y, height, self.height)
        left, top = self.width / 2 - self.x * width, self.height / 2 - self.y * height
        return round(left), round(top), max(1, round(width)), max(1, round(height))

    def pan(self, across: float, down: float) -> None:
        """Moves the picture."""
        width = self.shown_width
        self.x -= across / width
        self.y -= down / (width / self.shape)
        self.rectangle()

    def zoom_by(self, factor: float, x: float, y: float) -> None:
        """Zooms; what lies at a point of the view stays there."""
        left, top, width, height = self.rectangle()
        across, down = (x - left) / width, (y - top) / height
        wanted = self.shown_width * factor
        self.zoom = min(max(wanted, _SMALLEST * self.fitting), _LARGEST * self.fitting)
        new_height = self.zoom / self.shape
        self.x = across - (x - self.width / 2) / self.zoom
        self.y = down - (y - self.height / 2) / new_height
        self.rectangle()

    def move_line_to(self, x: float) -> None:
        """Has the line go through a column of the view."""
        left, _top, width, _height = self.rectangle()
        self.line = min(max((x - left) / width, 0.0), 1.0)

    def move_line_by(self, part: float) -> None:
        """Moves the line by a part of the picture's width."""
        self.line = min(max((self.line or 0.0) + part, 0.0), 1.0)


def _held(middle: float, length: float, room: int) -> float:
    """Returns what is in the middle so that the picture covers the view, or lies within it."""
    if length <= room:
        return 0.5
    most = room / 2 / length
    return min(max(middle, most), 1 - most)
