"""Where strokes are laid: a canvas for paint with relief, or just how much they cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from nst_core.builtin_styles.arrays import Field, Numbers, limited
from nst_core.builtin_styles.strokes import Brush, Strokes

# Pixels computed at once: few enough for their arrays to stay in the processor's cache.
_CHUNK = 1 << 15
# Texture samples per pixel: enough for the nearest one to do.
_OVERSAMPLING = 1.5


class Canvas:
    """A square picture in the making.

    Args:
        pixels: along one side.
        ground: its colour, 0..1: (3,), or (pixels, pixels, 3).
    """

    def __init__(self, pixels: int, ground: ArrayLike) -> None:
        self.pixels = pixels
        # The fourth channel is how thick the paint lies, in sides of the picture.
        self._paint = np.zeros((pixels, pixels, 4), np.float32)
        self._paint[..., :3] = ground

    @property
    def rgb(self) -> Field:
        """(pixels, pixels, 3), 0..1: the paint itself, without light on its relief."""
        return self._paint[..., :3]

    def paint(
        self,
        strokes: Strokes,
        brush: Brush,
        rng: np.random.Generator,
        *,
        tint: float = 0.0,
        thickness: float = 0.0,
    ) -> None:
        """Adds strokes, each on top of the ones before.

        Args:
            strokes: where they lie, and their colours.
            brush: what each leaves.
            rng: chooses among the brush's variants.
            tint: how much the brush's tint counts.
            thickness: of the paint, as a fraction of the strokes' mean width.
        """
        variants = rng.integers(len(brush.load), size=len(strokes))
        sized = _Sized(brush, strokes, self.pixels)
        height = thickness * float(np.mean(strokes.width))
        texture = np.stack([*3 * [sized.tint * tint], sized.relief * height], axis=-1)
        texture = texture.reshape(-1, 4).astype(np.float32)
        colours = np.pad(strokes.colour, ((0, 0), (0, 1)))
        for part in _parts(strokes, self.pixels):
            some = strokes[part]
            cover, index, left, top = sized.lay(some, variants[part])
            paint = texture.take(index, axis=0)
            paint += colours[part, None, None, :]
            for place, window in _windows(left, top, cover.shape, self.pixels):
                ground = self._paint[place]
                ground += cover[window][..., None] * (paint[window] - ground)

    def lit(self, strength: float, *, gloss: float = 0.0) -> Field:
        """Returns the picture under light from the upper left.

        Args:
            strength: how much lighter or darker a slope of 1 appears.
            gloss: how bright the reflections on the steepest slopes are.
        """
        south, east = np.gradient(self._paint[..., 3] * np.float32(self.pixels))
        slope = (east + south) / np.float32(2**0.5)
        light = np.tanh(slope * np.float32(strength * 4)) / 4
        shine = np.clip(slope * np.float32(strength * 2) - np.float32(0.3), 0, 1) ** 2
        shown = self.rgb * (1 + light[..., None]) + np.float32(0.25) * light[..., None]
        return limited(shown + np.float32(gloss) * shine[..., None])


def coverage(pixels: int, strokes: Strokes, brush: Brush, rng: np.random.Generator) -> Field:
    """Returns how much strokes of one colour cover, (pixels, pixels), 0..1.

    Where strokes meet, they cover no more than the stronger one does, so overlapping pieces of a
    line leave no trace.

    Args:
        pixels: along one side of the picture.
        strokes, brush, rng: as for :meth:`Canvas.paint`; colours are ignored.
    """
    covered = np.zeros((pixels, pixels), np.float32)
    variants = rng.integers(len(brush.load), size=len(strokes))
    sized = _Sized(brush, strokes, pixels)
    for part in _parts(strokes, pixels):
        # A pixel longer, or the pixels between pieces would be only partly covered.
        cover, _, left, top = sized.lay(strokes[part], variants[part], longer=1.0)
        for place, window in _windows(left, top, cover.shape, pixels):
            np.maximum(covered[place], cover[window], out=covered[place])
    return covered


def _windows(
    left: Numbers, top: Numbers, shape: tuple[int, ...], pixels: int
) -> Iterator[tuple[tuple[slice, slice], tuple[int, slice, slice]]]:
    """Yields, for each stroke on the canvas, the window's place there and the part that shows."""
    _, height, width = shape
    for number, (x, y) in enumerate(zip(left.tolist(), top.tolist(), strict=True)):
        x0, x1 = max(x, 0), min(x + width, pixels)
        y0, y1 = max(y, 0), min(y + height, pixels)
        if x0 < x1 and y0 < y1:
            window = number, slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
            yield (slice(y0, y1), slice(x0, x1)), window


