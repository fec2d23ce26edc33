"""Processes under torchrun that are killed while blocks are painted: the picture is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nst_core.pictures import picture_files
from tests.helpers.photographs import CAT, COFFEE, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY, environment

SIZE = 384
NAMES = ("content.png", "style.png")
SETTINGS = (
    "--size", SIZE, "--coarsest", SIZE // 2, "--evaluations", 3, "--device", "cpu",
    "--precision", "float32", "--threads", 1,
)  # fmt: skip
# After so many blocks something happens.
SOME = 3


class Run:
    """``nst stylize`` by two processes, or by one, with a checkpoint.

    Args:
        folder: has the pictures, and gets the result and the checkpoint.
        processes: how many.
        resume: whether to go on from the checkpoint.
    """

    def __init__(self, folder: Path, processes: int = 2, *, resume: bool = False) -> None:
        self._result, self._checkpoint = folder / "result.png", folder / "checkpoint"
        torchrun = ["torch.distributed.run", "--standalone", "--max-restarts", 1]
        torchrun += ["--nproc-per-node", processes, "-m"]
        words = [sys.executable, "-m", *(torchrun if processes > 1 else [])]
        words += ["tests.helpers.nst_in_small_blocks", "stylize"]
        words += [*(folder / name for name in NAMES), "--output", self._result, "--json"]
        option = "--resume" if resume else "--checkpoint"
        words += [option, self._checkpoint, *([] if resume else SETTINGS)]
        self._log = (folder / "log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            list(map(str, words)),
            cwd=REPOSITORY,
            env=environment() | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )
        self.events: list[dict[str, object]] = []

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()

    def until(self, happened: Callable[[dict[str, object]], bool]) -> None:
        """Reads events until one is as wanted, or there are no more."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))
            if happened(self.events[-1]):
                return

    def until_some_blocks(self) -> None:
        """Reads events until some blocks are painted, and the first of them saved.

        The leader saves after its own blocks, and may take longer for one than the other for two.
        """
        self.until(lambda event: block_of(event) >= SOME and self._checkpoint.exists())
        assert block_of(self.events[-1]) >= SOME

    def kill(self, rank: int | None = None) -> None:
        """Kills a process, or all of them."""
        if self._process.poll() is None:
            for process in psutil.Process(self._process.pid).children(recursive=True):
                if rank is None or process.environ().get("RANK") == str(rank):
                    process.kill()
        if rank is None:
            self._process.kill()
            self._process.communicate()

    def picture(self) -> bytes:
        """Waits for the end, and returns the result's samples."""
        self.until(lambda event: event["event"] == "done")
        assert self._process.wait(PATIENCE) == 0
        return picture_files.read(self._result).rgb.tobytes()


def block_of(event: dict[str, object]) -> int:
    """Returns which block is being painted; 0: none."""
    number = event.get("block")
    return number if isinstance(number, int) else 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What two processes paint together."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_pictures(folder)
    with Run(folder) as run:
        return run.picture()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(tmp_path)
    return tmp_path


def write_pictures(folder: Path) -> None:
    pictures = photograph(COFFEE, SIZE, 256), photograph(CAT, 150, 100)
    for name, picture in zip(NAMES, pictures, strict=True):
        picture_files.write(picture, folder / name)


@pytest.mark.parametrize("rank", [0, 1])
def test_one_of_two_processes_is_killed_and_torchrun_starts_both_again(
    rank: int, folder: Path, undisturbed: bytes
) -> None:
    with Run(folder) as run:
        run.until_some_blocks()
        run.kill(rank)
        assert run.picture() == undisturbed
    said = [str(event.get("message")) for event in run.events if event["event"] == "warning"]
    assert any("torchrun has started it again" in message for message in said)


@pytest.mark.parametrize("processes", [1, 2])
def test_all_are_killed_and_any_number_goes_on(
    processes: int, folder: Path, undisturbed: bytes
) -> None:
    with Run(folder) as run:
        run.until_some_blocks()
    with Run(folder, processes, resume=True) as again:
        assert again.picture() == undisturbed
    # Each process may have lost the block that it had painted last. On a busy machine the kill may
    # come so late that there is none left to paint.
    assert next(filter(None, map(block_of, again.events)), SOME) >= SOME - 1
