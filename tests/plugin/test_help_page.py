"""The page that the dialog's Help opens is the user guide."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    """``python docs/make_help.py`` makes it anew."""
    maker = runpy.run_path(str(DOCS / "make_help.py"))
    assert maker["PAGE"] == DOCS.parent / "gimp_plugin" / "help" / "index.html"
    assert maker["PAGE"].read_text(encoding="utf-8") == maker["page"]()
