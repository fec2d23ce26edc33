"""Paints the same pictures with two commits and compares their samples byte by byte.

    python benchmarks/same_bytes.py 75b57ff HEAD

A change that only moves code must not change a single bit of a picture. The cases are every preset,
and everything that has code of its own: tiles, masks, two styles, colours, other optimisers, and a
run that is killed and resumed. Everything is computed in float32 on one thread, where a run gives
the same bytes every time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import commits, common

_EXACT = ("--precision", "float32", "--threads", "1", "--device", "cpu")
_SMALL = ("--size", "200", "--evaluations", "12")
_TWO_SCALES = ("--coarsest", "100")
_STYLE = ("photo.png", "swirls.png")
_BOTH = (*_STYLE, "hatching.png")
# Too little memory for a picture of this size as a whole.
_TILED = ("--size", "640", "--coarsest", "0", "--evaluations", "3", "--memory")

# Small enough for the presets' own numbers of evaluations, and as small in their files: large ones
# are shrunk while they are read, which is not what these cases are about.
_OWN = ("small-photo.png", "small-swirls.png", "--size", "64", "--coarsest", "32")
_GRAM = ("--style-loss", "gram")
_NEIGHBORS = ("--style-loss", "neighbors")

# The arguments for ``nst stylize`` in each case.
CASES: dict[str, Sequence[str]] = {
    "draft": (*_OWN, *_GRAM, "--preset", "draft"),
    "normal": (*_OWN, *_GRAM, "--preset", "normal"),
    "fine": (*_OWN, *_GRAM, "--preset", "fine"),
    "gatys": (*_STYLE, *_SMALL, "--preset", "gatys"),
    "gatys, unbounded": (*_STYLE, *_SMALL, "--preset", "gatys", "--unbounded"),
    "tiles": (*_STYLE, *_TILED, "1.5", *_GRAM),
    "tiles, two styles, mask": (*_BOTH, *_TILED, "1.6", *_GRAM, "--mask", "mask.png"),
    "two styles": (*_BOTH, *_SMALL, *_TWO_SCALES, *_GRAM, "--style-weights", "2,1"),
    "masks": (*_BOTH, *_SMALL, *_GRAM, "--style-mask", "mask.png", "--style-mask", "none"),
    "mask of the whole": (*_STYLE, *_SMALL, *_GRAM, "--mask", "mask.png"),
    "luminance, smooth": (*_STYLE, *_SMALL, *_GRAM, "--color", "luminance", "--tv-weight", "100"),
    "adam": (*_STYLE, *_SMALL, *_GRAM, "--optimizer", "adam"),
    "wasserstein, noise": (*_STYLE, *_SMALL, "--style-loss", "wasserstein", "--start", "noise"),
    "neighbours": (*_STYLE, *_SMALL, *_TWO_SCALES, *_NEIGHBORS),
    "neighbours, tiles": (*_STYLE, *_TILED, "2", *_NEIGHBORS),
    "neighbours, mask": (*_STYLE, *_SMALL, *_NEIGHBORS, "--mask", "mask.png"),
}
# Killed after this many evaluations, then resumed; a checkpoint is saved every ten.
_KILLED_AFTER = 14
_RESUMED = (*_STYLE, "--size", "200", "--evaluations", "24", *_TWO_SCALES, *_GRAM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", help="a commit")
    parser.add_argument("after", nargs="?", default="HEAD", help="another commit (default: HEAD)")
    parser.add_argument("--only", nargs="+", choices=CASES, help="these cases, and no resumed run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        found = []
        for commit in (options.before, options.after):
            with commits.checked_out(commit, folder) as checkout:
                found.append(_paint_all(checkout, folder, commit, options.only or CASES))
                if not options.only:
                    print(f"{commit}: resumed", file=sys.stderr)
                    found[-1]["resumed"] = _resumed(checkout, folder)
    before, after = found
    # What neither has painted says nothing.
    same = {case for case in before if before[case] and before[case] == after[case]}
    rows = [
        (case, before[case][:12], after[case][:12], "same" if case in same else "DIFFERENT")
        for case in before
    ]
    print(common.machine())
    print(common.table(("case", options.before, options.after, "bytes"), rows))
    print(f"{len(same)} of {len(before)} pictures are identical byte for byte")
    return 0 if len(same) == len(before) else 1


def _prepare(folder: Path) -> None:
    """Writes the input pictures into the folder."""
    import numpy as np
    from PIL import Image

    with Image.open(common.shipped("skimage.data", "chelsea.png")) as cat:
        cat.resize((660, 440)).save(folder / "photo.png")
    ramp = np.linspace(0, 255, 660, dtype=np.uint8)
    Image.fromarray(np.tile(ramp, (440, 1))).save(folder / "mask.png")
    for style in ("swirls", "hatching"):
        common.run_module("nst_core", "styles", style, "-o", folder / f"{style}.png", "--size", 300)
    for name in ("photo", "swirls"):
        with Image.open(folder / f"{name}.png") as image:
            image.resize((72, 64)).save(folder / f"small-{name}.png")


def _paint_all(checkout: Path, folder: Path, commit: str, cases: Iterable[str]) -> dict[str, str]:
    """Returns the SHA-256 of each case's file."""
    sums = {}
    for case in cases:
        print(f"{commit}: {case}", file=sys.stderr)
        result = folder / "result.png"
        _start(checkout, folder, CASES[case], result).wait()
        sums[case] = _taken(result)
    return sums


def _resumed(checkout: Path, folder: Path) -> str:
    result, checkpoint = folder / "result.png", folder / "checkpoint"
    run = _start(checkout, folder, (*_RESUMED, "--checkpoint", str(checkpoint)), result)
    assert run.stdout is not None  # noqa: S101 (it is a pipe)
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["evaluation"] >= _KILLED_AFTER:
            run.send_signal(signal.SIGKILL)
            break
    run.wait()
    arguments = (*_STYLE, "--resume", str(checkpoint))
    _start(checkout, folder, arguments, result, exact=()).wait()
    checkpoint.unlink()
    return _taken(result)


def _start(
    checkout: Path,
    folder: Path,
    arguments: Sequence[str],
    result: Path,
    exact: Sequence[str] = _EXACT,
) -> subprocess.Popen[str]:
    files = [str(folder / a) if a.endswith(".png") else a for a in arguments]
    return subprocess.Popen(
        [sys.executable, "-m", "nst_core", "stylize", *files, "-o", str(result), "--json", *exact],
        cwd=checkout,
        env=commits.environment(checkout),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "--checkpoint" in arguments else subprocess.DEVNULL,
        encoding="utf-8",
    )


def _taken(result: Path) -> str:
    """Returns the SHA-256 of a result's samples, and removes it; "" if there is none.

    The record beside the samples names all settings, of which a later commit may have more.
    """
    from PIL import Image

    if not result.exists():
        return ""
    with Image.open(result) as image:
        digest = hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).hexdigest()
    result.unlink()
    return digest


if __name__ == "__main__":
    sys.exit(main())
