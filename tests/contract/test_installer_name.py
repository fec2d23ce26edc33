"""The installer is called install.sh or install.cmd, as the system has it, in every message."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract.platforms.posix import installer as posix
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


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("/gone/install.sh", "./install.sh"),
        ("'/gone with it/install.sh' --prefix '/x y'", "./install.sh --prefix '/x y'"),
        (str(REPOSITORY / "install.sh"), ""),
        ("./install.sh --no-gimp", ""),
        ("/gone/python -m nst_core gimp install", ""),
        ("'", ""),
        ("", ""),
    ],
)
def test_a_script_that_is_gone_is_called_from_a_new_copy(command: str, instead: str) -> None:
    assert posix.call_of_new_copy(command) == instead


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ([r"C:\nst\install.cmd"], r".\install.cmd"),
        ([r"C:\install.cmd", "--device", "cpu"], r".\install.cmd --device cpu"),
        ([r"C:\Zoë Müller\install.cmd", "--no-gimp"], r".\install.cmd --no-gimp"),
        ([r"C:\a b\install.cmd", "--prefix", r"D:\c d"], r'.\install.cmd --prefix "D:\c d"'),
        ([r".\install.cmd"], ""),
        ([r"C:\nst\python.exe", "-m", "nst_core"], ""),
    ],
)
def test_so_is_one_on_windows(words: list[str], instead: str) -> None:
    assert installer.call_of_new_copy(installer.quoted(words)) == instead
