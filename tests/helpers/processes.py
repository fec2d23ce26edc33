"""Starts the real ``nst``, from a clone as well as from an installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# Generous: it ends a test that hangs, and is never what a test is about.
PATIENCE = 120


def command(*arguments: str | Path) -> list[str]:
    """Returns the command line of ``nst`` with these arguments."""
    return [sys.executable, "-m", "nst_core", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Returns an environment in which a clone's ``nst_core`` is found from any folder."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}


def nst(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs ``nst`` to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def assert_refused(run: subprocess.CompletedProcess[str], message: str, advice: str) -> None:
    """Asserts that a run ended with one error, which says what is wrong and what to do."""
    assert run.returncode == 1
    assert run.stdout == ""
    what, remedy = run.stderr.splitlines()
    assert what.startswith("nst: ")
    assert message in what
    assert advice in remedy
