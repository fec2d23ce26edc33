"""The command ``nst``: stylizes pictures, tells how one was painted, serves the plug-in, checks
the installation.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
from collections.abc import Sequence
from typing import NoReturn

from nst_contract import __version__
from nst_contract.errors import explain
from nst_contract.platforms import machine
from nst_contract.printable import printable
from nst_contract.protocol.events import Error
from nst_core.commands import (
    batch,
    doctor,
    endings,
    gimp,
    show,
    styles,
    stylize,
    train,
    weights,
    worker,
)
from nst_core.commands.installation import keep_installed
from nst_core.reporting import log_files, streams
from nst_core.reporting.reporter import Reporter
from nst_core.storage import atomic_files

_log = logging.getLogger(__name__)
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``nst`` and returns its exit code: 0 success, 1 error, 2 wrong usage, 130 Ctrl+C."""
    # Before torch is loaded.
    os.environ.update(machine.waiting_threads(os.environ))
    machine.keep_freed_memory()
    try:
        with streams.usable(), endings.watching() as watch:
            return _run(build_parser().parse_args(arguments), watch)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(options: argparse.Namespace, watch: endings.Watch) -> int:
    log_file = log_files.start("nst")
    kind = getattr(options, "reporter", Reporter)
    reporter = kind(as_json=getattr(options, "json", False))
    try:
        if options.run is not worker.run:  # which has other ways of saying that it cannot
            keep_installed()
        return int(options.run(options, reporter))
    except KeyboardInterrupt:
        return _interrupted(options, reporter)
    except BrokenPipeError:  # whoever was reading the output has gone
        return 1
    except Exception as error:
        # Libraries that are interrupted raise errors of their own.
        if watch.is_interrupted:
            return _interrupted(options, reporter)
        _log.exception("the run failed")
        failure = explain(error, log_file)
        with contextlib.suppress(BrokenPipeError):
            reporter(Error(failure.code, failure.message, failure.advice))
        return 1
    finally:
        atomic_files.discard_unfinished()


def _interrupted(options: argparse.Namespace, reporter: Reporter) -> int:
    kept = getattr(options, "kept", "Nothing was written.")
    with contextlib.suppress(BrokenPipeError):
        reporter(Error("cancelled", "Stopped.", kept))
    return _INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Names what it does not understand without handing it to the terminal as it is."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of the whole command line."""
    parser = _Parser(
        prog="nst", description="Neural style transfer: your photograph in the style of a painting."
    )
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    stylize.add(commands.add_parser("stylize", help="paint a picture in the style of others"))
    batch.add(commands.add_parser("batch", help="paint all pictures of a folder"))
    styles.add(commands.add_parser("styles", help="list and paint the built-in styles"))
    show.add(commands.add_parser("show", help="show how a picture was painted"))
    weights.add(commands.add_parser("weights", help="list or download the network's weights"))
    train.add(commands.add_parser("train", help="train a small network of your own"))
    worker.add(commands.add_parser("worker", help="serve the GIMP plug-in over pipes"))
    gimp.add(commands.add_parser("gimp", help="put the plug-in into GIMP, or take it away"))
    doctor.add(commands.add_parser("doctor", help="check what is installed and whether it works"))
    return parser
