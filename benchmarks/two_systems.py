"""Paints the same picture on Linux and with Windows' packages under Wine, and compares them.

    ./install.sh --test-windows
    python benchmarks/two_systems.py --options --preset draft --size 256

The first command makes the Windows Python. Prints the mean difference of the samples, of 255 steps,
and how many of them differ. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from nst_install import own_folders
from nst_install.options import CHECKOUT

_WINPY = CHECKOUT / "tests" / "windows" / "harness" / "winpy"
# What both systems' processors can compute.
_ALIKE = ("--precision", "float32", "--device", "cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    common.add_pictures(parser)
    common.add_options(parser)
    options = parser.parse_args()
    cache = own_folders.cache_folder(Path.home(), os.environ) / "windows"
    if not (cache / "venv" / "packages.txt").is_file():
        sys.exit(f"There is no Windows Python in {cache}; ./install.sh --test-windows makes one.")
    windows = {
        **os.environ,
        "WINPY_DIR": str(cache / "python"),
        "WINPY_VENV": str(cache / "venv"),
    }
    print(common.machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="nst-systems-") as name:
        folder = Path(name)
        pictures = common.pictures(options, folder)
        linux = _painted(
            [sys.executable], dict(os.environ), pictures, folder / "linux.png", options
        )
        other = _painted([str(_WINPY)], windows, pictures, folder / "windows.png", options)
        apart = np.abs(linux - other)
    height, width, _ = linux.shape
    print(f"{width} x {height} pixels: mean difference {apart.mean():.4f} of 255, ", end="")
    print(f"largest {apart.max():.0f}, {(apart > 0).mean():.2%} of the samples differ")


def _painted(
    python: Sequence[str],
    env: dict[str, str],
    pictures: tuple[Path, Path],
    result: Path,
    options: argparse.Namespace,
) -> np.ndarray:
    command = [*python, "-m", "nst_core", "stylize", *pictures, "-o", result, *_ALIKE]
    subprocess.run(
        [*map(str, command), *options.options],
        cwd=CHECKOUT,
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return np.asarray(Image.open(result).convert("RGB")).astype(np.float64)


if __name__ == "__main__":
    main()
