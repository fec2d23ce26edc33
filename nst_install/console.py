"""How the installer talks to people: in plain lines, which are readable in a log too."""

from __future__ import annotations

import sys
import textwrap

from nst_contract.errors import NstError
from nst_contract.printable import printable_lines

_WIDTH = 78


def say(text: str = "") -> None:
    """Writes one line (or several) to standard output immediately, even into a pipe."""
    # Programs read paths from it, which must be as they are.
    sys.stdout.write(f"{printable_lines(text) if is_terminal() else text}\n")
    sys.stdout.flush()


def say_loudly(text: str) -> None:
    """Writes a boxed warning that is hard to miss among other lines."""
    rule = "*" * _WIDTH
    lines = textwrap.wrap(text, _WIDTH - 4)
    say("\n".join(["", rule, *(f"* {line}" for line in lines), rule, ""]))


def complain(error: NstError) -> None:
    """Writes an error and its remedy to standard error."""
    sys.stderr.write(printable_lines(f"\nError: {error.message}\n{error.advice}\n"))
    sys.stderr.flush()


def is_terminal() -> bool:
    """Tells whether somebody may be watching, so that a progress bar makes sense."""
    return sys.stdout.isatty()
