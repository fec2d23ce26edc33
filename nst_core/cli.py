"""The command ``nst``: stylize pictures, serve the plug-in, check the installation."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nst_core import __version__, log
from nst_core.errors import BAD_SETTING, NstError, explain
from nst_core.protocol import Error
from nst_core.reporter import BatchReporter, Reporter
from nst_core.settings import CHECKPOINT_EVERY, PRESETS, SPECS, Settings

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``nst`` and returns its exit code: 0 well, 1 an error, 2 a wrong call, 130 Ctrl+C."""
    # Threads that spin while they wait starve each other as soon as another program is busy, and
    # GIMP is one: sleeping costs nothing measurable, and saves three quarters of the time then.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = _parser().parse_args(arguments)
    log_file = log.start("nst")
    kind = getattr(options, "reporter", Reporter)
    reporter = kind(as_json=getattr(options, "json", False))
    try:
        return int(options.run(options, reporter))
    except KeyboardInterrupt:
        kept = getattr(options, "kept", "Nothing was written.")
        reporter(Error("cancelled", "Stopped.", kept))
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
    _add_batch(commands.add_parser("batch", help="paint all pictures of a folder"))
    worker = commands.add_parser("worker", help="serve the GIMP plug-in over pipes")
    worker.set_defaults(run=_run_worker)
    doctor = commands.add_parser("doctor", help="check what is installed and whether it works")
    doctor.set_defaults(run=_run_doctor)
    return parser


def _add_stylize(parser: argparse.ArgumentParser) -> None:
    parser.description = "Paints CONTENT in the style of one or more STYLE pictures."
    parser.add_argument("content", type=Path, metavar="CONTENT", help="the photograph")
    parser.add_argument("styles", type=Path, metavar="STYLE", nargs="+", help="the painting")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RESULT", required=True, help="the file to write"
    )
    parser.add_argument("--json", action="store_true", help="print the events as JSON lines")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="save the run there from time to time"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=int,
        metavar="N",
        default=CHECKPOINT_EVERY,
        help="evaluations between two savings (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="go on with a run that was saved, with its settings and the same pictures",
    )
    _add_settings(parser)
    parser.set_defaults(run=_run_stylize)


def _add_batch(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Paints every picture of FOLDER in the style of one or more STYLE pictures. Called again, "
        "it goes on where it was interrupted. Under torchrun, each process takes its share."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the photographs")
    parser.add_argument("styles", type=Path, metavar="STYLE", nargs="+", help="the painting")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RESULTS", required=True,
        help="the folder for the results, which are named as the photographs",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the events as JSON lines")
    parser.add_argument(
        "--overwrite", action="store_true", help="begin anew, whatever was painted there"
    )
    _add_settings(parser)
    parser.set_defaults(
        run=_run_batch,
        reporter=BatchReporter,
        kept="What is painted is kept; the same call goes on from there.",
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds an option for each setting. None is the value of those that are not given."""
    parser.epilog = "Presets: " + "; ".join(
        f"{name}: {preset.description}" for name, preset in PRESETS.items()
    )
    defaults = Settings()
    for name, spec in SPECS.items():
        default = getattr(defaults, name)
        option: dict[str, Any] = {"dest": name, "default": None}
        if isinstance(default, bool):
            option["action"] = argparse.BooleanOptionalAction
        else:
            # Choices are checked with everything else, so that all errors read alike.
            option["type"] = type(default)
            letter = "N" if isinstance(default, int) else "X"
            option["metavar"] = "|".join(spec.choices) or letter
        text = f"{spec.help} (default: {default})".replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", help=text, **option)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the settings that were given as options."""
    return {name: getattr(options, name) for name in SPECS if getattr(options, name) is not None}


def _run_stylize(options: argparse.Namespace, reporter: Reporter) -> int:
    settings = Settings.from_dict(_given(options))
    if options.resume and _given(options):
        raise NstError(
            BAD_SETTING,
            f"--resume takes the settings of the saved run, but {', '.join(_given(options))} "
            "is given too.",
            "Leave the settings out.",
        )
    if options.checkpoint_every < 1:
        raise NstError(
            BAD_SETTING,
            f"checkpoint-every is {options.checkpoint_every}.",
            "Give 1 or more evaluations.",
        )

    from nst_core import images

    images.check_writable(options.output)
    content = images.read(options.content)
    styles = [images.read(path) for path in options.styles]

    # torch takes seconds to import; errors come before
    from nst_core import checkpoint, scaleout
    from nst_core.stylize import stylize

    resumed = checkpoint.load(options.resume) if options.resume else None
    saved_to = options.checkpoint or options.resume
    with scaleout.joined() as ranks:
        if ranks:
            settings, _ = ranks.apart(resumed.settings if resumed else settings)
            resumed = replace(resumed, settings=settings) if resumed else None
        if ranks and ranks.rank:
            scaleout.assist(content, styles, settings, ranks)
            return 0
        result = stylize(
            content,
            styles,
            settings,
            reporter,
            checkpoint=checkpoint.Checkpoint(saved_to, options.checkpoint_every)
            if saved_to
            else None,
            resumed=resumed,
            team=ranks,
        )
    images.write(result.picture, options.output)
    reporter(result.done(str(options.output)))
    return 0


def _run_batch(options: argparse.Namespace, reporter: BatchReporter) -> int:
    from nst_core import batch

    return batch.run(
        batch.Batch(
            options.folder,
            options.styles,
            options.output,
            Settings.from_dict(_given(options)),
            options.overwrite,
        ),
        reporter,
    )


def _run_worker(_options: argparse.Namespace, _reporter: Reporter) -> int:
    from nst_core import worker

    return worker.serve()


def _run_doctor(_options: argparse.Namespace, _reporter: Reporter) -> int:
    from nst_core import doctor

    text, well = doctor.report()
    sys.stdout.write(text)
    return 0 if well else 1