def _parts(strokes: Strokes, pixels: int) -> list[slice]:
    """Splits strokes into batches to be computed at once."""
    window = float(np.max(strokes.length + strokes.width, initial=0)) * pixels + 3
    step = max(1, int(_CHUNK / window**2))
    return [slice(first, first + step) for first in range(0, len(strokes), step)]


class _Sized:
    """A brush scaled to the size of some strokes in pixels."""

    def __init__(self, brush: Brush, strokes: Strokes, pixels: int) -> None:
        self._pixels = pixels
        rows, columns = brush.load.shape[1:]
        wanted = np.max([strokes.width, strokes.length], axis=1, initial=0) * pixels * _OVERSAMPLING
        self._rows = int(np.clip(np.ceil(wanted[0]), 1, rows))
        self._columns = int(np.clip(np.ceil(wanted[1]), 4, columns))
        self._outline = _resized(brush.outline[None, None], 1, self._columns).ravel()
        self._load, self.relief, self.tint = (
            _resized(texture, self._rows, self._columns)
            for texture in (brush.load, brush.relief, brush.tint)
        )

    def lay(
        self, strokes: Strokes, variants: Numbers, longer: float = 0.0
    ) -> tuple[Field, Numbers, Numbers, Numbers]:
        """Returns how strokes cover their windows, and where in the textures each pixel lies.

        Args:
            strokes, variants: what to lay, and with which of the brush's variants.
            longer: by how many pixels to lengthen the strokes.

        Returns:
            Coverage and index, (n, height, width); left and top of the windows, (n,).
        """
        pixels = np.float32(self._pixels)
        length, width = strokes.length * pixels, strokes.width * pixels
        bend, sine, cosine = strokes.bend / pixels, np.sin(strokes.angle), np.cos(strokes.angle)
        thick = width + np.abs(bend) * length**2 / 4
        right = self._reach(np.abs(cosine) * length + np.abs(sine) * thick)
        down = self._reach(np.abs(sine) * length + np.abs(cosine) * thick)
        left = np.floor(strokes.x * pixels).astype(np.int32) - right
        top = np.floor(strokes.y * pixels).astype(np.int32) - down
        dx = (left - strokes.x * pixels)[:, None] + np.arange(2 * right + 1, dtype=np.float32) + 0.5
        dy = (top - strokes.y * pixels)[:, None] + np.arange(2 * down + 1, dtype=np.float32) + 0.5

        def each(value: Any) -> Any:
            return value[:, None, None]

        dx, dy = dx[:, None, :].astype(np.float32), dy[:, :, None].astype(np.float32)
        along = each(cosine) * dx + each(sine) * dy
        slope = each(bend) * along
        across = each(cosine) * dy - each(sine) * dx
        across -= slope * along / 2
        across /= np.sqrt(1 + slope * slope)
        column = (along * each(self._columns / length) + self._columns / 2).astype(np.int32)
        np.clip(column, 0, self._columns - 1, out=column)
        row = (across * each(self._rows / width) + self._rows / 2).astype(np.int32)
        np.clip(row, 0, self._rows - 1, out=row)
        row += each(variants.astype(np.int32) * self._rows)
        index = row * self._columns + column

        half = self._outline.take(column) * each(width / 2)
        cover = np.minimum(half + np.float32(0.5) - np.abs(across), np.minimum(2 * half, 1))
        cover *= np.clip(each(length / 2 + np.float32(0.5 + longer / 2)) - np.abs(along), 0, 1)
        np.maximum(cover, 0, out=cover)
        cover *= self._load.take(index)
        cover *= each(strokes.opacity)
        return cover, index, left, top

    @staticmethod
    def _reach(extents: Field) -> int:
        return int(np.ceil(extents.max() / 2)) + 1


def _resized(textures: Field, rows: int, columns: int) -> Field:
    size, box = (columns, rows), Image.Resampling.BOX
    return np.stack(
        [np.asarray(Image.fromarray(texture).resize(size, box)) for texture in textures]
    )
