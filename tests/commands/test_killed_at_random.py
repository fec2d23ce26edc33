"""Killed at random moments and resumed, a run paints the very same picture, and leaves no file.

A few moments by default; ``--kills N`` for more, half of them by SIGKILL, half by SIGTERM.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.photographs import COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import environment

# Two scales, so that it is killed while one turns into the other, too; and a checkpoint after
# every evaluation, so that it is often killed while one is written.
RUN = (
    "--size", "64", "--coarsest", "32", "--evaluations", "6", "--threads", "1",
    "--device", "cpu", "--precision", "float32",
    "--checkpoint", "saved", "--checkpoint-every", "1",
)  # fmt: skip
OURS = {"photo.png", "style.png", "result.png", "saved"}
# A process that has torch and the network loaded, and starts one of its own for each run.
FORKS = """
import json, os, sys
import torch
torch.set_num_threads(1)  # no thread is there yet that a fork would lose
from nst_contract.settings import Settings
from nst_core.cli import main
from nst_core.networks.device import choose_device
from nst_core.networks.loading import load_networks
from nst_core.run import forecast, pipeline
# What a run imports while it goes on.
import nst_core.commands.like, nst_core.pictures.result_files
networks = load_networks(choose_device("cpu", "float32"), Settings())
pipeline.networks_for = lambda *_: networks
forecast.seconds_per_pixel = lambda *_: 1e-6  # measuring it takes longer than such a run
for line in sys.stdin:
    process = os.fork()
    if not process:
        for number in range(3):
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        os._exit(main(json.loads(line)))
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


class Studio:
    """A folder with a photograph and a style, and a process to paint them with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.result, self.saved = folder / "result.png", folder / "saved"
        self._starter = subprocess.Popen(
            [sys.executable, "-c", FORKS], cwd=folder, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def start(self, *more: str) -> int:
        """Starts a run; returns its process."""
        line = ["stylize", "photo.png", "style.png", "-o", "result.png", *more]
        assert self._starter.stdin is not None
        self._starter.stdin.write(json.dumps(line) + "\n")
        self._starter.stdin.flush()
        return self._answer()

    def end(self) -> int:
        """Waits for the end of the run; returns its exit code."""
        return self._answer()

    def _answer(self) -> int:
        assert self._starter.stdout is not None
        return int(self._starter.stdout.readline())

    def wait_for_checkpoint(self, process: int) -> None:
        while not self.saved.exists():
            os.kill(process, 0)  # it is still there
            time.sleep(0.001)

    def clear(self) -> None:
        for path in (self.result, self.saved):
            path.unlink(missing_ok=True)

    def files(self) -> set[str]:
        return set(os.listdir(self._folder))  # noqa: PTH208 (hidden ones, too)

    def close(self) -> None:
        self._starter.communicate()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    for name, photo in (("photo", COFFEE), ("style", TISSUE)):
        Image.fromarray(as_bytes(photograph(photo, 96, 72))).save(tmp_path / f"{name}.png")
    studio = Studio(tmp_path)
    yield studio
    studio.close()


def test_every_resumed_run_paints_the_same_picture(
    studio: Studio, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    moments = random.Random(kills)  # noqa: S311
    process = studio.start(*RUN)
    studio.wait_for_checkpoint(process)
    began = time.monotonic()
    assert studio.end() == 0
    painting = time.monotonic() - began
    expected = studio.result.read_bytes()

    count = 0
    while count < kills:
        by = (signal.SIGKILL, signal.SIGTERM)[count % 2]
        studio.clear()
        process = studio.start(*RUN)
        studio.wait_for_checkpoint(process)
        time.sleep(moments.uniform(0, painting))
        with contextlib.suppress(ProcessLookupError):  # it was quicker
            os.kill(process, by)
        code = studio.end()
        if code == 0:
            assert studio.result.read_bytes() == expected
            continue
        assert code == (-by if by is signal.SIGKILL else 128 + by)
        if by is signal.SIGTERM:
            assert studio.files() <= OURS
        studio.start("--resume", "saved")
        assert studio.end() == 0
        assert studio.result.read_bytes() == expected, f"kill {count}"
        assert studio.files() == OURS
        count += 1
        print(f"kill {count} by {by.name}: the same {len(expected)} bytes", flush=True)  # noqa: T201
