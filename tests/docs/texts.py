"""Reads the project's texts: links, headings and indented blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

FILES = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").glob("*.md"),
        REPOSITORY / "benchmarks" / "README.md",
        REPOSITORY / "tests" / "gimp" / "harness" / "README.md",
    ]
)

_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_INDENT = "    "


@dataclass(frozen=True)
class Block:
    """An indented block, without its indentation, and the line it begins at, from 1."""

    text: str
    line: int


def links(path: Path) -> list[str]:
    """Returns the targets of all links and pictures."""
    return links_in(_without_blocks(path))


def links_in(text: str) -> list[str]:
    """Returns the targets of all links and pictures in a part of a text."""
    return _LINK.findall(text)


def sections(path: Path) -> list[str]:
    """Returns what a link to each section names: headings of the second order, in order."""
    return [_slug(title) for title in _SECTION.findall(_without_blocks(path))]


def anchors(path: Path) -> set[str]:
    """Returns what a link to a heading of the file may name, as GitHub and python-markdown do."""
    return {_slug(title) for title in _HEADING.findall(_without_blocks(path))}


def blocks(path: Path) -> list[Block]:
    """Returns the indented blocks; blank lines within a block belong to it."""
    found: list[Block] = []
    lines: list[str] = []
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "end"], 1):
        if line.startswith(_INDENT) or (lines and not line.strip()):
            lines.append(line.removeprefix(_INDENT))
        elif lines:
            found.append(Block("\n".join(lines), number - len(lines)))
            lines = []
    return found


def _without_blocks(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(_INDENT))


def _slug(title: str) -> str:
    title = _LINK.sub(lambda link: link[0].partition("](")[0].lstrip("!["), title)
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
