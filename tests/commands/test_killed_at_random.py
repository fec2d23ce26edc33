"""Killed at random moments and resumed, a run paints the very same picture, and leaves no file.

A few moments by default; ``--kills N`` for more, half of them by SIGKILL, half by SIGTERM.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.photographs import COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import PATIENCE, command, environment

# Two scales, so that it is killed while one turns into the other, too; and a checkpoint after
# every evaluation, so that it is often killed while one is written.
RUN = (
    "--size", "64", "--coarsest", "32", "--evaluations", "12", "--threads", "1",
    "--device", "cpu", "--precision", "float32",
)  # fmt: skip
SAVED = ("--checkpoint", "saved", "--checkpoint-every", "1")
OURS = {"photo.png", "style.png", "result.png", "saved"}


@dataclass
class Studio:
    """A folder with a photograph and a style, and how to paint them."""

    folder: Path

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command("stylize", "photo.png", "style.png", "-o", "result.png", *more),
            cwd=self.folder, env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def result(self) -> Path:
        return self.folder / "result.png"

    @property
    def saved(self) -> Path:
        return self.folder / "saved"

    def clear(self) -> None:
        for path in (self.result, self.saved):
            path.unlink(missing_ok=True)

    def files(self) -> set[str]:
        return set(os.listdir(self.folder))  # noqa: PTH208 (hidden ones, too)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("studio")
    for name, photo in (("photo", COFFEE), ("style", TISSUE)):
        Image.fromarray(as_bytes(photograph(photo, 96, 72))).save(folder / f"{name}.png")
    return Studio(folder)


def wait(process: subprocess.Popen[bytes], seconds: float = PATIENCE) -> int | None:
    """Waits for the end; returns None if it has not come by then."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def first_checkpoint(studio: Studio, process: subprocess.Popen[bytes]) -> None:
    while not studio.saved.exists():
        assert wait(process, 0.005) is None


def test_every_resumed_run_paints_the_same_picture(
    studio: Studio, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    moments = random.Random(kills)  # noqa: S311
    began = os.times().elapsed
    process = studio.start(*RUN, *SAVED)
    first_checkpoint(studio, process)
    before_painting = os.times().elapsed - began
    assert wait(process) == 0
    painting = os.times().elapsed - began - before_painting
    expected = studio.result.read_bytes()

    for number in range(kills):
        by = (signal.SIGKILL, signal.SIGTERM)[number % 2]
        studio.clear()
        process = studio.start(*RUN, *SAVED)
        first_checkpoint(studio, process)
        code = wait(process, moments.uniform(0, painting))
        if code is None:
            process.send_signal(by)
            code = wait(process)
        if code == 0:  # it was quicker
            assert studio.result.read_bytes() == expected
            continue
        assert code == (-by if by is signal.SIGKILL else 128 + by)
        if by is signal.SIGTERM:
            assert studio.files() <= OURS
        resumed = studio.start("--resume", "saved")
        assert wait(resumed) == 0
        assert studio.result.read_bytes() == expected, f"kill {number}"
        assert studio.files() == OURS
