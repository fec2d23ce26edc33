"""The command ``nst train``, on data in CIFAR-100's format."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from nst_contract.settings import Settings
from nst_core.masks.regions import everywhere
from nst_core.networks import mini_vgg
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import WholeObjective
from nst_core.training import archive
from nst_core.training.events import Epoch
from nst_core.training.model import MiniVgg
from nst_core.training.places import KIND
from tests.helpers.cifar import FOLDER, write_cifar
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor
from tests.helpers.processes import PATIENCE, assert_refused, command, environment

# Four epochs over 2,300 pictures of 100 classes.
SHORT = ("--epochs", "4", "--batch-size", "32", "--width", "16", "--precision", "float32")
TINY = ("--epochs", "3", "--batch-size", "50", "--width", "4", "--precision", "float32")


@dataclass
class Training:
    """A finished training, and what it said.

    Attributes:
        data, weights: its files.
    """

    data: Path
    weights: Path
    events: list[dict[str, Any]]


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Training:
    folder = tmp_path_factory.mktemp("trained")
    data = write_cifar(folder / "dåta", train=25, test=10)
    weights = folder / "mini-vgg16.safetensors"
    run = nst("train", "--data", data, "--out", weights, "--json", *SHORT)
    assert run.returncode == 0, run.stderr
    return Training(data, weights, events(run.stdout))


# The good case -----------------------------------------------------------------------------------


def test_unseen_pictures_are_told_far_above_chance(trained: Training) -> None:
    *_, done = trained.events
    assert done["event"] == "trained"
    assert done["accuracy"] >= 0.6  # where chance is 0.01


def test_the_file_tells_as_much_as_the_command_says(trained: Training) -> None:
    unseen = archive.load(trained.data).test
    parameters, about = mini_vgg.read(trained.weights)
    model = MiniVgg(width=16, classes=100)
    model.load_state_dict(parameters, strict=False)  # the batches are not counted any more
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (about.mean, about.deviation))
    with torch.inference_mode():
        told = model.eval()((unseen.images / 255 - mean) / deviation).argmax(1)
    accuracy = float((told == unseen.labels).double().mean())
    assert accuracy == pytest.approx(trained.events[-1]["accuracy"], abs=0.002)


def test_a_program_reads_forecast_epochs_and_result(trained: Training) -> None:
    begun, *progress, done = trained.events
    assert begun["event"] == "begun"
    assert (begun["pictures"], begun["validation"], begun["test"]) == (2300, 200, 1000)
    assert begun["seconds"] == pytest.approx(4 * begun["seconds_per_epoch"], rel=0.01)
    epochs = [event for event in progress if event["event"] == "epoch"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3, 4]
    assert epochs[-1]["loss"] < epochs[0]["loss"] / 2
    fractions = [event["fraction"] for event in progress if event["event"] == "step"]
    assert fractions == sorted(fractions)
    assert done["file"] == str(trained.weights)
    assert done["report"] == str(trained.weights.with_suffix(".report.md"))
    assert done["settings"]["width"] == 16


@pytest.fixture(scope="module")
def whole(
    pristine: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """An undisturbed training of few pictures, told to a person: its network, and what it said."""
    weights = tmp_path_factory.mktemp("whole") / "net.safetensors"
    return weights, nst("train", "--data", pristine, "--out", weights, *TINY)


def test_a_person_sees_the_forecast_a_bar_and_the_result(
    whole: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    weights, run = whole
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{weights}\n"
    shown = run.stderr.replace("\r", "\n")
    assert "900 pictures of 100 classes to learn from, 100 to validate, 200 to test" in shown
    assert "per epoch of 900 pictures, about" in shown
    assert "epoch 3 of 3: accuracy" in shown
    assert "100%" in shown
    assert f"Report: {weights.with_suffix('.report.md')}" in shown.splitlines()[-1]


# Painting with it --------------------------------------------------------------------------------


def losses(weights: Weights, content: torch.Tensor, style: torch.Tensor) -> tuple[float, float]:
    """Style loss of a picture without any style, and content loss between two pictures."""
    network = Vgg(weights, torch.device("cpu"), torch.float32)
    objective = WholeObjective(network, content, everywhere(style), Settings.from_preset("gatys"))
    return objective.magnitude, objective.evaluate(style).content


@pytest.mark.parametrize("photo", [COFFEE, CAT])
def test_the_usual_weights_work(photo: str, trained: Training, vgg19_weights: Weights) -> None:
    content, style = (tensor(photograph(name, 256, 192)) for name in (photo, TISSUE))
    mini = mini_vgg.load(trained.weights)
    ours, theirs = (losses(weights, content, style) for weights in (mini, vgg19_weights))
    style_ratio, content_ratio = (a / b for a, b in zip(ours, theirs, strict=True))
    # The fourth and the second power of a factor: less than three, as between photographs.
    assert 1 / 81 < style_ratio < 81
    assert 1 / 9 / 4 < content_ratio < 9 / 4  # a quarter of VGG's channels
    # Without rescaling, there would be no style.
    parameters, _ = mini_vgg.read(trained.weights)
    plain = replace(mini, convolutions=mini_vgg.folded(parameters, mini_vgg.UNCHANGED))
    assert losses(plain, content, style)[0] / theirs[0] < 1e-6


def test_a_picture_is_painted_with_it(trained: Training, tmp_path: Path) -> None:
    for name, photo in (("photo.png", COFFEE), ("style.png", TISSUE)):
        samples = np.rint(photograph(photo, 96, 64).rgb * 255).astype(np.uint8)
        Image.fromarray(samples).save(tmp_path / name)
    run = nst(
        "stylize", tmp_path / "photo.png", tmp_path / "style.png", "-o", tmp_path / "result.png",
        "--backbone", f"mini-vgg16:{trained.weights}", "--evaluations", "50", "--json",
        "--device", "cpu", "--precision", "float32", "--style-loss", "gram",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    *_, done = events(run.stdout)
    assert done["loss"] < done["first_loss"] / 5
    assert done["weights"].startswith("mini-vgg16 (mini-vgg16.safetensors")


# Interruptions -----------------------------------------------------------------------------------


def start(data: Path, weights: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("train", "--data", data, "--out", weights, "--json", *TINY, *more),
        # Shells start what runs in the background with Ctrl+C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for_an_epoch(run: subprocess.Popen[bytes]) -> None:
    assert run.stdout is not None
    while json.loads(run.stdout.readline())["event"] != "epoch":
        pass


def numbers(weights: Path) -> dict[str, Any]:
    """The report for programs, less what the clock decides."""
    found: dict[str, Any] = json.loads(weights.with_suffix(".report.json").read_text("utf-8"))
    for epoch in found["epochs"]:
        del epoch["seconds"]
    return found


def test_killed_and_resumed_it_ends_with_the_same_numbers(
    whole: tuple[Path, subprocess.CompletedProcess[str]], pristine: Path, tmp_path: Path
) -> None:
    undisturbed, broken = whole[0], tmp_path / "broken.safetensors"
    with start(pristine, broken) as run:
        wait_for_an_epoch(run)
        run.kill()
    assert run.returncode == -signal.SIGKILL
    assert broken.with_suffix(".checkpoint").exists()
    assert not broken.exists()
    with start(pristine, broken, "--resume") as run:
        output, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0
    made = [event["epoch"] for event in events(output.decode()) if event["event"] == "epoch"]
    assert made[-1] == 3
    assert len(made) < 3
    assert numbers(broken) == numbers(undisturbed)
    ours, theirs = (safetensors.torch.load_file(path) for path in (broken, undisturbed))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("more", "how"),
    [((), "with --resume"), (("--overwrite",), "with --resume instead of --overwrite")],
)
def test_ctrl_c_says_how_to_go_on(
    more: tuple[str, ...], how: str, pristine: Path, tmp_path: Path
) -> None:
    with start(pristine, tmp_path / "net.safetensors", "--epochs", "10000", *more) as run:
        wait_for_an_epoch(run)
        os.kill(run.pid, signal.SIGINT)
        output, errors = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert "Traceback" not in errors.decode()
    *_, last = events(output.decode())
    assert last["event"] == "error"
    assert last["advice"].endswith(f"is kept; the same command {how} continues from there.")
    assert (tmp_path / "net.checkpoint").exists()


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ((), "No epoch is saved yet; the same command starts again."),
        (("--resume",), "is kept; the same command continues from there."),
    ],
)
def test_ctrl_c_before_the_first_epoch_promises_no_more_than_there_is(
    more: tuple[str, ...],
    advice: str,
    pristine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nst_core.training.train.train", interrupt)
    monkeypatch.setattr("nst_core.training.saved.load", lambda _: mock.Mock())
    run = nst("train", "--data", pristine, "--out", tmp_path / "net.safetensors", *more)
    assert run.returncode == 130
    assert advice in run.stderr


def test_ctrl_c_after_an_epoch_that_could_not_be_saved_promises_nothing(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: Any) -> None:
        given[3](Epoch(1, 4, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0, True))
        raise KeyboardInterrupt

    monkeypatch.setattr("nst_core.training.train.train", interrupt)
    run = nst("train", "--data", pristine, "--out", tmp_path / "net.safetensors")
    assert "No epoch is saved yet; the same command starts again." in run.stderr


# Refusals ----------------------------------------------------------------------------------------


HOURS_OF_WORK = f"{KIND}\nhours of work".encode()


@pytest.mark.parametrize(
    ("files", "more", "message", "advice"),
    [
        ((), ("--epochs", "0"), "epochs is 0", "from 1 to"),
        ((), ("--resume",), "no unfinished training", "leave --resume out"),
        (("net.checkpoint",), (), "unfinished training", "--resume"),
        (("net.checkpoint",), ("--resume",), "cannot be read", "different name"),
        (("net.safetensors",), (), "there already", "different name"),
    ],
    ids=["setting", "nothing to resume", "unfinished", "damaged", "finished"],
)  # fmt: skip
def test_wrong_calls_are_refused(
    files: tuple[str, ...],
    more: tuple[str, ...],
    message: str,
    advice: str,
    pristine: Path,
    tmp_path: Path,
) -> None:
    for name in files:
        (tmp_path / name).write_bytes(HOURS_OF_WORK)
    run = nst("train", "--data", pristine, "--out", tmp_path / "net.safetensors", *more)
    assert_refused(run, message, advice)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [HOURS_OF_WORK] * len(files)


def test_damaged_data_are_refused(data: Path, tmp_path: Path) -> None:
    os.truncate(data / FOLDER / "train", 1000)
    out = tmp_path / "net.safetensors"
    run = nst("train", "--data", data, "--out", out, *TINY)
    assert_refused(run, "wrong checksum", "SHA256SUMS")
    assert not out.exists()


def test_missing_data_are_refused(tmp_path: Path) -> None:
    run = nst("train", "--data", tmp_path / "none", "--out", tmp_path / "net.safetensors")
    assert_refused(run, "cannot be read", "--download")


def test_torch_is_not_loaded_for_a_wrong_call(tmp_path: Path) -> None:
    run = subprocess.run(
        [*command()[:1], "-X", "importtime", *command()[1:], "train", "--data", tmp_path, "--out",
         tmp_path / "net.pth"],
        env=environment(), capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "ends in .safetensors" in run.stderr
    assert "torch.nn" not in run.stderr
