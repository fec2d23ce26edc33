"""A folder of photographs for ``nst batch``, with a style and a place for the results."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

JOURNAL = "nst-batch.json"
SIZES = {"a.png": (40, 32), "b.JPG": (32, 44), "c.tif": (36, 36)}


def save(path: Path, photo: str, width: int, height: int) -> None:
    samples = np.rint(photograph(photo, width, height).rgb * 255).astype(np.uint8)
    Image.fromarray(samples).save(path)


@dataclass
class Studio:
    """Three photographs in a folder, a style beside it, and a place for the results."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def photos(self) -> Path:
        return self / "phötos"

    @property
    def results(self) -> Path:
        return self / "results"

    @property
    def painted(self) -> list[str]:
        return sorted(path.name for path in self.results.iterdir() if path.name != JOURNAL)

    def arguments(self, *more: str | Path, evaluations: int = 2) -> list[str | Path]:
        return [
            "batch", self.photos, self / "style.png", "-o", self.results,
            "--evaluations", str(evaluations), *more,
        ]  # fmt: skip

    def batch(self, *more: str | Path, evaluations: int = 2) -> subprocess.CompletedProcess[str]:
        return nst(*self.arguments(*more, evaluations=evaluations))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def furnish(folder: Path) -> Studio:
    studio = Studio(folder)
    studio.photos.mkdir()
    for (name, size), photo in zip(SIZES.items(), (COFFEE, CAT, COFFEE), strict=True):
        save(studio.photos / name, photo, *size)
    save(studio / "style.png", TISSUE, 32, 32)
    return studio
