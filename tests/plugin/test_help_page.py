"""The pages that the dialog's Help opens are the user guide, and what it links to."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_are_up_to_date() -> None:
    """``python docs/make_help.py`` makes them anew."""
    maker = runpy.run_path(str(DOCS / "make_help.py"))
    folder = DOCS.parent / "gimp_plugin" / "help"
    assert maker["FOLDER"] == folder
    made = {name: maker["page"](text) for text, name in maker["NAMES"].items()}
    assert {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.html")} == made
