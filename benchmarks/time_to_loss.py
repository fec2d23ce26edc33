"""How soon a loss is reached: our engine against pastiche from PyPI.

Both have the same pictures, weights, size and objective, and run as whole processes that take
turns. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from benchmarks.painting import BOUNDED, ENGINES, PASTICHE, UNBOUNDED
from benchmarks.recording import Recording

_TITLES = {PASTICHE: "pastiche", BOUNDED: "ours bounded", UNBOUNDED: "ours unbounded"}
_COLOURS = {PASTICHE: "tab:red", BOUNDED: "tab:blue", UNBOUNDED: "tab:green"}


@dataclass(frozen=True)
class Reached:
    """A loss of an engine, and the step and time at which it was reached."""

    title: str
    loss: float
    step: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.title} {self.seconds:.2f} s (step {self.step}, loss {self.loss:.5g})"


@dataclass(frozen=True)
class Curve:
    """Medians over the runs of one engine, all losses in pastiche's units.

    Attributes:
        title: the engine's name in the output.
        seconds: since the spawn, by step.
        reported: loss that the optimiser reports, by step.
        saved: loss of the saved picture, by step, at the marks.
        closing: seconds from the last step to the finished result.
    """

    title: str
    seconds: dict[int, float]
    reported: dict[int, float]
    saved: dict[int, float]
    closing: float

    @property
    def last(self) -> int:
        return max(self.seconds)

    def at(self, step: int, losses: dict[int, float]) -> Reached:
        """Returns a step of one of the two kinds of ``losses``."""
        return Reached(self.title, losses[step], step, self.seconds[step])


def main() -> None:
    options = _parser().parse_args()
    folder = options.out or Path(tempfile.mkdtemp(prefix="nst-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(common.machine(), flush=True)
    content, style = common.prepare(options, folder)
    recordings = _paint(options, content, style, folder)
    print(
        f"precision: pastiche float32, ours {recordings[BOUNDED][0].precision}; {options.size} px"
    )
    curves = judged(recordings, content, style, options.size)
    _write_pictures(recordings, folder)
    print(f"\n{_table(curves)}\n")
    for line in ratios(curves):
        print(line)
    _plot(curves, folder / "curves.png")
    print(f"files: {folder}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="long side of the pictures")
    parser.add_argument("--steps", type=int, default=100, help="of pastiche")
    parser.add_argument("--ours-steps", type=int, help="limit of ours (default: as --steps)")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each; medians are shown")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for the picture of the curves")
    common.add_precision(parser)
    common.add_pictures(parser)
    return parser


def _paint(
    options: argparse.Namespace, content: Path, style: Path, folder: Path
) -> dict[str, list[Recording]]:
    """Lets the engines take turns painting, each time in a fresh process."""
    recordings: dict[str, list[Recording]] = {engine: [] for engine in ENGINES}
    for repeat in range(options.repeats):
        for engine in ENGINES:
            file = (folder / f"{engine}_{repeat + 1}.npz").resolve()
            is_pastiche = engine == PASTICHE
            steps = options.steps if is_pastiche else options.ours_steps or options.steps
            common.run_module(
                "benchmarks.painting",
                *(engine, content, style, file),
                *("--size", options.size, "--steps", steps, "--precision", options.precision),
                *("--spawned", repr(time.time())),
            )
            recording = Recording.load(file)
            recordings[engine].append(recording)
            print(f"run {repeat + 1}, {_TITLES[engine]}: {recording.ended:.2f} s", flush=True)
    return recordings


def judged(
    recordings: dict[str, list[Recording]], content: Path, style: Path, size: int
) -> dict[str, Curve]:
    """Judges all saved pictures by pastiche's objective, and takes medians over the runs."""
    # Only now, because this process had to stay small and idle while the engines ran.
    from benchmarks.pastiche_objective import OURS_OVER_PASTICHES, PasticheObjective

    objective = PasticheObjective(content, style, size)
    curves = {}
    for engine, runs in recordings.items():
        unit = 1.0 if engine == PASTICHE else OURS_OVER_PASTICHES
        losses = [{step: objective.loss(p) for step, p in run.pictures.items()} for run in runs]
        curves[engine] = Curve(
            _TITLES[engine],
            _medians([dict(zip(run.steps, run.seconds, strict=True)) for run in runs]),
            _medians([dict(zip(run.steps, run.reported / unit, strict=True)) for run in runs]),
            _medians(losses),
            statistics.median(run.ended - run.seconds[-1] for run in runs),
        )
    return curves


def _medians(runs: Sequence[dict[int, float]]) -> dict[int, float]:
    """Returns the median of each step that all runs reached."""
    shared = set(runs[0]).intersection(*runs)
    return {step: float(statistics.median(run[step] for run in runs)) for step in sorted(shared)}


