"""Puts pictures side by side at one height: ``python -m nst_install.before_after RESULT ...``.

Run with the engine's Python: it needs Pillow.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

HEIGHT = 360
_GAP = 8


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Returns a single picture with all of them on white, HEIGHT pixels high."""
    scaled = [
        picture.convert("RGB").resize((round(picture.width * HEIGHT / picture.height), HEIGHT))
        for picture in pictures
    ]
    width = sum(picture.width for picture in scaled) + _GAP * (len(scaled) - 1)
    strip = Image.new("RGB", (width, HEIGHT), "white")
    left = 0
    for picture in scaled:
        strip.paste(picture, (left, 0))
        left += picture.width + _GAP
    return strip


if __name__ == "__main__":
    side_by_side([Image.open(path) for path in sys.argv[2:]]).save(Path(sys.argv[1]))
