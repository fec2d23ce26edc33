"""Contact sheets: what the defaults paint, and what each control does.

    python benchmarks/contact_sheet.py defaults --out defaults.jpg
    python benchmarks/contact_sheet.py controls --out docs/images/controls.jpg --options --size 384
    python benchmarks/contact_sheet.py strength --out docs/images/strength.jpg --options --size 384
    python benchmarks/contact_sheet.py compare OLD NEW --out docs/images/old-and-new.jpg

``defaults`` paints a landscape, a portrait and a still life in three very different built-in
styles, with the preset ``normal`` and no other options. ``controls`` paints one of them with one
option after another, ``strength`` another of them with ten strengths. Everything after
``--options`` is passed to every ``nst stylize``. ``compare`` shows two folders that paint_pairs.py
has filled, side by side.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common, pairs
from benchmarks.pairs import Pair

# A landscape, a portrait and a still life.
CONTENTS = ("china", "astronaut", "coffee")
# A bold painting, a fine etching and a pale watercolour.
STYLES = ("builtin:swirls", "builtin:hatching", "builtin:ink-wash")
# Sides of a picture, and what lies between and under pictures, in pixels.
CELL, GAP, CAPTION = (384, 270), 6, 22
# Of a picture that is compared with another, and what lies between such twins.
_TWIN, _CLOSE = (232, 174), 2
# A page with many pictures is compressed until its file is smaller than this, in bytes.
_LARGEST = 1_400_000


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
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="nst-sheet-") as name:
        folder = Path(name)
        if options.sheet == "compare":
            inputs = options.inputs or folder
            inputs.mkdir(parents=True, exist_ok=True)
            save(comparison(options.old, options.new, inputs), options.out)
            return
        contents = [pairs.content(content, folder) for content in CONTENTS]
        match options.sheet:
            case "defaults":
                rows = defaults(contents)
            case "strength":
                rows = strengths(contents)
            case _:
                rows = controls(contents, folder)
        sheet(rows, folder, options.options).save(options.out, quality=88)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sheets = found.add_subparsers(dest="sheet", required=True)
    for name in ("defaults", "controls", "strength", "compare"):
        one = sheets.add_parser(name)
        one.add_argument("--out", type=Path, required=True, metavar="FILE")
        if name != "compare":
            common.add_options(one)
            continue
        one.add_argument("old", type=Path, metavar="OLD", help="a folder of paintings")
        one.add_argument("new", type=Path, metavar="NEW", help="another")
        one.add_argument(
            "--inputs", type=Path, metavar="FOLDER",
            help="keeps photographs and styles as files, to be used again",
        )  # fmt: skip
    return found


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


def strengths(contents: Sequence[Path]) -> list[list[Cell]]:
    """Returns one picture at ten strengths, from photograph to painting, in two rows."""
    content, bold = contents[-1], STYLES[0]
    cells = [
        Cell(f"--strength {tenth / 10:g}", content, [bold], ["--strength", tenth / 10])
        for tenth in range(1, 11)
    ]
    return [cells[:5], cells[5:]]


def sheet(rows: Sequence[Sequence[Cell]], folder: Path, options: Sequence[str]) -> Image.Image:
    """Paints all cells and returns them side by side, with their captions."""
    width = max(len(row) for row in rows) * (CELL[0] + GAP) - GAP
    height = len(rows) * (CELL[1] + CAPTION)
    page = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=14)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            place = x * (CELL[0] + GAP), y * (CELL[1] + CAPTION)
            page.paste(fitted(_painted(cell, folder, options), CELL), place)
            draw.text((place[0] + 2, place[1] + CELL[1] + 2), cell.caption, "black", font)
            print(cell.content.stem, *cell.styles, cell.caption, flush=True)
    return page


def _painted(cell: Cell, folder: Path, options: Sequence[str]) -> Path:
    if not cell.styles:
        return cell.content
    result = folder / "result.png"
    arguments = (cell.content, *cell.styles, "-o", result, *cell.options, *options)
    common.run_module("nst_core", "stylize", *arguments)
    return result


def comparison(old: Path, new: Path, inputs: Path) -> Image.Image:
    """Returns a row for each photograph and a column for each style, with both paintings of each.

    The first column has the photographs, the first row the styles. What is not painted stays white.
    """
    twins, row = 2 * _TWIN[0] + _CLOSE, _TWIN[1] + CAPTION
    page = Image.new(
        "RGB",
        (_TWIN[0] + len(pairs.STYLES) * (GAP + twins), (1 + len(pairs.CONTENTS)) * row),
        "white",
    )
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=16)

    def show(file: Path, caption: str, x: int, y: int) -> None:
        if file.exists():
            page.paste(fitted(file, _TWIN), (x, y))
        draw.text((x + 2, y + _TWIN[1] + 1), caption, "black", font)

    for i, style in enumerate(pairs.STYLES):
        x = _TWIN[0] + GAP + i * (GAP + twins)
        show(pairs.style(style, inputs), style, x + (_TWIN[0] + _CLOSE) // 2, 0)
        for j, content in enumerate(pairs.CONTENTS, 1):
            pair = Pair(content, style)
            show(pair.painting(old), "old", x, j * row)
            show(pair.painting(new), "new", x + _TWIN[0] + _CLOSE, j * row)
    for j, content in enumerate(pairs.CONTENTS, 1):
        show(pairs.content(content, inputs), content, 0, j * row)
    return page


def save(page: Image.Image, file: Path, largest: int = _LARGEST) -> None:
    """Writes a page as a JPEG of at most so many bytes, if its quality allows."""
    for quality in range(90, 50, -4):
        page.save(file, quality=quality, optimize=True)
        if file.stat().st_size <= largest:
            return


def fitted(path: Path, cell: tuple[int, int]) -> Image.Image:
    """Returns a picture that fills a cell; any excess is cut off left, right and below.

    It is not cut off above, where a portrait has its face.
    """
    with Image.open(path) as image:
        scale = max(cell[0] / image.width, cell[1] / image.height)
        size = round(image.width * scale), round(image.height * scale)
        resized = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    left = (size[0] - cell[0]) // 2
    cut: Image.Image = resized.crop((left, 0, left + cell[0], cell[1]))
    return cut


def _masks(folder: Path) -> tuple[Path, Path]:
    """Writes two masks, for the halves of a picture, with a soft edge between them."""
    ramp = np.clip((np.arange(480) - 216) / 48, 0, 1)[None].repeat(320, axis=0)
    paths = folder / "left.png", folder / "right.png"
    for path, mask in zip(paths, (1 - ramp, ramp), strict=True):
        Image.fromarray(np.rint(255 * mask).astype(np.uint8)).save(path)
    return paths


if __name__ == "__main__":
    main()
