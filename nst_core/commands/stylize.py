"""``nst stylize``: paints one picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution
from nst_contract.settings import CHECKPOINT_EVERY, Settings
from nst_core.commands.picture_options import add_pictures, files_of, read_inputs
from nst_core.commands.setting_options import add_json, add_settings, given_settings
from nst_core.distributed.restarts import restarts
from nst_core.reporting.reporter import Reporter

if TYPE_CHECKING:
    from nst_core.commands.like import EarlierResult
    from nst_core.pictures.inputs import Inputs
    from nst_core.run.checkpoint import Resumed
    from nst_core.run.pipeline import Stylized


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = "Paints CONTENT in the style of one or more STYLE pictures."
    add_pictures(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RESULT", required=True, help="the file to write"
    )
    add_json(parser)
    parser.add_argument(
        "--like", type=Path, metavar="RESULT",
        help="use the settings that this picture was painted with; other options override them",
    )  # fmt: skip
    _add_checkpoints(parser)
    add_settings(parser)
    parser.set_defaults(run=run)


def _add_checkpoints(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="save the run there from time to time"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=int,
        metavar="N",
        default=CHECKPOINT_EVERY,
        help="evaluations between two checkpoints (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="continue a saved run, with its settings and the same pictures",
    )


@dataclass(eq=False)
class _Asked:
    """What the options ask for, with all files read.

    Attributes:
        inputs: the pictures.
        settings: how to paint.
        liked: the result to be repeated, if one is named.
        saved_to: where the run is saved from time to time, if it is.
        resumed: the saved run that is continued, if one is.
        cautions: what the user should know before it begins.
    """

    inputs: Inputs
    settings: Settings
    liked: EarlierResult | None
    saved_to: Path | None
    resumed: Resumed | None
    cautions: Sequence[Caution]


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Paints the picture and returns the exit code."""
    from nst_core.pictures import picture_files
    from nst_core.pictures.painting_record import PaintingRecord

    _check(options)
    asked = _read(options)
    result = _painted(asked, options.checkpoint_every, reporter)
    if result is not None:
        record = PaintingRecord.of(result.settings, result.weights, asked.inputs)
        picture_files.write(result.picture, options.output, record)
        reporter(result.done(str(options.output)))
    return 0


def _read(options: argparse.Namespace) -> _Asked:
    """Checks everything that can be checked before torch is loaded, and reads the files."""
    from nst_core.commands.like import EarlierResult
    from nst_core.faces import detection
    from nst_core.pictures import picture_files, result_files

    given = given_settings(options)
    if options.start_from:
        given.setdefault("start", "picture")
    liked = EarlierResult.read(options.like, given) if options.like else None
    settings = liked.settings if liked else Settings.from_dict(given)
    picture_files.check_writable(options.output)
    resumed = _resumed(options.resume) if options.resume else None
    settings = resumed.settings if resumed else settings
    saved_to = _checked_place(options, settings)
    detection.check(settings)
    inputs = read_inputs(options, settings, liked.record if liked else None)
    if detection.are_looked_for(settings):
        detection.begin(inputs.content)
    if saved_to:
        options.kept = f"What was saved in {saved_to} is kept; --resume continues from there."
    cautions = list(result_files.check_for(options.output, inputs.content))
    resumed = _saved_before_restart(options, inputs, settings, cautions) or resumed
    return _Asked(inputs, settings, liked, saved_to, resumed, cautions)


def _painted(asked: _Asked, checkpoint_every: int, reporter: Reporter) -> Stylized | None:
    """Paints alone or with others; None if it is another process that has the result."""
    # torch takes seconds to import; errors come before
    from nst_core.distributed import process_group
    from nst_core.run import other_ranks
    from nst_core.run.checkpoint import Checkpoint
    from nst_core.run.pipeline import run_stylization

    settings, resumed = asked.settings, asked.resumed
    with process_group.joined() as group:
        if group:
            settings, _ = group.settings_for_own_pictures(settings)
            resumed = replace(resumed, settings=settings) if resumed else None
        if group and group.rank:
            asked.resumed = resumed = None  # only the leader needs more of it than the settings
            other_ranks.follow(asked.inputs, settings, group)
            return None
        for caution in asked.cautions:
            reporter(caution)
        return run_stylization(
            asked.inputs,
            settings,
            asked.liked.comparing(asked.inputs, reporter) if asked.liked else reporter,
            checkpoint=Checkpoint(asked.saved_to, checkpoint_every) if asked.saved_to else None,
            resumed=resumed,
            group=group,
        )


def _checked_place(options: argparse.Namespace, settings: Settings) -> Path | None:
    """Returns where to save the run, once it is certain that no file is lost by it or the result.

    Raises:
        NstError: if one would be, the weights are missing, or nothing can be written there.
    """
    from nst_core.commands import kept_files
    from nst_core.run import checkpoint_place

    # A run may go on saving itself where it was saved before.
    written = {"the result": options.output, "the checkpoint": options.checkpoint}
    read = {"the checkpoint": options.resume, "the earlier result": options.like}
    kept_files.check(
        [(what, path) for what, path in written.items() if path],
        [
            *files_of(options),
            *((what, path) for what, path in read.items() if path),
            *kept_files.of_network(settings),
        ],
    )
    saved_to: Path | None = options.checkpoint or options.resume
    if saved_to:
        checkpoint_place.check(saved_to)
    return saved_to


def _resumed(file: Path) -> Resumed:
    from nst_core.run import checkpoint

    return checkpoint.load(file)


def _saved_before_restart(
    options: argparse.Namespace, inputs: Inputs, settings: Settings, cautions: list[Caution]
) -> Resumed | None:
    """Returns the run as saved if torchrun has started it again, because a process ended.

    What an earlier run has left there, with other settings or pictures, is no part of this one.

    Args:
        cautions: receives what the user should know of it.
    """
    place: Path | None = options.checkpoint
    if not restarts() or place is None or not place.exists():
        return None
    try:
        saved = _resumed(place)
    except NstError as error:
        if isinstance(error.__cause__, OSError):  # it may be readable at the next try
            raise
        cautions.append(
            Caution(
                Message(
                    "A process of this run ended, and torchrun has started it again, but not from "
                    "where it was saved. {why}",
                    why=error.message,
                )
            )
        )
        return None
    # Processes on one machine share its devices out.
    is_own = replace(saved.settings, device=settings.device) == settings
    if not is_own or saved.pictures != inputs.fingerprint():
        return None
    cautions.append(_goes_on(place))
    return saved


def _goes_on(place: Path) -> Caution:
    return Caution(
        Message(
            "A process of this run ended, and torchrun has started it again; it goes on from "
            "{place}.",
            place=str(place),
        )
    )


def _check(options: argparse.Namespace) -> None:
    """Raises NstError for options that do not go together."""
    settings = given_settings(options)
    given = [*settings, *(["like"] if options.like else [])]
    if options.resume and given:
        raise NstError(
            BAD_SETTING,
            f"--resume takes the settings of the saved run, but {', '.join(given)} is given too.",
            "Leave the settings out.",
        )
    start = settings.get("start", "picture")
    if options.start_from and start != "picture":
        raise NstError(
            BAD_SETTING,
            f"start is {start!r}, but a picture to start from is given too.",
            "Leave --start or --start-from out.",
        )
    if options.checkpoint_every < 1:
        raise NstError(
            BAD_SETTING,
            f"checkpoint-every is {options.checkpoint_every}.",
            "Give 1 or more evaluations.",
        )
