"""``nst batch``: paints a folder of pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from nst_contract.settings import Settings
from nst_core.commands.picture_options import add_styles
from nst_core.commands.setting_options import add_json, add_settings, given_settings
from nst_core.reporting.reporter import BatchReporter


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = (
        "Paints every picture in FOLDER in the style of one or more STYLE pictures. Run again, it "
        "continues where it was interrupted. Under torchrun, each process takes the next picture "
        "that is left."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the photographs")
    add_styles(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RESULTS", required=True,
        help="the folder for the results, which are named like the photographs",
    )  # fmt: skip
    add_json(parser)
    parser.add_argument(
        "--overwrite", action="store_true",
        help="start over: each earlier result is replaced once its successor is painted; pictures "
        "that this program has not painted stay",
    )  # fmt: skip
    add_settings(parser)
    parser.set_defaults(
        run=run,
        reporter=BatchReporter,
        kept="Finished pictures are kept; the same command continues from there.",
    )


def run(options: argparse.Namespace, reporter: BatchReporter) -> int:
    """Paints the pictures and returns the exit code."""
    from nst_core.commands import batch_folder, style_sources

    return batch_folder.run(
        batch_folder.Batch(
            options.folder,
            [style_sources.parse(text) for text in options.styles],
            options.output,
            Settings.from_dict(given_settings(options)),
            options.overwrite,
        ),
        reporter,
    )
