"""``nst worker``: serves the GIMP plug-in."""

from __future__ import annotations

import argparse

from nst_core.reporting.reporter import Reporter


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command, which has no options."""
    parser.description = (
        "Serves the GIMP plug-in over pipes. It is not meant to be called by hand: use nst stylize."
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, _reporter: Reporter) -> int:
    """Serves one request and returns the exit code."""
    from nst_core.commands import worker_process

    return worker_process.serve()
