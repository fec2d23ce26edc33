"""``nst doctor``: checks the installation."""

from __future__ import annotations

import argparse

from nst_contract.printable import printable_lines
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command, which has no options."""
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, _reporter: Reporter) -> int:
    """Prints the report; the exit code tells whether everything works."""
    from nst_core.commands import doctor_checks

    text, well = doctor_checks.report()
    streams.say(printable_lines(text))
    return 0 if well else 1
