"""The photographs and styles that paintings are compared by: all pairs of them.

A painting of a pair is named CONTENT-STYLE.png, and what it took is in CONTENT-STYLE.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import common

_SKIMAGE, _SKLEARN = "skimage.data", "sklearn.datasets.images"

# Package and file of each photograph: an astronaut (NASA, public domain), a cat (Stefan van der
# Walt, public domain), a cup of coffee (Rachel Michetti, public domain), a rocket's launch (SpaceX,
# public domain), and a temple above a lake (danielbuechele, CC BY 2.0).
CONTENTS = {
    "astronaut": (_SKIMAGE, "astronaut.png"),
    "chelsea": (_SKIMAGE, "chelsea.png"),
    "coffee": (_SKIMAGE, "coffee.png"),
    "rocket": (_SKIMAGE, "rocket.jpg"),
    "china": (_SKLEARN, "china.jpg"),
}
# A bold painting, a fine etching, a pale watercolour and dots in colours, which nst paints.
BUILTIN_STYLES = ("swirls", "hatching", "ink-wash", "pointillism")
# A photograph as a style: a flower (CC BY 2.0; from vultilion's pictures on Flickr, where
# scikit-learn names danielbuechele).
PHOTOGRAPHIC_STYLES = {"flower": (_SKLEARN, "flower.jpg")}
STYLES = (*BUILTIN_STYLES, *PHOTOGRAPHIC_STYLES)
# Long side at which a built-in style is painted, in pixels.
_STYLE_SIZE = 640


@dataclass(frozen=True)
class Pair:
    """A photograph and a style, by name."""

    content: str
    style: str

    def __str__(self) -> str:
        return f"{self.content}-{self.style}"

    def painting(self, folder: Path) -> Path:
        """Returns where the painting is in a folder of paintings."""
        return folder / f"{self}.png"

    def record(self, folder: Path) -> Path:
        """Returns the file that says what the painting took."""
        return folder / f"{self}.json"


PAIRS = tuple(Pair(content, style) for style in STYLES for content in CONTENTS)


def named(names: Sequence[str]) -> list[Pair]:
    """Returns the pairs of these names, in the order of :data:`PAIRS`; all if none is named.

    Raises:
        ValueError: if a name is not that of a pair.
    """
    known = {str(pair): pair for pair in PAIRS}
    for name in names:
        if name not in known:
            raise ValueError(f"There is no pair {name!r}. The pairs are {', '.join(known)}.")
    return [pair for pair in PAIRS if not names or str(pair) in names]


def content(name: str, folder: Path) -> Path:
    """Returns a photograph as NAME.png in ``folder``; it is written there unless it exists."""
    return _unpacked(name, *CONTENTS[name], folder)


def style(name: str, folder: Path) -> Path:
    """Returns a style's picture as NAME.png in ``folder``; it is made there unless it exists."""
    if name in PHOTOGRAPHIC_STYLES:
        return _unpacked(name, *PHOTOGRAPHIC_STYLES[name], folder)
    file = (folder / f"{name}.png").resolve()
    if not file.exists():
        common.run_module("nst_core", "styles", name, "-o", file, "--size", _STYLE_SIZE)
    return file


def _unpacked(name: str, package: str, shipped: str, folder: Path) -> Path:
    file = (folder / f"{name}.png").resolve()
    if not file.exists():
        from PIL import Image

        with Image.open(common.shipped(package, shipped)) as image:
            image.convert("RGB").save(file)
    return file
