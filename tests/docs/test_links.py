"""Every link in the project's texts leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

from . import texts

_ELSEWHERE = re.compile(r"[a-z]+:")
_MENTION = re.compile(r"\bdocs/[\w-]+\.(?:md|ipynb|py)\b")
_CODE = ("nst_contract", "nst_core", "nst_install", "gimp_plugin", "benchmarks", "docs")


def name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", texts.FILES, ids=name)
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    broken = []
    for link in texts.links(path):
        if _ELSEWHERE.match(link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in texts.anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("path", texts.FILES, ids=name)
def test_a_list_of_contents_has_every_section(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before, _, _ = text.partition("\n## ")
    listed = {link for link in texts.links_in(before) if link.startswith("#")}
    sections = [f"#{slug}" for slug in texts.sections(path)]
    if listed:
        assert [section for section in sections if section not in listed] == []


def test_the_texts_do_link_to_each_other() -> None:
    assert len({link for path in texts.FILES for link in texts.links(path)}) > 20


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [REPOSITORY / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        files = [link.partition("#")[0] for link in texts.links(path)]
        waiting += [(path.parent / file).resolve() for file in files if file.endswith(".md")]
    assert set((REPOSITORY / "docs").glob("*.md")) <= reached


def test_comments_name_pages_that_exist() -> None:
    mentioned = {
        (mention, name(path))
        for folder in _CODE
        for path in (REPOSITORY / folder).rglob("*.py")
        for mention in _MENTION.findall(path.read_text(encoding="utf-8"))
    }
    assert mentioned
    assert not [(page, where) for page, where in mentioned if not (REPOSITORY / page).is_file()]
