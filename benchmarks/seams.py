"""Whether borders of blocks show: differences of neighbouring pixels on them, over those elsewhere.

1 where nothing shows. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common

# How many lines on each side of a border are compared with it: what is painted there is alike.
_NEAR = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, nargs="+", help="painted block by block")
    common.add_block(parser)
    options = parser.parse_args()
    from nst_core.pictures import picture_files

    for file in options.pictures:
        print(f"{file.name}: {seams(picture_files.read(file).rgb, tuple(options.block)):.3f}")


def seams(rgb: npt.NDArray[np.float32], largest: tuple[int, int]) -> float:
    """Returns the mean square of the steps over all borders, over that of the steps near them.

    Args:
        rgb: (height, width, 3).
        largest: width and height of a block at most, in pixels.
    """
    from nst_core.blocks.layout import blocks_of
    from nst_core.pictures.tile_margins import GRID

    height, width = rgb.shape[:2]
    tiles = [block.tile for block in blocks_of((width, height), largest)]
    on, near = [], []
    for axis, borders in (
        (0, {tile.rows.inner[0] for tile in tiles}),
        (1, {tile.columns.inner[0] for tile in tiles}),
    ):
        steps = np.square(np.diff(rgb, axis=axis)).mean(axis=(1 - axis, 2))
        for border in borders - {0}:
            on.append(steps[border - 1])
            # At the same place in the grid of the poolings, which shows a little everywhere.
            around = border - 1 + GRID * np.r_[-_NEAR:0, 1 : _NEAR + 1]
            near.append(steps[around[(around >= 0) & (around < len(steps))]].mean())
    return float(np.mean(on) / np.mean(near))


if __name__ == "__main__":
    main()
