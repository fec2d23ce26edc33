"""What blocks cost: seconds per megapixel and memory at the finest scale of pictures of any size.

A few blocks in the middle of each picture are painted, in a separate process for each size. See
README.md in this folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from benchmarks.tiling import size_of, stretched

_GIB = 2**30


def main() -> None:
    options = _parser().parse_args()
    if options.measure:
        common.compute_as_nst()
        print(json.dumps(_measure(options)))
        return
    measured = common.measured_by_size(
        "benchmarks.blocks",
        options,
        *("--block", *options.block, "--blocks", options.blocks),
        *("--evaluations", options.evaluations),
    )
    print(f"\n{_table(measured)}\n{_ratio(measured)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[4.0, 12.0, 24.0, 48.0])
    common.add_block(parser)
    parser.add_argument("--blocks", type=int, default=2, help="how many to paint (default: 2)")
    parser.add_argument("--evaluations", type=int, default=4, help="of each block (default: 4)")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    common.add_precision(parser)
    common.add_pictures(parser)
    return parser


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """Paints some blocks of a picture, and returns what they took."""
    import resource
    import time

    from nst_contract.settings import Settings
    from nst_core.blocks.layout import Block, blocks_of
    from nst_core.blocks.painter import paint_block
    from nst_core.blocks.scale_in_blocks import ScaleInBlocks
    from nst_core.networks.loading import load_networks
    from nst_core.pictures import picture_files
    from nst_core.pictures.inputs import Inputs, Style
    from nst_core.run.planning import plan_run
    from nst_core.scales.compared_layers import compared_layers

    width, height = size_of(options.megapixels[0])
    settings = Settings.from_preset(
        "fine", size=max(width, height), device="cpu", precision=options.precision
    )
    content = stretched(options.content, width, height)
    plan = plan_run(Inputs(content, [Style(picture_files.read(options.style))]), settings)
    index = len(plan.scales) - 1
    network = load_networks(plan.placement, settings)[0]
    began = time.perf_counter()
    inputs = plan.inputs_at(index)
    picture = inputs.content.clone()
    compared = compared_layers(plan.scales, index, settings)
    scale = ScaleInBlocks(network, inputs, settings, compared, picture)
    prepared = time.perf_counter()
    blocks = blocks_of(plan.scales[index].content, tuple(options.block))

    def paint(blocks: Sequence[Block]) -> float:
        began = time.perf_counter()
        for block in blocks:
            paint_block(
                block, scale, picture, settings, evaluations=options.evaluations,
                history=plan.scale_plans[index].history,
                on_evaluation=lambda _window, _evaluation: True,
            )  # fmt: skip
        return time.perf_counter() - began

    first, *others = blocks[: options.blocks + 1]
    paint([first])  # which prepares kernels
    seconds = paint(others)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "width": width,
        "height": height,
        "blocks": len(blocks),
        "prepared": prepared - began,
        "seconds": seconds / (sum(block.area for block in others) / 1e6),
        "peak": peak * (1 if sys.platform == "darwin" else 1024),
        "pixels": width * height,
    }


def _table(measured: list[dict[str, Any]]) -> str:
    headings = ("pixels", "blocks", "prepared: s", "s/megapixel", "peak GiB", "bytes/pixel more")
    least = min(measured, key=lambda row: int(row["pixels"]))
    rows = []
    for row in measured:
        more = row["pixels"] - least["pixels"]
        each = f"{(row['peak'] - least['peak']) / more:.0f}" if more else "-"
        numbers = (f"{row['prepared']:.1f}", f"{row['seconds']:.2f}", f"{row['peak'] / _GIB:.2f}")
        rows.append([_name(row), str(row["blocks"]), *numbers, each])
    return common.table(headings, rows)


def _name(row: dict[str, Any]) -> str:
    return f"{row['width']} x {row['height']}"


def _ratio(measured: list[dict[str, Any]]) -> str:
    seconds = [row["seconds"] for row in measured]
    ratio = max(seconds) / min(seconds)
    return f"seconds per megapixel, most over least of {len(seconds)} sizes: {ratio:.3f}"


if __name__ == "__main__":
    main()
