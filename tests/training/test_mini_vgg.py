"""nst_core.networks.mini_vgg: what is written comes back, and folding changes nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from nst_contract.errors import DISK, WEIGHTS, NstError
from nst_core.networks import mini_vgg
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.networks.vgg import Vgg
from nst_core.training.model import MiniVgg

ABOUT = NetworkFacts(
    mean=(0.5, 0.25, 0.75),
    deviation=(0.25, 0.5, 0.125),
    gains={layer: 1 + number / 3 for number, layer in enumerate(UNCHANGED)},
    data="CIFAR-100",
    accuracy=0.625,
)


@pytest.fixture(scope="module")
def model() -> MiniVgg:
    """A network whose normalisation is anything but the identity, as after a training."""
    torch.manual_seed(0)
    model = MiniVgg(width=8, classes=10)
    for name, value in model.state_dict().items():
        if name.startswith("norm") and value.is_floating_point():
            value.uniform_(0.5, 1.5) if "var" in name or "weight" in name else value.normal_(0, 0.3)
    return model.eval()


@pytest.fixture
def file(model: MiniVgg, tmp_path: Path) -> Path:
    path = tmp_path / "mini-vgg16.safetensors"
    mini_vgg.save(path, model.state_dict(), ABOUT)
    return path


# The good case -----------------------------------------------------------------------------------


def test_what_is_written_comes_back(file: Path, model: MiniVgg) -> None:
    parameters, about = mini_vgg.read(file)
    assert about == ABOUT
    expected = {k: v for k, v in model.state_dict().items() if "num_batches" not in k}
    assert parameters.keys() == expected.keys()
    assert all(torch.equal(parameters[name], expected[name]) for name in expected)
    assert [path.name for path in file.parent.iterdir()] == [file.name]  # and nothing beside it


@pytest.mark.parametrize("layer", [*UNCHANGED, "pool1", "pool5"])
def test_folded_feature_maps_are_those_of_the_trained_module(
    layer: str, file: Path, model: MiniVgg
) -> None:
    image = torch.rand(1, 3, 40, 56)
    network = Vgg(mini_vgg.load(file), torch.device("cpu"), torch.float32)
    found = network.features(image, [layer])[layer]
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (ABOUT.mean, ABOUT.deviation))
    with torch.no_grad():
        expected = model.features((image - mean) / deviation)[layer]
    gain = ABOUT.gains.get(layer) or {"pool1": 4 / 3, "pool5": 5.0}[layer]
    assert (found - gain * expected).norm() / (gain * expected).norm() < 1e-5


def test_the_normalisation_is_the_training_pictures() -> None:
    # x * scale - mean = (x - m) / d
    assert ABOUT.normalization.scale == (4, 2, 8)
    assert ABOUT.normalization.mean == (2, 0.5, 6)


def test_two_networks_are_never_called_the_same(file: Path) -> None:
    weights = mini_vgg.load(file)
    assert weights.name.startswith("mini-vgg16 (mini-vgg16.safetensors, ")
    assert mini_vgg.load(file).name == weights.name
    mini_vgg.save(file, MiniVgg(width=8, classes=10).state_dict(), ABOUT)
    assert mini_vgg.load(file).name != weights.name


@pytest.mark.parametrize(
    "other",
    [
        {"gains": {**ABOUT.gains, "relu4_1": 1.5}},
        {"mean": (0.5, 0.25, 0.5)},
        {"deviation": (0.25, 0.5, 0.25)},
    ],
    ids=["gains", "mean", "deviation"],
)
def test_its_name_tells_apart_what_paints_differently(
    other: dict[str, Any], file: Path, model: MiniVgg
) -> None:
    name = mini_vgg.load(file).name
    mini_vgg.save(file, model.state_dict(), replace(ABOUT, data="the same by another name"))
    assert mini_vgg.load(file).name == name
    mini_vgg.save(file, model.state_dict(), replace(ABOUT, **other))
    assert mini_vgg.load(file).name != name


def test_it_is_a_vgg16(file: Path) -> None:
    assert mini_vgg.load(file).blocks == [2, 2, 3, 3, 3]


# Bad files ---------------------------------------------------------------------------------------


def refused(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        mini_vgg.load(path)
    assert caught.value.code == WEIGHTS
    assert str(path) in caught.value.message
    assert "nst train" in caught.value.advice
    return caught.value


def flip_a_bit(data: bytes) -> bytes:
    return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (flip_a_bit, "wrong checksum"),
        (lambda data: data[:-10], ""),
        (lambda data: data[:50], ""),
        (lambda _: b"", ""),
        (lambda _: b"PK\3\4 a pickle of torch's", ""),
    ],
    ids=["bit", "short", "head", "empty", "no safetensors"],
)
def test_a_damaged_file_is_refused(damage: Callable[[bytes], bytes], why: str, file: Path) -> None:
    file.write_bytes(damage(file.read_bytes()))
    assert why in refused(file).message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.safetensors").message


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<!DOCTYPE html>\n<title>404</title>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
        (b"", "it is empty"),
    ],
    ids=["page", "pointer", "empty"],
)
def test_what_is_no_network_is_called_by_its_name(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "mini.safetensors"
    path.write_bytes(data)
    assert why in refused(path).message


def test_another_networks_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "another.safetensors"
    safetensors.torch.save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    assert "nst train has not written it" in refused(path).message


def rewrite(path: Path, **changes: str) -> None:
    with safetensors.safe_open(path, "pt") as file:
        metadata = {**file.metadata(), **changes}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    safetensors.torch.save_file(tensors, path, mini_vgg.sealed(metadata, tensors))


@pytest.mark.parametrize("said", [b'"accuracy":"0.625"', b"[0.5, 0.25, 0.75]", b"CIFAR-100"])
def test_what_it_says_is_under_the_checksum_too(said: bytes, file: Path) -> None:
    data = file.read_bytes()
    assert data.count(said) == 1
    file.write_bytes(data.replace(said, said.replace(b"5", b"4").replace(b"100", b"101")))
    assert "wrong checksum" in refused(file).message


@pytest.mark.parametrize(
    "change",
    [
        {"conv1_2.weight": torch.zeros(8, 9, 3, 3)},
        {"conv1_1.weight": torch.tensor(1.0)},
        {"conv5_3.weight": torch.zeros(0, 64, 3, 3)},
        {"norm2_1.bias": torch.zeros(3)},
        {"norm2_1.weight": torch.full((16,), float("nan"))},
    ],
    ids=["channels", "no kernel", "no maps", "too few", "nan"],
)
def test_parameters_of_another_shape_are_refused(
    change: dict[str, torch.Tensor], model: MiniVgg, tmp_path: Path
) -> None:
    path = tmp_path / "mini.safetensors"
    mini_vgg.save(path, {**model.state_dict(), **change}, ABOUT)
    assert next(iter(change)) in refused(path).message


@pytest.mark.parametrize(
    ("name", "value"), [("version", "99"), ("blocks", "[2, 2, 4, 4, 4]")]
)  # fmt: skip
def test_a_file_of_another_version_is_refused(name: str, value: str, file: Path) -> None:
    rewrite(file, **{name: value})
    assert "another version" in refused(file).message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", "[0.5, 0.5]"),
        ("mean", "null"),
        ("deviation", "[0.2, 0.0, 0.2]"),
        ("deviation", "[0.2, NaN, 0.2]"),
        ("gains", '{"relu1_1": 1.0}'),
        ("gains", "[]"),
        ("accuracy", '"good"'),
        ("accuracy", "{"),
        ("accuracy", "[" * 100_000),
        ("data", "7"),
    ],
)
def test_metadata_that_say_nothing_are_refused(name: str, value: str, file: Path) -> None:
    rewrite(file, **{name: value})
    refused(file)


def test_a_missing_layer_is_named(model: MiniVgg, tmp_path: Path) -> None:
    path = tmp_path / "mini.safetensors"
    state = {k: v for k, v in model.state_dict().items() if k != "norm3_2.bias"}
    mini_vgg.save(path, state, ABOUT)
    assert "lacks norm3_2.bias" in refused(path).message


def test_a_full_disk_is_told_and_the_older_file_stays(
    file: Path, model: MiniVgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(NstError, match="No space left") as caught:
        mini_vgg.save(file, model.state_dict(), replace(ABOUT, accuracy=1.0))
    assert caught.value.code == DISK
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
