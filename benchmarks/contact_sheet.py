"""Contact sheets: what the defaults paint, and what each control does.

    python benchmarks/contact_sheet.py defaults --out docs/images/defaults.jpg
    python benchmarks/contact_sheet.py controls --out docs/images/controls.jpg --options --size 384

``defaults`` paints a landscape, a portrait and a still life in three very different built-in
styles, with the preset ``normal`` and no other options. ``controls`` paints one of them with one
option after another. Everything after ``--options`` is passed to every ``nst stylize``.
"""

from __future__ import annotations

import argparse
import importlib.resources
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common

# A temple above a lake (danielbuechele, CC BY 2.0), an astronaut (NASA, public domain), and a cup
# of coffee (Rachel Michetti, public domain).
CONTENTS = (
    ("sklearn.datasets.images", "china.jpg"),
    ("skimage.data", "astronaut.png"),
    ("skimage.data", "coffee.png"),
)
# A bold painting, a fine etching and a pale watercolour.
STYLES = ("builtin:swirls", "builtin:hatching", "builtin:ink-wash")
# Sides of a picture, and what lies between and under pictures, in pixels.
CELL, GAP, CAPTION = (384, 270), 6, 22


@dataclass(frozen=True)
class Cell:
    """A picture on a sheet.

    Attributes:
        caption: the text below it.
        content, styles: of the run; without styles, the content itself is shown.
        options: for ``nst stylize``.
    """

    caption: str
    content: Path
    styles: Sequence[str] = ()
    options: Sequence[object] = field(default_factory=tuple)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", choices=("defaults", "controls"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--options", nargs=argparse.REMAINDER, default=[],
        help="the rest of the line is passed to every nst stylize",
    )  # fmt: skip
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nst-sheet-") as name:
        folder = Path(name)
        contents = [_fetched(package, file, folder) for package, file in CONTENTS]
        rows = defaults(contents) if options.sheet == "defaults" else controls(contents, folder)
        sheet(rows, folder, options.options).save(options.out, quality=88)


def defaults(contents: Sequence[Path]) -> list[list[Cell]]:
    """Returns a row for each content: the content, then each style."""
    return [
        [Cell("", content), *(Cell(style, content, [style]) for style in STYLES)]
        for content in contents
    ]


def controls(contents: Sequence[Path], folder: Path) -> list[list[Cell]]:
    """Returns a row for each kind of control."""
    content, (bold, fine, pale) = contents[0], STYLES
    left, right = _masks(folder)
    return [
        [
            Cell(f"--style-weights {w},{1 - w:g}", content, [bold, pale],
                 ["--style-weights", f"{w},{1 - w}"])
            for w in (0, 0.5, 1)
        ],
        [
            Cell("--mask", content, [bold], ["--mask", left]),
            Cell("--style-mask, twice", content, [bold, fine],
                 ["--style-mask", left, "--style-mask", right]),
            Cell("--style-mask, and none", content, [fine, pale],
                 ["--style-mask", left, "--style-mask", "none"]),
        ],
        [
            Cell(f"--color {color}", content, [bold], ["--color", color])
            for color in ("style", "luminance", "histogram", "linear")
        ],
        [
            Cell(f"--style-scale {scale}", content, [bold], ["--style-scale", scale])
            for scale in (0.5, 1, 2)
        ],
    ]  # fmt: skip


def sheet(rows: Sequence[Sequence[Cell]], folder: Path, options: Sequence[str]) -> Image.Image:
    """Paints all cells and returns them side by side, with their captions."""
    width = max(len(row) for row in rows) * (CELL[0] + GAP) - GAP
    height = len(rows) * (CELL[1] + CAPTION)
    page = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=14)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            place = x * (CELL[0] + GAP), y * (CELL[1] + CAPTION)
            page.paste(_fitted(_painted(cell, folder, options)), place)
            draw.text((place[0] + 2, place[1] + CELL[1] + 2), cell.caption, "black", font)
            print(cell.content.stem, *cell.styles, cell.caption, flush=True)
    return page


def _painted(cell: Cell, folder: Path, options: Sequence[str]) -> Path:
    if not cell.styles:
        return cell.content
    result = folder / "result.png"
    arguments = (cell.content, *cell.styles, "-o", result, *cell.options, *options)
    common.run_module("nst_core", "stylize", *arguments, environment=common.our_environment())
    return result


def _fitted(path: Path) -> Image.Image:
    """Returns a picture that fills a cell; any excess is cut off left, right and below.

    It is not cut off above, where a portrait has its face.
    """
    with Image.open(path) as image:
        scale = max(CELL[0] / image.width, CELL[1] / image.height)
        size = round(image.width * scale), round(image.height * scale)
        resized = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    left = (size[0] - CELL[0]) // 2
    cut: Image.Image = resized.crop((left, 0, left + CELL[0], CELL[1]))
    return cut


def _fetched(package: str, file: str, folder: Path) -> Path:
    """Copies a picture out of an installed package."""
    path = folder / file
    path.write_bytes((importlib.resources.files(package) / file).read_bytes())
    return path


def _masks(folder: Path) -> tuple[Path, Path]:
    """Writes two masks, for the halves of a picture, with a soft edge between them."""
    ramp = np.clip((np.arange(480) - 216) / 48, 0, 1)[None].repeat(320, axis=0)
    paths = folder / "left.png", folder / "right.png"
    for path, mask in zip(paths, (1 - ramp, ramp), strict=True):
        Image.fromarray(np.rint(255 * mask).astype(np.uint8)).save(path)
    return paths


if __name__ == "__main__":
    main()
