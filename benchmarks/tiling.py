"""What large pictures cost: memory and time per evaluation, within a memory budget.

The engine itself paints each size, in a separate process. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common

if TYPE_CHECKING:
    from nst_contract.settings import Settings
    from nst_core.pictures.picture import Picture

_GIB = 2**30
_ASPECT = 3 / 2


def main() -> None:
    options = _parser().parse_args()
    if options.measure:
        common.compute_as_nst()
        print(json.dumps(_measure(options)))
        return
    measured = common.measured_by_size(
        "benchmarks.tiling",
        options,
        *("--memory", options.memory, "--evaluations", options.evaluations),
        *(["--fill-history"] if options.fill_history else []),
        *(["--tile", options.tile] if options.tile else []),
    )
    done = [row for row in measured if "error" not in row]
    if done:
        print(f"device {done[0]['device']}, precision {done[0]['precision']}")
    print(f"budget {options.memory:g} GiB\n\n{_table(measured)}\n")
    print(_ratio(done))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1.0, 4.0, 16.0])
    parser.add_argument("--memory", type=float, default=6.0, help="budget, in GiB")
    parser.add_argument(
        "--evaluations", type=int, default=3, help="how many to time, after a warm-up (default: 3)"
    )
    parser.add_argument(
        "--fill-history",
        action="store_true",
        help="before timing, evaluate until L-BFGS holds as many pairs as planned",
    )
    parser.add_argument(
        "--tile",
        type=int,
        metavar="SIDE",
        help="cut every size into tiles with this side, whatever the budget; otherwise sizes that "
        "allow larger tiles are faster, which says nothing about how tiling scales",
    )
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    common.add_precision(parser)
    common.add_pictures(parser)
    return parser


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """Paints a picture of the requested size, and returns what it took."""
    from nst_contract.errors import NstError
    from nst_contract.settings import Settings
    from nst_core.pictures import picture_files

    width, height = size_of(options.megapixels[0])
    if options.tile:
        _plan_tiles_of(options.tile)
    content = stretched(options.content, width, height)
    style = picture_files.read(options.style)
    settings = Settings.from_preset(
        "normal",
        style_loss="gram",
        size=max(width, height),
        coarsest=0,
        device="cpu",
        precision=options.precision,
        memory=options.memory,
    )
    row: dict[str, Any] = {"width": width, "height": height}
    try:
        return row | _paint(content, style, settings, options)
    except NstError as error:
        return row | {"error": error.message}


def _plan_tiles_of(side: int) -> None:
    """Makes all later plans cut the picture into tiles with this side."""
    from dataclasses import replace

    from nst_core.run import scale_plans
    from nst_core.run.fit_to_memory import plan_scale

    # The budget then decides only the history.
    vars(scale_plans)["plan_scale"] = lambda *given: replace(plan_scale(*given), tile=(side, side))


def size_of(megapixels: float) -> tuple[int, int]:
    """Returns the width and height of a photograph with this many pixels."""
    height = math.sqrt(megapixels * 1e6 / _ASPECT)
    return round(_ASPECT * height), round(height)


def stretched(file: Path, width: int, height: int) -> Picture:
    """Returns an enlarged photograph: real photographs of every size would differ in content."""
    from dataclasses import replace

    from nst_core.pictures import picture_files
    from nst_core.pictures.picture import resize, to_rgb, to_tensor

    picture = picture_files.read(file)
    return replace(picture, rgb=to_rgb(resize(to_tensor(picture), width, height)), alpha=None)


def _paint(
    content: Picture, style: Picture, settings: Settings, options: argparse.Namespace
) -> dict[str, Any]:
    import resource
    import time
    from dataclasses import replace

    from nst_contract.protocol.events import Caution, Progress, Ready
    from nst_core.pictures.inputs import Inputs, Style
    from nst_core.run.planning import plan_run
    from nst_core.stylize import stylize

    # It takes one more evaluation than there are pairs to fill the history.
    warming = 1
    if options.fill_history:
        warming += plan_run(Inputs(content, [Style(style)]), settings).scale_plans[0].history
    settings = replace(settings, evaluations=warming + options.evaluations)
    ready: list[Ready] = []
    times: list[float] = []

    def on_event(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Ready):
            ready.append(event)
        elif isinstance(event, Progress):
            times.append(time.perf_counter())

    stylize(content, [style], settings, on_event)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (plan,) = ready[0].plan
    return {
        "device": ready[0].device,
        "precision": ready[0].precision,
        "tile": plan["tile"],
        "history": plan["history"],
        "pairs": min(len(times) - 1, plan["history"]),
        "needs": ready[0].needs,
        "peak": peak * (1 if sys.platform == "darwin" else 1024),
        "seconds": (times[-1] - times[warming - 1]) / (len(times) - warming),
    }


def _table(measured: list[dict[str, Any]]) -> str:
    headings = (
        *("pixels", "megapixels", "tile", "history", "pairs held", "forecast GiB", "peak GiB"),
        *("peak/forecast", "s/evaluation", "s/megapixel"),
    )
    rows = [_row(row) for row in measured]
    explanation = (
        "Tile and history are as planned. L-BFGS gains a pair with each evaluation: at the peak it "
        'held\nat most "pairs held" of them, while the forecast is for all. Forecast and peak are '
        "for the whole process."
    )
    refusals = [f"\n{_name(row)}: {row['error']}" for row in measured if "error" in row]
    return common.table(headings, rows) + "\n" + explanation + "".join(refusals)


def _row(row: dict[str, Any]) -> list[str]:
    start = [_name(row), f"{_megapixels(row):.2f}"]
    if "error" in row:
        return [*start, "refused", *7 * ["-"]]
    return [
        *start,
        "whole" if row["tile"] is None else "{} x {}".format(*row["tile"]),
        str(row["history"]),
        str(row["pairs"]),
        f"{row['needs'] / _GIB:.2f}",
        f"{row['peak'] / _GIB:.2f}",
        f"{row['peak'] / row['needs']:.2f}",
        f"{row['seconds']:.3f}",
        f"{row['seconds'] / _megapixels(row):.3f}",
    ]


def _name(row: dict[str, Any]) -> str:
    return f"{row['width']} x {row['height']}"


def _megapixels(row: dict[str, Any]) -> float:
    return float(row["width"] * row["height"] / 1e6)


def _ratio(done: list[dict[str, Any]]) -> str:
    """Returns the line that compares the largest size with the second largest."""
    what = "seconds per megapixel, largest over second largest"
    if len(done) < 2:
        return f"{what}: needs two sizes that were painted"
    second, largest = sorted(done, key=_megapixels)[-2:]
    rates = [row["seconds"] / _megapixels(row) for row in (second, largest)]
    return (
        f"{what}: {rates[1]:.3f} ({_name(largest)}) / {rates[0]:.3f} ({_name(second)}): "
        f"ratio {rates[1] / rates[0]:.3f}"
    )


if __name__ == "__main__":
    main()
