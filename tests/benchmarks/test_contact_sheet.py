"""benchmarks.contact_sheet: what it asks of ``nst stylize`` exists, and the page is laid out."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from benchmarks.contact_sheet import CAPTION, CELL, CONTENTS, GAP, Cell, controls, defaults, sheet
from nst_core.cli import build_parser


def test_every_cell_is_a_call_that_nst_understands(tmp_path: Path) -> None:
    contents = [tmp_path / f"{name}.png" for name in CONTENTS]
    rows = [*defaults(contents), *controls(contents, tmp_path)]
    painted = [cell for row in rows for cell in row if cell.styles]
    assert len(painted) == 9 + 13
    for cell in painted:
        words = map(str, ["stylize", cell.content, *cell.styles, "-o", "r.png", *cell.options])
        options = build_parser().parse_args(list(words))
        assert len(options.styles) == len(cell.styles)


def test_rows_lie_under_each_other_and_pictures_fill_their_cells(tmp_path: Path) -> None:
    width, height = CELL
    for color, size in (("red", (60, 20)), ("lime", (10, 50))):
        Image.new("RGB", size, color).save(tmp_path / f"{color}.png")
    red, lime = Cell("a", tmp_path / "red.png"), Cell("b", tmp_path / "lime.png")
    page = sheet([[red, lime], [lime]], tmp_path, [])
    assert page.size == (2 * width + GAP, 2 * (height + CAPTION))
    second_column, second_row = width + GAP, height + CAPTION
    for place, pixel in (
        ((0, 0), (255, 0, 0)),
        ((width - 1, height - 1), (255, 0, 0)),
        ((second_column, 0), (0, 255, 0)),
        ((width - 1, second_row), (0, 255, 0)),
        ((second_column, second_row), (255, 255, 255)),
    ):
        assert page.getpixel(place) == pixel
