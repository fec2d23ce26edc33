"""``nst train``: trains a mini VGG16 of your own on CIFAR-100."""

from __future__ import annotations

import argparse
from pathlib import Path

from nst_core.commands import kept_files
from nst_core.commands.setting_options import add_json, add_settings, given_settings
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
    parser.set_defaults(
        run=run,
        reporter=TrainingReporter,
        kept="All complete epochs are kept; the same command with --resume continues from there.",
    )


def run(options: argparse.Namespace, reporter: TrainingReporter) -> int:
    """Trains the network and returns the exit code."""
    given = given_settings(options, TrainingSettings)
    settings = TrainingSettings.from_dict(given)
    places = Places(options.out)
    kept_files.check(places.all.items(), data_files(options.data))
    places.check(options.resume, options.overwrite)

    # torch takes seconds to import; errors come before
    from nst_core.training import archive, published, saved
    from nst_core.training.events import Download
    from nst_core.training.train import train

    resumed = saved.load(places.unfinished) if options.resume else None
    if resumed:
        settings = resumed.settings_with(given)
    if options.download:
        published.fetch(options.data, lambda have, of: reporter.tell(Download(have, of)))
    data = archive.load(options.data)
    reporter.tell(train(data, places, settings, reporter.tell, resumed))
    return 0
