"""How long a whole ``nst stylize`` takes with two commits, and how much memory.

    python benchmarks/whole_process.py 0208396 HEAD --size 512 --repeats 3

Both paint the same picture in fresh processes that take turns, so that whatever else the machine
does slows both down. The time is from the spawn of the process to its end, with the file written.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import commits, common
from benchmarks.commits import Cost
from benchmarks.paint_pairs import by_commit


def main() -> None:
    options = _parser().parse_args()
    print(common.machine(), flush=True)
    arguments = ["--size", str(options.size), "--preset", options.preset, *options.options]
    print(f"nst stylize {' '.join(arguments)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="nst-whole-") as name:
        folder = Path(name)
        content, style = common.pictures(options, folder)
        with (
            commits.checked_out(options.before, folder) as before,
            commits.checked_out(options.after, folder) as after,
        ):
            checkouts = {"old": before, "new": after}
            runs: dict[str, list[Cost]] = {name: [] for name in checkouts}
            for repeat in range(options.repeats):
                for name, checkout in checkouts.items():
                    cost = by_commit(checkout, content, style, folder / "result.png", arguments)
                    runs[name].append(cost)
                    print(f"run {repeat + 1}, {name}: {cost.seconds:.1f} s", flush=True)
    print(report({"old": options.before, "new": options.after}, runs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", metavar="OLD", help="a commit")
    parser.add_argument("after", metavar="NEW", nargs="?", default="HEAD", help="default: HEAD")
    parser.add_argument("--size", type=int, default=512, help="long side (default: 512)")
    parser.add_argument("--preset", default="normal", help="default: normal")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each (default: 3)")
    common.add_pictures(parser)
    common.add_options(parser)
    return parser


def report(names: Mapping[str, str], runs: Mapping[str, Sequence[Cost]]) -> str:
    """Returns a row for each of "old" and "new", and the ratios of their medians and peaks."""
    times = {which: [cost.seconds for cost in costs] for which, costs in runs.items()}
    medians = {which: statistics.median(seconds) for which, seconds in times.items()}
    peaks = {which: max(cost.peak_mib for cost in costs) for which, costs in runs.items()}
    rows = [
        (
            f"{which}: {names[which]}",
            *(f"{seconds:.1f}" for seconds in times[which]),
            f"{medians[which]:.1f}",
            f"{peaks[which]:.0f}",
        )
        for which in runs
    ]
    repeats = [f"run {i + 1}: s" for i in range(len(times["old"]))]
    faster = medians["old"] / medians["new"]
    return "\n".join((
        common.table(("commit", *repeats, "median: s", "peak MiB"), rows),
        f"seconds new/old: {medians['new']:.1f} / {medians['old']:.1f} = {1 / faster:.3f}, "
        f"{faster:.2f} times faster",
        f"peak memory new/old: {peaks['new']:.0f} / {peaks['old']:.0f} = "
        f"{peaks['new'] / peaks['old']:.3f}",
    ))  # fmt: skip


if __name__ == "__main__":
    main()
