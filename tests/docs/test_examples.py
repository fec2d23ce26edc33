"""What the texts tell people to type works: the library's examples run, commands are understood."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from nst_contract.settings import Settings
from nst_core import cli, images
from nst_core.commands.setting_options import given_settings
from nst_install.options import read_options
from tests.conftest import REPOSITORY
from tests.helpers.photographs import CAT, TISSUE, photograph

from . import texts

LIBRARY = REPOSITORY / "docs" / "library.md"
# What the examples say, and what takes seconds instead of minutes.
_QUICK = {"size=512": "size=32, evaluations=3", "every=20": "every=2"}


def commands(program: str) -> list[str]:
    """Returns every line of the texts that calls a program, without its comment."""
    return sorted(
        {
            line.partition("  #")[0].strip()
            for path in texts.FILES
            for block in texts.blocks(path)
            for line in block.text.splitlines()
            if line.startswith(f"{program} ")
        }
    )


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the examples find their pictures in."""
    for file, shipped in (("photo.jpg", CAT), ("painting.jpg", TISSUE), ("start.png", CAT)):
        images.write(photograph(shipped, 48, 32), tmp_path / file)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_of_the_library_run_one_after_the_other(pictures: Path) -> None:
    blocks = texts.blocks(LIBRARY)
    for usual in _QUICK:
        assert any(usual in block.text for block in blocks)
    scope: dict[str, Any] = {}
    for block in blocks:
        # Blank lines in front, so that a failure names the line of the text.
        code = "\n" * (block.line - 1) + block.text
        for usual, quick in _QUICK.items():
            code = code.replace(usual, quick)
        exec(compile(code, str(LIBRARY), "exec"), scope)  # noqa: S102
    written = images.read(pictures / "result.png")
    assert (written.width, written.height) == (48, 32)
    assert scope["early"].evaluations == 3
    assert scope["result"].settings == scope["draft"]


@pytest.mark.parametrize("command", commands("nst"))
def test_commands_of_nst_are_understood(command: str) -> None:
    options = cli.build_parser().parse_args(shlex.split(command)[1:])
    if hasattr(options, "style_weight"):
        Settings.from_dict(given_settings(options))


@pytest.mark.parametrize("command", commands("./install.sh"))
def test_calls_of_the_installer_are_understood(command: str, tmp_path: Path) -> None:
    assert read_options(shlex.split(command)[1:], tmp_path, {}).action


def test_the_readme_begins_with_what_to_type() -> None:
    block = texts.blocks(REPOSITORY / "README.md")[0]
    assert [line.partition("  #")[0].strip() for line in block.text.strip().splitlines()] == [
        "./install.sh --demo",
        "./install.sh --test",
    ]
    assert block.line < 25
