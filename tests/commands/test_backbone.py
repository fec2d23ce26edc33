"""``nst stylize --backbone``: pictures are painted with a network of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nst_core.networks import mini_vgg
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.training.model import MiniVgg
from tests.helpers.in_process import nst
from tests.helpers.photographs import COFFEE, TISSUE, photograph
from tests.helpers.processes import assert_refused

NETWORK = "Zoë's net.safetensors"
ABOUT = NetworkFacts((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), UNCHANGED, "a test", 0.01)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A folder with a photograph, a style and a network that has learnt nothing."""
    for name, photo in (("photo.png", COFFEE), ("style.png", TISSUE)):
        samples = np.rint(photograph(photo, 64, 48).rgb * 255).astype(np.uint8)
        Image.fromarray(samples).save(tmp_path / name)
    torch.manual_seed(0)
    mini_vgg.save(tmp_path / NETWORK, MiniVgg(8, 10).state_dict(), ABOUT)
    return tmp_path


def arguments(studio: Path, backbone: str, *more: str) -> list[str | Path]:
    return [
        "stylize", studio / "photo.png", studio / "style.png", "-o", studio / "result.png",
        "--backbone", backbone, "--evaluations", "20", "--precision", "float32", *more,
    ]  # fmt: skip


def test_a_picture_is_painted_with_a_network_of_ones_own(studio: Path) -> None:
    backbone = f"mini-vgg16:{studio / NETWORK}"
    run = nst(*arguments(studio, backbone, "--json", "--style-loss", "gram"))
    assert run.returncode == 0, run.stderr
    ready, *_, done = [json.loads(line) for line in run.stdout.splitlines()]
    assert ready["weights"] == done["weights"]
    assert done["weights"].startswith(f"mini-vgg16 ({NETWORK}")
    assert done["settings"]["backbone"] == backbone
    assert done["loss"] < done["first_loss"] / 2
    with Image.open(studio / "result.png") as ours:
        painted = np.asarray(ours)
    run = nst(*arguments(studio, "vgg19", "--style-loss", "gram"))
    assert run.returncode == 0, run.stderr
    with Image.open(studio / "result.png") as theirs:
        assert not np.array_equal(painted, np.asarray(theirs))


def write_nothing(file: Path) -> None:
    file.unlink()


def write_another_kind(file: Path) -> None:
    file.write_text("the diary of a cat")


def truncate(file: Path) -> None:
    os.truncate(file, 5000)


@pytest.mark.parametrize(
    ("harm", "message", "advice"),
    [
        (write_nothing, "There is no file", "nst train"),
        (write_another_kind, "cannot be read as a mini VGG16", "nst train"),
        (truncate, "cannot be read as a mini VGG16", "nst train"),
    ],
)
def test_a_file_that_is_no_network_is_refused(
    harm: Callable[[Path], None], message: str, advice: str, studio: Path
) -> None:
    file = studio / NETWORK
    harm(file)
    run = nst(*arguments(studio, f"mini-vgg16:{file}", "--json"))
    assert run.returncode == 1
    error = json.loads(run.stdout.splitlines()[-1])
    assert error["code"] == "weights"
    assert message in error["message"]
    assert str(file) in error["message"]
    assert advice in error["advice"]
    assert not (studio / "result.png").exists()


@pytest.mark.parametrize("backbone", ["resnet50", "mini-vgg16", "mini-vgg16:", "vgg16:x"])
def test_networks_that_there_are_not_are_refused(backbone: str, studio: Path) -> None:
    assert_refused(
        nst(*arguments(studio, backbone)), f"backbone is '{backbone}'", "mini-vgg16:FILE"
    )


@pytest.mark.parametrize("setting", ["--content-layers", "--style-layers"])
def test_layers_that_the_network_lacks_are_refused(setting: str, studio: Path) -> None:
    backbone = f"mini-vgg16:{studio / 'any.safetensors'}"
    run = nst(*arguments(studio, backbone, setting, "relu3_4"))
    assert_refused(run, "'relu3_4', which the network does not have", "relu3_3, pool3")


def test_a_batch_begins_nothing_without_its_network(studio: Path) -> None:
    (studio / "photos").mkdir()
    (studio / "photo.png").rename(studio / "photos" / "photo.png")
    backbone = f"mini-vgg16:{studio / 'none.safetensors'}"
    run = nst(
        "batch", studio / "photos", studio / "style.png", "-o", studio / "results", "--backbone",
        backbone,
    )  # fmt: skip
    assert_refused(run, "There is no file", "nst train")
    assert not (studio / "results").exists()


def test_weights_of_vgg19_do_not_go_with_another_network(studio: Path) -> None:
    run = nst(*arguments(studio, f"mini-vgg16:{studio / NETWORK}", "--weights", "torchvision"))
    assert_refused(run, "weights is 'torchvision', which is for vgg19", "Leave one of them out")
