"""benchmarks.contact_sheet: what it asks of ``nst stylize`` exists, and the page is laid out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmarks import contact_sheet
from benchmarks.contact_sheet import CONTENTS, Cell, controls, defaults, sheet
from nst_core.cli import build_parser


def test_every_cell_is_a_call_that_nst_understands(tmp_path: Path) -> None:
    contents = [tmp_path / file for _, file in CONTENTS]
    rows = [*defaults(contents), *controls(contents, tmp_path)]
    painted = [cell for row in rows for cell in row if cell.styles]
    assert len(painted) == 9 + 13
    for cell in painted:
        words = map(str, ["stylize", cell.content, *cell.styles, "-o", "r.png", *cell.options])
        options = build_parser().parse_args(list(words))
        assert len(options.styles) == len(cell.styles)


def test_rows_lie_under_each_other_and_pictures_fill_their_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_sheet, "_CELL", (40, 30))
    for color, size in (("red", (60, 20)), ("lime", (10, 50))):
        Image.new("RGB", size, color).save(tmp_path / f"{color}.png")
    red, lime = Cell("a", tmp_path / "red.png"), Cell("b", tmp_path / "lime.png")
    page = sheet([[red, lime], [lime]], tmp_path, [])
    assert page.size == (2 * 40 + 6, 2 * (30 + 22))
    for place, pixel in (((0, 0), (255, 0, 0)), ((39, 29), (255, 0, 0)), ((46, 0), (0, 255, 0)),
                         ((20, 60), (0, 255, 0)), ((60, 60), (255, 255, 255))):  # fmt: skip
        assert page.getpixel(place) == pixel
