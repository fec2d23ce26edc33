"""A sheet that shows all built-in styles with their names."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_contract.builtin_style_names import STYLES
from nst_core.builtin_styles.gallery import check_size, paint
from nst_core.builtin_styles.palettes import Palette
from nst_core.pictures.picture import Picture, Size

_COLUMNS = 4
# As fractions of a picture's side.
_GAP, _CAPTION, _LETTERS = 0.03, 0.11, 0.065
_PAPER, _INK = (255, 255, 255), (32, 32, 32)


def sides_of(size: int) -> Size:
    """Returns width and height of a sheet, in pixels, whose styles have sides of this size."""
    gap, caption = round(_GAP * size), round(_CAPTION * size)
    rows = -(-len(STYLES) // _COLUMNS)
    return gap + _COLUMNS * (size + gap), gap + rows * (size + caption + gap)


def paint_sheet(size: int, *, seed: int = 0, palette: Palette | None = None) -> Picture:
    """Paints all styles side by side.

    Args:
        size: pixels along each side of one style.
        seed, palette: as for :func:`nst_core.builtin_styles.gallery.paint`.

    Raises:
        NstError: (bad-setting) if a number is out of range.
    """
    check_size(size)
    gap, caption = round(_GAP * size), round(_CAPTION * size)
    sheet = Image.new("RGB", sides_of(size), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_LETTERS * size)
    for number, name in enumerate(STYLES):
        row, column = divmod(number, _COLUMNS)
        left, top = gap + column * (size + gap), gap + row * (size + caption + gap)
        picture = paint(name, size, seed=seed, palette=palette)
        samples = np.rint(picture.rgb * 255).astype(np.uint8)
        sheet.paste(Image.fromarray(samples), (left, top))
        middle = (left + size / 2, top + size + caption / 2)
        draw.text(middle, name, fill=_INK, font=font, anchor="mm")
    return Picture(np.asarray(sheet, np.float32) / np.float32(255), name="styles")
