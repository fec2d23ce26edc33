"""How long blocks take on many processes: simulated, with the engine's own layout and dealing.

A block waits for those it needs, and is painted by whoever has time. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from benchmarks.tiling import size_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12.0, 24.0, 100.0, 1000.0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8, 64])
    common.add_block(parser)
    parser.add_argument(
        "--seconds", type=float, default=8.0, help="for a megapixel of a window (default: 8)"
    )
    parser.add_argument(
        "--sending", type=float, default=0.3, help="seconds to send a megapixel (default: 0.3)"
    )
    options = parser.parse_args()
    headings = ("pixels", "blocks", *(f"{count} processes" for count in options.processes))
    rows = []
    largest = tuple(options.block)
    for megapixels in options.megapixels:
        size = size_of(megapixels)
        took = [
            simulated(size, largest, count, options.seconds, options.sending)
            for count in options.processes
        ]
        alone = simulated(size, largest, 1, options.seconds, options.sending)
        cells = [f"{seconds / 60:.1f} min ({alone / seconds:.2f}x)" for seconds in took]
        rows.append(["{} x {}".format(*size), str(_blocks(size, largest)), *cells])
    print(common.table(headings, rows))


def simulated(
    size: tuple[int, int],
    largest: tuple[int, int],
    processes: int,
    seconds: float,
    sending: float,
) -> float:
    """Returns how many seconds the blocks of a picture take.

    Args:
        size: width and height of the picture, in pixels.
        largest: width and height of a block at most, in pixels.
        processes: how many there are; the first one need not send what it paints.
        seconds: to paint a megapixel of a window.
        sending: to send a megapixel of a window, there and back.
    """
    from nst_core.blocks.dealing import time_taken
    from nst_core.blocks.layout import Block, blocks_of

    def cost(block: Block, process: int) -> float:
        megapixels = block.size[0] * block.size[1] / 1e6
        return megapixels * (seconds + (sending if process else 0.0))

    return time_taken(blocks_of(size, largest), processes, cost)


def _blocks(size: tuple[int, int], largest: tuple[int, int]) -> int:
    from nst_core.blocks.layout import blocks_of

    return len(blocks_of(size, largest))


if __name__ == "__main__":
    main()
