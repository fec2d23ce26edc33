"""``nst show``: says how a picture was painted."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_contract.printable import printable
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter

if TYPE_CHECKING:
    from nst_core.pictures.painting_record import PaintingRecord

_WIDTH = 18


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = "Says how RESULT was painted: all that its file keeps of that."
    parser.add_argument("result", type=Path, metavar="RESULT", help="a picture painted by nst")
    parser.add_argument("--json", action="store_true", help="print it as one line of JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, _reporter: Reporter) -> int:
    """Prints what the file says and returns the exit code."""
    from nst_core.pictures import picture_files

    record = picture_files.read_record(options.result)
    if options.json:
        streams.say(json.dumps(asdict(record)) + "\n")
    else:
        lines = (
            f"{printable(name):{_WIDTH}} {printable(value)}\n" for name, value in _lines(record)
        )
        streams.say("".join(lines))
    return 0


def _lines(record: PaintingRecord) -> Iterator[tuple[str, object]]:
    yield "painted by", f"nst {record.version} with torch {record.torch}"
    yield "weights", record.weights
    for role, picture in (("content", record.content), *(("style", s) for s in record.styles)):
        yield role, _in_words(picture)
    if record.start:
        yield "started from", _in_words(record.start)
    if record.mask:
        yield "mask", f"(sha256 {record.mask})"
    if record.strength_mask:
        yield "strength mask", f"(sha256 {record.strength_mask})"
    # The weights were named above, as they were and not as they were asked for.
    settings = {name: value for name, value in record.settings.items() if name != "weights"}
    yield from settings.items()


def _in_words(picture: dict[str, Any]) -> str:
    """Returns a picture's name, the digits of its fingerprint, and whatever else is said of it."""
    rest = {name: value for name, value in picture.items() if name not in ("name", "sha256")}
    more = "".join(f", {name} {value}" for name, value in rest.items())
    return f"{picture['name']} (sha256 {picture['sha256']}){more}"
