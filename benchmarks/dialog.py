"""How soon the dialog shows what it paints, and how much memory that takes, in a real GIMP.

    python benchmarks/dialog.py times --screens 1366x768 1920x1080 --repeats 3
    python benchmarks/dialog.py memory --sketches 200
    python benchmarks/dialog.py times --shots FOLDER      # screenshots of each screen, too

In the GIMPs of NST_GIMP_ROOTFS, as for the tests (tests/gimp/harness/README.md).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from tests.gimp.bench import Bench
from tests.gimp.harness.locate import Gimp, find_gimps

_SCRIPT = Path(__file__).with_name("dialog_visit.py")


def main() -> None:
    options = _parser().parse_args()
    print(common.machine(), flush=True)
    gimps = [gimp for gimp in find_gimps() if options.gimp in gimp.label]
    if not gimps:
        sys.exit("There is no GIMP 3: run ./install.sh --test, or set NST_GIMP_ROOTFS.")
    with tempfile.TemporaryDirectory(prefix="nst-dialog-") as name:
        # Copies: the GIMPs of the tests see no other folders than temporary ones.
        content, style = (
            Path(shutil.copy(picture, Path(name) / f"{role}{picture.suffix}"))
            for role, picture in zip(
                ("photograph", "painting"), common.pictures(options, Path(name)), strict=True
            )
        )
        for gimp in gimps:
            for screen in options.screens:
                load = " ".join(f"{load:.1f}" for load in os.getloadavg())
                print(f"\nGIMP {gimp.label}, {screen}, load {load}", flush=True)
                folder = Path(name) / f"{gimp.label}-{screen}"
                shots = options.shots and options.shots / f"{gimp.label}-{screen}"
                found = visit(gimp, folder, options, content, style, screen, shots)
                print(report_times(found) if options.what == "times" else report_memory(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("times", "memory"))
    parser.add_argument("--screens", nargs="+", default=["1366x768"], help="default: 1366x768")
    parser.add_argument(
        "--repeats", type=int, default=3, help="openings of the dialog (default: 3)"
    )
    parser.add_argument("--sketches", type=int, default=200, help="for memory (default: 200)")
    parser.add_argument("--gimp", default="", help="a part of the version's name (default: all)")
    parser.add_argument("--shots", type=Path, help="folder for screenshots")
    common.add_pictures(parser)
    return parser


def visit(
    gimp: Gimp,
    folder: Path,
    options: argparse.Namespace,
    content: Path,
    style: Path,
    screen: str,
    shots: Path | None = None,
) -> dict[str, Any]:
    """Goes through the dialog in a GIMP of its own; returns what was seen there."""
    with Bench(gimp, folder) as bench:
        count = options.repeats if options.what == "times" else options.sketches
        arguments = [options.what, str(count), screen, *map(str, (content, style))]
        run = bench.run_gui(_SCRIPT, *arguments, shots=shots or folder / "shots", timeout=7200)
    if run.returncode:
        sys.exit(run.log)
    found: dict[str, Any] = run.value
    return found


def report_times(found: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Returns a row for each thing that was waited for, in seconds."""
    rows = []
    for what, times in found.items():
        for step in times[0]:
            seconds = [time[step] for time in times if step in time]
            cells = (statistics.median(seconds), min(seconds), max(seconds))
            rows.append((f"{what}: {step}", *(f"{cell:.2f}" for cell in cells)))
    return common.table(("seconds until", "median", "least", "most"), rows)


def report_memory(found: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Returns the memory of each process after some sketches, in MiB."""
    rows = [
        [str(number), *(f"{mib:.0f}" for _number, mib in at)]
        for number, at in (
            (number, [points[i] for points in found.values()])
            for i, (number, _mib) in enumerate(next(iter(found.values())))
        )
    ]
    growth = ", ".join(
        f"{process} {points[-1][1] - points[0][1]:+.0f}" for process, points in found.items()
    )
    table = common.table(("after sketch", *(f"{process}: MiB" for process in found)), rows)
    return f"{table}\nfrom the first to the last, MiB: {growth}"


if __name__ == "__main__":
    main()
