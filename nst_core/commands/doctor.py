"""``nst doctor``: checks the installation."""

from __future__ import annotations

import argparse

from nst_contract import findings
from nst_contract.printable import printable_lines
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command and its options."""
    parser.description = (
        "Checks what is installed, and whether it works. The exit code is 1 if anything is wrong."
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, _reporter: Reporter) -> int:
    """Prints the report; the exit code tells whether everything works."""
    from nst_core.commands import doctor_checks

    found = doctor_checks.findings()
    text = findings.to_json(found) if options.json else findings.in_words(found)
    streams.say(printable_lines(text))
    return 0 if all(finding.ok for finding in found) else 1
