"""``nst train``: trains a mini VGG16 of your own on CIFAR-100."""

from __future__ import annotations

import argparse
from pathlib import Path

from nst_core.commands import kept_files
from nst_core.commands.setting_options import add_json, add_settings, given_settings
from nst_core.storage import atomic_files
from nst_core.training.places import Places, data_files
from nst_core.training.reporter import TrainingReporter
from nst_core.training.settings import TrainingSettings


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = (
        "Trains a small VGG16 on CIFAR-100, to paint with: nst stylize --backbone mini-vgg16:FILE. "
        "A report with curves and accuracy is written beside FILE."
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", required=True,
        help="the folder of CIFAR-100's files for Python (cifar-100-python), or the one it is in",
    )  # fmt: skip
    parser.add_argument(
        "--download", action="store_true",
        help="fetch the data set into DIR from its authors' site first (170 MB)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FILE", required=True, help="the .safetensors to write"
    )
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--resume", action="store_true", help="continue an interrupted training of the same FILE"
    )
    begin.add_argument(
        "--overwrite", action="store_true", help="start over, replacing an earlier network"
    )
    add_json(parser)
    add_settings(parser, TrainingSettings)
    parser.set_defaults(run=run, reporter=TrainingReporter)


def run(options: argparse.Namespace, reporter: TrainingReporter) -> int:
    """Trains the network and returns the exit code."""
    given = given_settings(options, TrainingSettings)
    settings = TrainingSettings.from_dict(given)
    places = Places(options.out)
    kept_files.check(places.all.items(), data_files(options.data))
    places.check(options.resume, options.overwrite)

    # torch takes seconds to import; errors come before
    from nst_core.training import archive, published, saved
    from nst_core.training.events import Download, TrainingEvent
    from nst_core.training.train import train

    resumed = saved.load(places.unfinished) if options.resume else None
    if resumed:
        settings = resumed.settings_with(given)
    if options.download:
        options.kept = "What has arrived is kept; the same command continues from there."
        published.fetch(options.data, lambda have, of: reporter.tell(Download(have, of)))
    data = archive.load(options.data)
    options.kept = _kept(options, places)
    before = atomic_files.version(places.unfinished)

    def on_event(event: TrainingEvent) -> None:
        # By the file: an epoch that cannot be saved is no reason to stop.
        is_saved = atomic_files.version(places.unfinished) != before
        options.kept = _kept(options, places, is_saved)
        reporter.tell(event)

    reporter.tell(train(data, places, settings, on_event, resumed))
    return 0


def _kept(options: argparse.Namespace, places: Places, is_saved: bool = False) -> str:
    """Returns what to say of a training that is interrupted.

    Args:
        is_saved: whether this command has saved an epoch.
    """
    if not is_saved and not options.resume:
        return "No epoch is saved yet; the same command starts again."
    if options.resume:
        how = "the same command"
    elif options.overwrite:
        how = "the same command with --resume instead of --overwrite"
    else:
        how = "the same command with --resume"
    return f"What was saved in {places.unfinished} is kept; {how} continues from there."
