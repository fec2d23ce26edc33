"""Every promise of docs/reliability.md is held by a test that exists."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPOSITORY

_PAGE = REPOSITORY / "docs" / "reliability.md"
_TEST = re.compile(r"([\w/]+\.py)?(?:::(\w+))?")


def rows() -> list[str]:
    """Returns the third cell of each row: its tests."""
    lines = _PAGE.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return [tests for fault, _, tests in cells if fault.strip() not in ("fault", "---")]


def named_in(row: str) -> list[tuple[str, str]]:
    """Returns the file and function of each test; no function where the whole file is meant."""
    file, found = "", []
    for match in _TEST.finditer(row):
        file = match[1] or file
        if match[0]:
            found.append((file, match[2] or ""))
    return found


@pytest.mark.parametrize("row", rows())
def test_the_named_in_a_promise_exist(row: str) -> None:
    found = named_in(row)
    assert found
    for file, function in found:
        text = (REPOSITORY / "tests" / file).read_text(encoding="utf-8")
        assert f"def {function}" in text