def _table(curves: dict[str, Curve]) -> str:
    headings = ["step"]
    for curve in curves.values():
        headings += [f"{curve.title}: s", "reported", "saved"]
    steps = sorted({step for curve in curves.values() for step in curve.saved})
    rows = [
        [str(step), *(cell for curve in curves.values() for cell in _cells(curve, step))]
        for step in steps
    ]
    return "losses in pastiche's units (ours / 100)\n" + common.table(headings, rows)


def _cells(curve: Curve, step: int) -> list[str]:
    columns = ((curve.seconds, ".2f"), (curve.reported, ".5g"), (curve.saved, ".5g"))
    return [format(values[step], form) if step in values else "" for values, form in columns]


def ratios(curves: dict[str, Curve]) -> list[str]:
    """Returns the lines that sum up the comparison."""
    theirs, bounded, unbounded = (curves[engine] for engine in ENGINES)
    n = theirs.last
    reports, saves = theirs.at(n, theirs.reported), theirs.at(n, theirs.saved)
    # Clipping may have made the picture worse than it was before.
    earlier = first_at_or_below(theirs, theirs.saved, saves.loss) or saves
    lowest = theirs.at(min(theirs.saved, key=lambda step: theirs.saved[step]), theirs.saved)
    by_report = first_at_or_below(unbounded, unbounded.reported, reports.loss)
    by_saved = first_at_or_below(bounded, bounded.saved, saves.loss)
    by_lowest = first_at_or_below(bounded, bounded.saved, lowest.loss)
    # Before writing the file, nst does one more evaluation, of the picture as saved.
    closed = by_saved and replace(by_saved, seconds=by_saved.seconds + bounded.closing)
    return [
        f"pastiche after {n} steps: {theirs.seconds[n]:.2f} s, reports {reports.loss:.5g}, "
        f"saves {saves.loss:.5g}",
        _faster("(a) time to report the loss that pastiche reports", by_report, reports),
        _faster("(b) time to save the loss that pastiche saves", by_saved, saves),
        _faster("(b) the same until nst hands over its result", closed, saves),
        _faster("(b) the same over pastiche's first step at that loss", by_saved, earlier),
        _faster("(b) time to save the lowest loss that pastiche ever saves", by_lowest, lowest),
        _lower("(c) loss of the saved picture", bounded, theirs),
    ]


def first_at_or_below(curve: Curve, losses: dict[int, float], loss: float) -> Reached | None:
    """Returns the first step known to be at or below ``loss``; nothing is interpolated."""
    for step in sorted(losses):
        if losses[step] <= loss:
            return curve.at(step, losses)
    return None


def _faster(what: str, ours: Reached | None, theirs: Reached) -> str:
    if ours is None:
        return f"{what}: {theirs}; not reached by ours"
    return f"{what}: {theirs}, {ours}: {theirs.seconds / ours.seconds:.2f} times faster"


def _lower(what: str, ours: Curve, theirs: Curve) -> str:
    """Compares our last saved picture with theirs at the same step, or the next one judged."""
    last = max(ours.saved)
    step = next((step for step in sorted(theirs.saved) if step >= last), theirs.last)
    mine, other = ours.at(last, ours.saved), theirs.at(step, theirs.saved)
    ratio = mine.loss / other.loss
    return f"{what}: {other}, {mine}: ratio {ratio:.4f}, {1 / ratio:.2f} times lower"


def _write_pictures(recordings: dict[str, list[Recording]], folder: Path) -> None:
    """Writes the picture that each engine saves at the end of its first run."""
    from PIL import Image

    for engine, runs in recordings.items():
        last = runs[0].pictures[max(runs[0].pictures)]
        Image.fromarray(last).save(folder / f"{engine}.png")


def _plot(curves: dict[str, Curve], file: Path) -> None:
    """Plots the curves: losses against seconds since the spawn."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.add_subplot()
    for engine, curve in curves.items():
        kinds: tuple[tuple[str, dict[int, float], str], ...] = (
            ("saved picture", curve.saved, "o-"),
            ("reported by the optimiser", curve.reported, "--"),
        )
        for kind, losses, line in kinds:
            seconds = [curve.seconds[step] for step in losses]
            label = f"{curve.title}, {kind}"
            axes.plot(
                seconds, list(losses.values()), line, c=_COLOURS[engine], ms=3, lw=1.2, label=label
            )
    axes.set_yscale("log")
    # Without a line search, an unlucky step's loss can be out of all proportion.
    judged_losses = [loss for curve in curves.values() for loss in curve.saved.values()]
    axes.set_ylim(0.7 * min(judged_losses), 1.4 * max(judged_losses))
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the process was spawned")
    axes.set_ylabel("pastiche's objective, float32")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
