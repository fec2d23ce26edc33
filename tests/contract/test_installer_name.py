"""The installer is called install.sh or install.cmd, as the system has it, in every message."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract.platforms.windows import installer

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("nst_contract", "nst_core", "nst_install", "gimp_plugin/nst_gimp")
NAMES = ("install.sh", "install.cmd")
# The one place that says what it is called.
PLACES = {
    REPOSITORY / "nst_contract" / "platforms" / system / "installer.py"
    for system in ("posix", "windows")
}


def texts(path: Path) -> Iterator[str]:
    """Yields all texts of a module but its docstrings."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield str(node.value)


def test_only_one_place_says_what_the_installer_is_called() -> None:
    told = {
        path
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*.py")
        if any(name in text for text in texts(path) for name in NAMES)
    }
    assert told == PLACES


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([r"C:\nst\install.cmd", "--no-gimp"], r"C:\nst\install.cmd --no-gimp"),
        ([r"C:\Zoë Müller\install.cmd"], r'cmd /c "C:\Zoë Müller\install.cmd"'),
        ([r"C:\a b\nst (1)\install.cmd"], r'"C:\a b\nst (1)\install.cmd"'),
        ([r"C:\a b\x.cmd", "--prefix", r"D:\c d"], r'"C:\a b\x.cmd" --prefix "D:\c d"'),
    ],
)
def test_windows_command_lines_can_be_pasted(words: list[str], line: str) -> None:
    assert installer.quoted(words) == line
