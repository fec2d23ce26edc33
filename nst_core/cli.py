"""The command ``nst``: stylize pictures, serve the plug-in, check the installation."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core import __version__, log
from nst_core.errors import explain
from nst_core.protocol import Caution, Done, Error, Event, Progress
from nst_core.settings import PRESETS, SPECS, Settings

if TYPE_CHECKING:
    from tqdm import tqdm

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``nst`` and returns its exit code: 0 well, 1 an error, 2 a wrong call, 130 Ctrl+C."""
    # Threads that spin while they wait starve each other as soon as another program is busy, and
    # GIMP is one: sleeping costs nothing measurable, and saves three quarters of the time then.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = _parser().parse_args(arguments)
    log_file = log.start("nst")
    reporter = _Reporter(as_json=getattr(options, "json", False))
    try:
        return int(options.run(options, reporter))
    except KeyboardInterrupt:
        reporter(Error("cancelled", "Stopped.", "Nothing was written."))
        return 130
    except BrokenPipeError:
        # Whoever read the output is gone. Python would complain about that once more on its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        _log.exception("the run failed")
        failure = explain(error, log_file)
        reporter(Error(failure.code, failure.message, failure.advice))
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nst", description="Neural style transfer: a photograph painted in another's style."
    )
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_stylize(commands.add_parser("stylize", help="paint a picture in the style of others"))
    worker = commands.add_parser("worker", help="serve the GIMP plug-in over pipes")
    worker.set_defaults(run=_run_worker)
    doctor = commands.add_parser("doctor", help="check what is installed and whether it works")
    doctor.set_defaults(run=_run_doctor)
    return parser


def _add_stylize(parser: argparse.ArgumentParser) -> None:
    parser.description = "Paints CONTENT in the style of one or more STYLE pictures."
    parser.epilog = "Presets: " + "; ".join(
        f"{name}: {preset.description}" for name, preset in PRESETS.items()
    )
    parser.add_argument("content", type=Path, metavar="CONTENT", help="the photograph")
    parser.add_argument("styles", type=Path, metavar="STYLE", nargs="+", help="the painting")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RESULT", required=True, help="the file to write"
    )
    parser.add_argument("--json", action="store_true", help="print the events as JSON lines")
    defaults = Settings()
    for name, spec in SPECS.items():
        default = getattr(defaults, name)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            # Choices are checked with everything else, so that all errors read alike.
            type=type(default),
            metavar="|".join(spec.choices) or ("N" if isinstance(default, int) else "X"),
            help=f"{spec.help} (default: {default})".replace("%", "%%"),
        )
    parser.set_defaults(run=_run_stylize)


def _run_stylize(options: argparse.Namespace, reporter: _Reporter) -> int:
    given = {name: getattr(options, name) for name in SPECS if getattr(options, name) is not None}
    settings = Settings.from_preset(given.pop("preset", Settings().preset), **given)

    from nst_core import images

    images.check_writable(options.output)
    content = images.read(options.content)
    styles = [images.read(path) for path in options.styles]

    from nst_core.stylize import stylize  # torch takes seconds to import; errors come before

    result = stylize(content, styles, settings, reporter)
    images.write(result.picture, options.output)
    reporter(result.done(str(options.output)))
    return 0


def _run_worker(_options: argparse.Namespace, _reporter: _Reporter) -> int:
    from nst_core import worker

    return worker.serve()


def _run_doctor(_options: argparse.Namespace, _reporter: _Reporter) -> int:
    from nst_core import doctor

    text, well = doctor.report()
    sys.stdout.write(text)
    return 0 if well else 1


class _Reporter:
    """Shows events to a person (a progress bar on stderr) or to a program (JSON lines)."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._bar: tqdm[Any] | None = None

    def __call__(self, event: Event) -> None:
        if self._as_json:
            line = {"time": round(time.time(), 3), "event": event.event, **vars(event)}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            return
        match event:
            case Progress():
                self._show_progress(event)
            case Caution():
                self._say(f"Warning: {event.message} {event.advice}".rstrip())
            case Error():
                self._close_bar()
                self._say(f"nst: {event.message}\n     {event.advice}")
            case Done():
                self._close_bar()
                sys.stdout.write(f"{event.file}\n")

    def _show_progress(self, event: Progress) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=event.of, unit="evaluation", dynamic_ncols=True)
        self._bar.set_postfix_str(f"loss {event.loss:.4g}", refresh=False)
        self._bar.update(event.evaluation - self._bar.n)

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            sys.stderr.write(text + "\n")

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
