"""Runs the real install.sh, in a home folder whose path has a space and non-ASCII letters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# The user's own, looked up before the tests move into a home of theirs: with it, an installation
# fetches nothing that an earlier one has fetched.
PIP_CACHE = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """Returns the tests' environment with a different home, but with pip's real cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    pip = {"PIP_CACHE_DIR": PIP_CACHE}
    return {**kept, "HOME": str(home), "NST_PYTHON": sys.executable, **pip, **more}


def make_home(folder: Path) -> Path:
    home = folder / "Zoë Müller"
    home.mkdir()
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path)


@pytest.fixture
def install(home: Path) -> Run:
    """Runs install.sh with the given arguments and waits for it to finish."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_install(home, *arguments, **more)

    return run


def run_install(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CHECKOUT / "install.sh", *arguments],
        env=environment(home, **more),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


def files_below(folder: Path) -> dict[str, int]:
    """Returns every path below a folder with its modification time, to show what has changed."""
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}
