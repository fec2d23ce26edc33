"""``nst weights``: lists the weights to choose from, and downloads them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from nst_core.networks import weights_catalog
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter, for_output


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = "Lists the weights that --weights can name, and where they are."
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.set_defaults(run=run)
    commands = parser.add_subparsers(metavar="COMMAND")
    download = commands.add_parser("download", help="download weights, or continue a download")
    names = [published.choice for published in weights_catalog.PUBLISHED]
    download.add_argument("name", choices=names, help="which: %(choices)s")
    # Without a default of its own: what is given before the command stays.
    download.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines"
    )
    download.set_defaults(
        run=_download, kept="What has arrived is kept; the same command continues from there."
    )


def run(options: argparse.Namespace, _reporter: Reporter) -> int:
    """Prints the list and returns the exit code."""
    if options.json:
        lines = [
            json.dumps({**asdict(entry), "path": str(entry.path)})
            for entry in weights_catalog.entries()
        ]
    else:
        lines = [_in_words(entry) for entry in weights_catalog.entries()]
        lines.append("Any other file of VGG19 weights works, too: --weights FILE")
    streams.say("\n".join((*lines, "")))
    return 0


def _in_words(entry: weights_catalog.Entry) -> str:
    location = entry.path if entry.is_installed else f"nst weights download {entry.choice}"
    return (
        f"{entry.choice:12} {entry.size / 1e6:5.0f} MB  {entry.about}\n"
        f"{'':12} {'installed' if entry.is_installed else 'fetch it':>8}  {location}"
    )


def _download(options: argparse.Namespace, _reporter: Reporter) -> int:
    """Downloads and returns the exit code."""
    (published,) = (entry for entry in weights_catalog.PUBLISHED if entry.choice == options.name)
    if options.json:
        path = weights_catalog.fetch(published, _JsonProgress())
        sys.stdout.write(json.dumps({"event": "done", "file": str(path)}) + "\n")
        return 0
    from tqdm import tqdm

    with tqdm(
        desc=options.name, total=published.size, unit="B", unit_scale=True, dynamic_ncols=True
    ) as bar:

        def on_progress(have: int, _size: int) -> None:
            bar.update(have - bar.n)

        path = weights_catalog.fetch(published, on_progress)
    sys.stdout.write(f"{for_output(str(path))}\n")
    return 0


class _JsonProgress:
    """Tells a program of each percent."""

    def __init__(self) -> None:
        self._told = -1

    def __call__(self, have: int, size: int) -> None:
        percent = 100 * have // size
        if percent > self._told:
            self._told = percent
            line = {"event": "download", "bytes": have, "of": size}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            streams.end_if_unread()
