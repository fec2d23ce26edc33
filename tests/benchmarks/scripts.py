"""Runs a benchmark as its users do, and reads what it prints."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.helpers.processes import PATIENCE, REPOSITORY, environment

NUMBER = r"(\d[\d.e+-]*)"


def run(script: str, *arguments: object) -> str:
    """Runs a benchmark and returns what it printed."""
    ended = subprocess.run(
        [sys.executable, REPOSITORY / "benchmarks" / script, *map(str, arguments)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=3 * PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def numbers(pattern: str, text: str) -> list[float]:
    """Returns the numbers at the marks ``#`` of a pattern."""
    found = re.search(pattern.replace("#", NUMBER), text, re.MULTILINE)
    assert found, f"{pattern} is not in:\n{text}"
    return [float(number) for number in found.groups()]


def rows(text: str, pattern: str) -> list[list[str]]:
    """Returns the cells of the lines that begin with a pattern."""
    return [re.split(r"\s{2,}", line) for line in text.splitlines() if re.match(pattern, line)]
