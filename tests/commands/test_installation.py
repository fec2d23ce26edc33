"""``nst`` beside an installer: it keeps what it runs from, and needs none of that at its end."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_contract import in_use
from nst_contract.errors import BUSY
from nst_core.commands.installation import keep_installed
from nst_core.pictures import painting_record
from tests.helpers.in_process import nst
from tests.helpers.processes import PATIENCE, REPOSITORY


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation that this process takes for its own."""
    os.close(in_use.take(tmp_path) or -1)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    keep_installed.cache_clear()
    yield tmp_path
    keep_installed.cache_clear()


def test_an_engine_at_work_keeps_the_installer_out(prefix: Path) -> None:
    assert nst("styles").returncode == 0
    assert in_use.take(prefix) is None
    engine = keep_installed()
    assert engine is not None
    os.close(engine)  # as the end of the process does
    assert in_use.take(prefix) is not None


def test_an_engine_that_is_being_replaced_says_so_and_ends(prefix: Path) -> None:
    installer = in_use.take(prefix)
    assert installer is not None
    run = nst("doctor")
    os.close(installer)
    assert run.returncode == 1
    assert "being installed or removed" in run.stderr
    assert "try again" in run.stderr


def test_the_worker_says_so_in_an_event(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nst_contract.protocol.events import Error, Event
    from nst_core.commands import worker_process
    from nst_core.commands.worker_inbox import Inbox
    from nst_core.commands.worker_outlet import Outlet

    said: list[Event] = []
    outlet = Outlet(sys.stdout, prefix / "worker.log")
    monkeypatch.setattr(outlet, "_write", said.append)
    installer = in_use.take(prefix)
    assert installer is not None
    assert worker_process.serve_one(Inbox(outlet.fail), outlet) == 1
    os.close(installer)
    assert [event.code for event in said if isinstance(event, Error)] == [BUSY]


def test_the_version_of_torch_is_known_when_its_files_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    def gone(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", gone)
    assert painting_record.torch_version() == torch.__version__
    monkeypatch.delitem(sys.modules, "torch")
    assert painting_record.torch_version() == ""


def test_a_picture_is_saved_even_if_the_engine_is_removed_while_it_is_painted(
    tmp_path: Path,
) -> None:
    # By other means than the installer, which waits.
    engine = tmp_path / "engine"
    for name in ("nst_contract", "nst_core"):
        shutil.copytree(REPOSITORY / name, engine / name)
    rng = np.random.default_rng(0)
    for name in ("photo.png", "style.png"):
        Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8)).save(tmp_path / name)
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "nst_core", "stylize", "photo.png", "style.png", "-o",
         "result.png", "--size", "32", "--evaluations", "40", "--json", "--threads", "1"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(engine)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "progress":
            break
    shutil.rmtree(engine)
    rest, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert json.loads(rest.splitlines()[-1])["event"] == "done"
    with Image.open(tmp_path / "result.png") as result:
        assert result.size == (32, 24)
