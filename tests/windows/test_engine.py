"""The real engine, started by the plug-in's own module: run, finish, cancel, and a parent's end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from nst_contract import __version__
from nst_contract.protocol.requests import Raster, Request, StyleRequest
from tests.helpers.processes import REPOSITORY, environment

sys.path.insert(0, str(REPOSITORY / "gimp_plugin"))
from nst_gimp.engine import install_info, job_folder
from nst_gimp.engine.process import Engine
from nst_gimp.engine.run import EngineRun

QUICK = {"size": 48, "evaluations": 3, "device": "cpu", "precision": "float32"}
ENDLESS = {**QUICK, "evaluations": 10000}
WIDTH, HEIGHT = 60, 40
# Wine is many times slower than Windows where the machine has other work, too.
PATIENCE = 600

# The packages are those of this clone, which -I would not find.
WORKER = [sys.executable, "-X", "utf8", "-m", "nst_core", "worker"]
# Starts an engine, says which process that is, and never ends it.
PARENT = f"""
import os, sys; sys.path[:0] = {[str(REPOSITORY), str(REPOSITORY / "gimp_plugin")]!r}
from nst_contract.platforms import processes
from nst_gimp.engine import install_info
from nst_gimp.engine.process import Engine
install_info.InstallInfo.command = lambda self: {WORKER!r}
install_info.engine_environment = lambda: dict(os.environ)
if sys.argv[1] == "without-a-job":
    processes._made_job = lambda: None
engine = Engine(install_info.InstallInfo({__version__!r}, sys.executable, ""))
while engine.loaded is None:
    engine.next_event(1)
print(engine._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    info = install_info.InstallInfo(__version__, sys.executable, "install.cmd")
    monkeypatch.setattr(install_info.InstallInfo, "command", lambda *_: WORKER)
    monkeypatch.setattr(install_info, "engine_environment", environment)
    with Engine(info) as engine:
        yield engine


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with job_folder.folder(tmp_path / "Zoë's jobs") as folder:
        yield folder


def request(folder: Path, settings: dict[str, object]) -> Request:
    rng = np.random.default_rng(0)
    for name, side in (("content.raw", (HEIGHT, WIDTH, 4)), ("style.raw", (48, 48, 4))):
        rng.integers(0, 256, side, np.uint8).tofile(folder / name)
    return Request(
        str(folder),
        Raster("content.raw", WIDTH, HEIGHT, "u8", name="phötö"),
        (StyleRequest(Raster("style.raw", 48, 48, "u8", name="style")),),
        settings=settings,
        preview_seconds=1e-6,
    )


def followed(run: EngineRun, until: str) -> EngineRun:
    ends = time.monotonic() + PATIENCE
    while not getattr(run, until):
        assert time.monotonic() < ends
        run.follow(1)
    return run


def test_a_picture_is_painted(engine: Engine, folder: Path) -> None:
    done = followed(EngineRun(engine, request(folder, QUICK)), "done").done
    assert done is not None
    assert (folder / done.file).stat().st_size == WIDTH * HEIGHT * 4


def test_finish_keeps_the_best_picture_so_far(engine: Engine, folder: Path) -> None:
    run = followed(EngineRun(engine, request(folder, ENDLESS)), "progress")
    run.finish()
    assert followed(run, "done").done is not None


def test_cancel_ends_it_at_once_and_removes_its_folder(engine: Engine, folder: Path) -> None:
    run = followed(EngineRun(engine, request(folder, ENDLESS)), "progress")
    run.cancel()
    assert engine._process.wait(PATIENCE) == 0
    assert not (folder / "content.raw").exists()


@pytest.mark.parametrize("how", ["in-a-job", "without-a-job"])
def test_an_engine_whose_parent_is_killed_is_gone(tmp_path: Path, how: str) -> None:
    """Windows ends it with its parent; where that is not allowed, the end of its input does."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, how], env=environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, cwd=tmp_path,
    )  # fmt: skip
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    everything = [child, *child.children(recursive=True)]
    parent.kill()
    killed = time.monotonic()
    _gone, alive = psutil.wait_procs(everything, timeout=PATIENCE)
    sys.stdout.write(f"gone after {time.monotonic() - killed:.2f} s\n")
    parent.communicate()
    assert not alive


def test_what_the_engine_says_is_utf_8_in_any_code_page(tmp_path: Path) -> None:
    style = tmp_path / "Zoë's style.png"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "nst_core", "stylize", str(style), str(style), "-o",
         str(tmp_path / "x.png"), "--json"],
        env={**environment(), "PYTHONIOENCODING": ""}, capture_output=True, cwd=os.sep,
    )  # fmt: skip
    assert "Zoë's style" in json.loads(done.stdout.decode("utf-8"))["message"]
