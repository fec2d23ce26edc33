"""A checkpoint that cannot be written costs no picture: a warning, and painting goes on."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from nst_core.networks import mini_vgg
from nst_core.run import checkpoint
from nst_core.storage import torch_files
from nst_core.training import calibrate, learner
from tests.helpers.cifar import write_cifar
from tests.helpers.in_process import nst
from tests.helpers.photographs import COFFEE, TISSUE, as_bytes, photograph

RUN = (
    "--size", "48", "--coarsest", "24", "--evaluations", "6", "--threads", "1", "--device", "cpu",
    "--precision", "float32", "--json", "--checkpoint", "folder/saved", "--checkpoint-every", "2",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, photo in (("photo", COFFEE), ("style", TISSUE)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def failing(monkeypatch: pytest.MonkeyPatch, fail: Callable[[int], None]) -> None:
    """Has something happen before each time that torch writes a file; it gets the number."""
    save, count = torch.save, 0

    def numbered(content: object, file: Any) -> None:
        nonlocal count
        count += 1
        fail(count)
        save(content, file)

    monkeypatch.setattr(torch, "save", numbered)


def full(_: int = 0) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_a_warning_and_the_last_good_checkpoint_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = ("stylize", "photo.png", "style.png")
    undisturbed = nst(*pictures, "-o", "one.png", *RUN)
    assert undisturbed.returncode == 0, undisturbed.stdout
    (folder / "folder" / "saved").unlink()

    with monkeypatch.context() as patch:
        failing(patch, lambda number: full() if number > 2 else None)
        run = nst(*pictures, "-o", "two.png", *RUN)
    assert run.returncode == 0, run.stdout
    warnings = [event for event in events(run.stdout) if event["event"] == "warning"]
    assert warnings
    assert all("No space left" in warning["message"] for warning in warnings)
    assert all("Painting goes on" in warning["message"] for warning in warnings)
    assert all("Make room" in warning["advice"] for warning in warnings)
    assert (folder / "two.png").read_bytes() == (folder / "one.png").read_bytes()
    assert os.listdir("folder") == ["saved"]  # noqa: PTH208 (hidden ones, too)
    assert checkpoint.load(folder / "folder" / "saved").run["evaluations"] == 4

    again = nst(*pictures, "-o", "three.png", "--resume", "folder/saved", "--json")
    assert again.returncode == 0, again.stdout
    assert (folder / "three.png").read_bytes() == (folder / "one.png").read_bytes()


def test_a_folder_that_goes_away_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(number: int) -> None:
        if number == 2:
            shutil.rmtree(folder / "folder")

    failing(monkeypatch, remove)
    run = nst("stylize", "photo.png", "style.png", "-o", "r.png", *RUN)
    assert run.returncode == 0, run.stdout
    told = [event for event in events(run.stdout) if event["event"] == "warning"]
    assert told
    assert all("folder/saved cannot be written (No such file" in w["message"] for w in told)
    assert (folder / "r.png").exists()


def test_a_training_goes_on_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_cifar(folder, train=10, test=1)
    network = folder / "net.safetensors"
    monkeypatch.setattr(torch_files, "sealing", lambda *_: full())
    # These take longest, and have tests of their own.
    monkeypatch.setattr(learner, "TRIAL_SECONDS", 0.05)
    monkeypatch.setattr(calibrate, "gains", lambda *_: mini_vgg.UNCHANGED)
    run = nst(
        "train", "--data", data, "--out", network, "--json", "--epochs", "1", "--batch-size", "50",
        "--width", "4", "--precision", "float32",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    (warning,) = (event for event in events(run.stdout) if event["event"] == "warning")
    assert "The training goes on" in warning["message"]
    assert events(run.stdout)[-1]["event"] == "trained"
    assert network.exists()
