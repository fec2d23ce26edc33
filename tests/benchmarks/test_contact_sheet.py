"""benchmarks.contact_sheet: what it asks of ``nst stylize`` exists, and the page is laid out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import pairs
from benchmarks.contact_sheet import (
    CAPTION,
    CELL,
    CONTENTS,
    GAP,
    Cell,
    comparison,
    controls,
    defaults,
    parser,
    save,
    sheet,
)
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


def test_old_and_new_lie_side_by_side_under_their_style_and_beside_their_photograph(
    tmp_path: Path,
) -> None:
    def fill(folder: str, names: Iterable[object], color: str) -> Path:
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in names:
            Image.new("RGB", (60, 40), color).save(tmp_path / folder / f"{name}.png")
        return tmp_path / folder

    fill("in", pairs.STYLES, "yellow")
    inputs = fill("in", pairs.CONTENTS, "blue")
    old, new = fill("old", pairs.PAIRS, "red"), fill("new", pairs.PAIRS[:-1], "lime")
    page = np.asarray(comparison(old, new, inputs))

    def covered(*color: int) -> float:
        """Returns the number of pictures of a color, by the area of one."""
        alike, of_styles = ((page == one).all(axis=2).sum() for one in (color, (255, 255, 0)))
        return float(alike / of_styles * len(pairs.STYLES))

    assert covered(0, 0, 255) == len(pairs.CONTENTS)
    assert covered(255, 0, 0) == 25
    assert covered(0, 255, 0) == 24
    # Every second picture in the first row of paintings is an old one.
    row = page[page.shape[0] // 4]
    change = np.flatnonzero((row[1:] != row[:-1]).any(axis=1)) + 1
    seen = [tuple(row[place].tolist()) for place in (0, *change)]
    pictures = [color for color in seen if color != (255, 255, 255)]
    assert pictures == [(0, 0, 255), *[(255, 0, 0), (0, 255, 0)] * 5]
    # The last painting is missing.
    assert (page[-CAPTION - 2, -2] == 255).all()


def test_a_page_is_compressed_until_it_is_small_enough(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    page, file = Image.fromarray(noise), tmp_path / "page.jpg"
    save(page, file)
    best = file.stat().st_size
    save(page, file, largest=best - 1)
    assert best // 2 < file.stat().st_size < best


def test_each_sheet_has_its_own_arguments() -> None:
    found = parser().parse_args(["compare", "old", "new", "--out", "x.jpg"])
    assert (found.old, found.new, found.out) == (Path("old"), Path("new"), Path("x.jpg"))
    found = parser().parse_args(["controls", "--out", "x.jpg", "--options", "--size", "9"])
    assert found.options == ["--size", "9"]
