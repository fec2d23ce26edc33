"""How the installer talks to people: plain lines, so that they read well in a log too."""

from __future__ import annotations

import sys
import textwrap

from nst_contract.errors import NstError

_WIDTH = 78


def say(text: str = "") -> None:
    """Writes one line (or several) to standard output at once, even into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_loudly(text: str) -> None:
    """Writes a boxed warning that cannot be overlooked between other lines."""
    rule = "*" * _WIDTH
    lines = textwrap.wrap(text, _WIDTH - 4)
    say("\n".join(["", rule, *(f"* {line}" for line in lines), rule, ""]))


def complain(error: NstError) -> None:
    """Writes an error and its remedy to standard error."""
    sys.stderr.write(f"\nError: {error.message}\n{error.advice}\n")
    sys.stderr.flush()


def is_terminal() -> bool:
    """Tells whether somebody watches, so that a progress bar makes sense."""
    return sys.stdout.isatty()
