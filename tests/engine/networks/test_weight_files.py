"""nst_core.networks.weight_files: the common layouts give the same feature maps as their source."""

from __future__ import annotations

import os
import pickle
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.settings import Settings
from nst_contract.vgg_layers import LAYERS
from nst_core.networks import weights_catalog
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from tests.helpers import torchvision
from tests.helpers.photographs import COFFEE, photograph, tensor

State = Mapping[str, Tensor]
Writer = Callable[[State, Path], None]
RELUS = [layer for layer in LAYERS if layer.startswith("relu")]
# Mean of the training pictures, blue first (Simonyan and Zisserman).
CAFFE_MEAN = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


def write_zip(state: State, path: Path) -> None:
    torch.save(dict(state), path)


def write_legacy(state: State, path: Path) -> None:
    """Writes the format that torch wrote until 2020 and torchvision still offers for download."""
    torch.save(dict(state), path, _use_new_zipfile_serialization=False)


def write_safetensors(state: State, path: Path) -> None:
    safetensors.torch.save_file(dict(state), path)


WRITERS: dict[str, Writer] = {
    ".pth": write_zip, " 2017.pth": write_legacy, ".safetensors": write_safetensors,
}  # fmt: skip


def read(state: State, path: Path, kind: str = "", write: Writer = write_zip) -> Weights:
    """Writes a file, loads it by the setting's value, and removes it, because it is large."""
    write(state, path)
    try:
        return weights_catalog.load(Settings(weights=f"{kind}{path}").weights_choice)
    finally:
        path.unlink()


@pytest.fixture(scope="module")
def features() -> nn.Sequential:
    """The convolutions of torchvision's own VGG19, with random weights."""
    with torch.device("meta"):
        network = torchvision.module("torchvision.models").vgg19(init_weights=False)
    features: nn.Sequential = network.features.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(3)
    for module in features:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, generator=generator)
            assert module.bias is not None
            nn.init.normal_(module.bias, std=0.05, generator=generator)
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return features.requires_grad_(False)


@pytest.fixture(scope="module")
def by_torchvision(features: nn.Sequential) -> State:
    """These weights under the names in torchvision's state_dict, with a bit of the classifier."""
    convolutions = {f"features.{name}": value for name, value in features.state_dict().items()}
    return {**convolutions, "classifier.6.bias": torch.zeros(1000)}


def by_gatys(state: State) -> State:
    """The same weights under the names in vgg_conv.pth: conv1_1.weight to conv5_4.bias."""
    layers = iter(RELUS)
    named: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.endswith("weight"):
            layer = next(layers).replace("relu", "conv")
        if name.startswith("features"):
            named[f"{layer}.{name.rpartition('.')[2]}"] = value
    return named


def run(features: nn.Sequential, prepared: Tensor) -> dict[str, Tensor]:
    """The source's own forward pass: the output of each ReLU, under the paper's names."""
    maps, found, layers = prepared, {}, iter(RELUS)
    for module in features:
        maps = module(maps)
        if isinstance(module, nn.ReLU):
            found[next(layers)] = maps
    return found


def assert_same_features(weights: Weights, theirs: Mapping[str, Tensor], image: Tensor) -> None:
    """Asserts that our maps are the source's, apart from the gains that the weights state."""
    ours = Vgg(weights, torch.device("cpu"), torch.float32).features(image, RELUS)
    for layer in RELUS:
        error = ours[layer] / weights.gains.get(layer, 1.0) - theirs[layer]
        assert error.norm() / theirs[layer].norm() < 1e-4, layer


@pytest.fixture
def image() -> Tensor:
    return tensor(photograph(COFFEE, 64, 48))


# The layouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("kind", ["", "torchvision:"])
def test_a_file_of_torchvision_gives_the_features_of_torchvision(
    suffix: str, kind: str, features: nn.Sequential, by_torchvision: State, image: Tensor,
    tmp_path: Path,
) -> None:  # fmt: skip
    weights = read(by_torchvision, tmp_path / f"vgg19{suffix}", kind, WRITERS[suffix])
    transforms = torchvision.module("torchvision.models").VGG19_Weights.IMAGENET1K_V1.transforms()
    mean, deviation = (
        torch.tensor(values).view(1, 3, 1, 1) for values in (transforms.mean, transforms.std)
    )
    assert_same_features(weights, run(features, (image - mean) / deviation), image)


@pytest.mark.parametrize(
    ("rename", "suffix"),
    [(by_gatys, ".pth"), (dict, " 2017.pth"), (by_gatys, ".safetensors"), (dict, ".safetensors")],
    ids=["vgg_conv.pth", "vgg19-d01eb7cb.pth", "conv1_1 safetensors", "features.0 safetensors"],
)
def test_a_file_declared_as_caffe_is_fed_blue_first_in_0_to_255(
    rename: Callable[[State], State], suffix: str, features: nn.Sequential, by_torchvision: State,
    image: Tensor, tmp_path: Path,
) -> None:  # fmt: skip
    path = tmp_path / f"vgg{suffix}"
    weights = read(rename(by_torchvision), path, "caffe:", WRITERS[suffix])
    theirs = run(features, image.flip(1) * 255 - CAFFE_MEAN)
    assert_same_features(weights, theirs, image)


def test_gatys_names_can_be_declared_as_torchvision(
    features: nn.Sequential, by_torchvision: State, image: Tensor, tmp_path: Path
) -> None:
    weights = read(by_gatys(by_torchvision), tmp_path / "vgg.pth", "torchvision:")
    mean, deviation = (
        torch.tensor(values).view(1, 3, 1, 1)
        for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    assert_same_features(weights, run(features, (image - mean) / deviation), image)


# Which normalisation, if nobody says -------------------------------------------------------------


@pytest.fixture(scope="module")
def original(features: nn.Sequential, vgg19_weights: Weights) -> State:
    """The original network, blue first, under torchvision's names: like vgg19-d01eb7cb.pth."""
    named: dict[str, Tensor] = {}
    modules = (i for i, module in enumerate(features) if isinstance(module, nn.Conv2d))
    for (kernel, bias), index in zip(vgg19_weights.convolutions.values(), modules, strict=True):
        named |= {f"features.{index}.weight": kernel, f"features.{index}.bias": bias}
    return {**named, "features.0.weight": named["features.0.weight"].flip(1)}


@pytest.mark.parametrize("rename", [by_gatys, dict], ids=["conv1_1", "features.0"])
def test_the_original_network_is_recognised_by_either_set_of_names(
    rename: Callable[[State], State], original: State, vgg19_weights: Weights, tmp_path: Path
) -> None:
    weights = read(rename(original), tmp_path / "original.pth")
    assert weights.normalization == vgg19_weights.normalization
    assert not weights.gains
    for name, (kernel, bias) in vgg19_weights.convolutions.items():
        assert torch.equal(weights.convolutions[name][0], kernel)
        assert torch.equal(weights.convolutions[name][1], bias)


def test_the_original_network_is_recognised_even_if_its_first_kernel_is_red_first(
    original: State, vgg19_weights: Weights, tmp_path: Path
) -> None:
    turned = {**original, "features.0.weight": original["features.0.weight"].flip(1)}
    for kind in ("", "caffe:"):
        weights = read(turned, tmp_path / "turned.pth", kind)
        assert weights.normalization == vgg19_weights.normalization
        ours, theirs = (w.convolutions["conv1_1"][0] for w in (weights, vgg19_weights))
        assert torch.equal(ours, theirs)


def test_the_original_network_is_recognised_even_if_rescaled_and_trained_further(
    original: State, vgg19_weights: Weights, tmp_path: Path
) -> None:
    # Gatys's own vgg_normalised has a factor for each filter.
    factors = torch.rand(64, 1, 1, 1, generator=torch.Generator().manual_seed(0)) / 50 + 0.01
    noise = torch.randn(64, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    first = original["features.0.weight"] * factors
    first = first + 0.1 * first.std(dim=(1, 2, 3), keepdim=True) * noise
    weights = read({**original, "features.0.weight": first}, tmp_path / "other.pth")
    assert weights.normalization == vgg19_weights.normalization


def test_an_unknown_network_with_gatys_names_is_refused_with_both_ways_to_declare_it(
    by_torchvision: State, tmp_path: Path
) -> None:
    with pytest.raises(NstError, match="does not say how") as caught:
        read(by_gatys(by_torchvision), tmp_path / "vgg.pth")
    assert caught.value.code == WEIGHTS
    assert f"caffe:{tmp_path / 'vgg.pth'}" in caught.value.advice
    assert f"torchvision:{tmp_path / 'vgg.pth'}" in caught.value.advice


# Names -------------------------------------------------------------------------------------------


def test_weights_are_named_after_their_file_without_its_folder_and_after_its_content(
    original: State, tmp_path: Path
) -> None:
    first = read(original, tmp_path / "vgg.pth").name
    other = {**original, "features.34.bias": original["features.34.bias"] + 1e-3}
    second = read(other, tmp_path / "vgg.pth").name
    assert first.startswith("vgg.pth (caffe, sha256 ")
    assert second.startswith("vgg.pth (caffe, sha256 ")
    assert first != second


# Bad files ---------------------------------------------------------------------------------------


class _Malicious:
    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._trace,)


def refusal(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        weights_catalog.load(Settings(weights=str(path)).weights_choice)
    assert caught.value.code == WEIGHTS
    assert str(path) in caught.value.message
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_code_in_a_file_is_refused_and_not_run(write: Writer, tmp_path: Path) -> None:
    trace, path = tmp_path / "code-was-run", tmp_path / "evil.pth"
    write({"features.0.weight": _Malicious(trace)}, path)  # type: ignore[dict-item]
    assert "program code" in refusal(path).message
    assert not trace.exists()


def test_a_plain_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "code-was-run", tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(_Malicious(trace)))
    assert "cannot be read" in refusal(path).message
    assert not trace.exists()


def test_a_whole_module_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "module.pth"
    torch.save(nn.Conv2d(3, 64, 3), path)
    error = refusal(path)
    assert "torch.nn.modules.conv.Conv2d" in error.message
    assert "state_dict" in error.advice


def test_torchs_oldest_format_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "vgg19-d01eb7cb.pth"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as file:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            file.addfile(tarfile.TarInfo(name))
    error = refusal(path)
    assert "format of 2016" in error.message
    assert "again" in error.advice


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("length", [0, 5, 200, 3000])
def test_a_truncated_file_is_refused(suffix: str, length: int, tmp_path: Path) -> None:
    path = tmp_path / f"vgg{suffix}"
    WRITERS[suffix]({"features.0.weight": torch.randn(64, 3, 3, 3)}, path)
    path.write_bytes(path.read_bytes()[:length])
    assert "cannot be read" in refusal(path).message


POINTER = b"""version https://git-lfs.github.com/spec/v1
oid sha256:dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44
size 574673361
"""


@pytest.mark.parametrize(
    ("data", "message", "advice"),
    [
        (b"<!DOCTYPE html>\n<title>404</title>", "it is a web page", "instead of the page"),
        (b"\n  <html lang=en>", "it is a web page", "instead of the page"),
        (POINTER, "it is a Git LFS pointer", "git lfs pull"),
        (b"\x89PNG\r\n\x1a\n", "it is a PNG picture", "torch.save() or safetensors"),
        (b"Not found\n", "it is a text", "torch.save() or safetensors"),
        (b"", "it is empty", "again"),
        (pickle.dumps(_Malicious(Path("x"))), "something else", "torch.save() or safetensors"),
    ],
    ids=["page", "page without a type", "pointer", "picture", "text", "empty", "pickle"],
)
def test_what_is_no_weights_file_is_called_by_its_name(
    data: bytes, message: str, advice: str, tmp_path: Path
) -> None:
    path = tmp_path / "vgg.pth"
    path.write_bytes(data)
    error = refusal(path)
    assert message in error.message
    assert advice in error.advice
    assert "weights_only" not in str(error)
    assert "eights only" not in str(error)


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("missing", [3, 100, 5000])
def test_a_file_that_ends_too_early_is_to_be_copied_again(
    missing: int, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"vgg{suffix}"
    WRITERS[suffix]({"features.0.weight": torch.randn(64, 3, 3, 3)}, path)
    path.write_bytes(path.read_bytes()[:-missing])
    error = refusal(path)
    assert "it is incomplete" in error.message
    assert "again" in error.advice


def test_a_pipe_is_refused_as_one(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    error = refusal(path)
    assert "is a pipe" in error.message
    assert "in a file" in error.advice


@pytest.mark.parametrize("data", [b"<html>404</html>", b"12345678{", bytes(range(256)) * 8])
def test_anything_but_a_weights_file_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "vgg.pth"
    path.write_bytes(data)
    assert "cannot be read" in refusal(path).message


def test_a_file_without_read_permission_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vgg.pth"
    path.touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    error = refusal(path)
    assert "no permission" in error.message
    assert "permissions" in error.advice


KERNEL, BIAS = torch.randn(64, 3, 3, 3), torch.randn(64)
FAULTS: dict[str, tuple[object, str]] = {
    "a list": ([KERNEL], "holds no named weights"),
    "another network": ({"layer1.0.conv1.weight": KERNEL}, "none of features.0.weight"),
    "batch normalisation": (
        {"features.0.weight": KERNEL, "features.1.running_mean": BIAS}, "batch normalisation",
    ),
    "a missing bias": ({"features.0.weight": KERNEL}, "lacks features.0.bias"),
    "a missing layer": (
        {"conv1_1.weight": KERNEL, "conv1_1.bias": BIAS}, "lacks conv1_2.weight",
    ),
    "no tensor": ({"features.0.weight": [1.0]}, "lacks features.0.weight"),
    "a wrong kernel": ({"features.0.weight": KERNEL[:, :1]}, "64 x 1 x 3 x 3 instead of 64 x 3"),
    "a wrong bias": (
        {"features.0.weight": KERNEL, "features.0.bias": BIAS[:9]}, "shape 9 instead of 64",
    ),
    "whole numbers": ({"features.0.weight": KERNEL.int()}, "torch.int32"),
    "a sparse kernel": ({"features.0.weight": KERNEL.to_sparse()}, "unusable form"),
    "not finite": ({"features.0.weight": KERNEL / 0}, "are not finite numbers"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_anything_but_vgg19_is_refused_naming_the_fault(fault: str, tmp_path: Path) -> None:
    content, message = FAULTS[fault]
    path = tmp_path / "vgg.pth"
    torch.save(content, path)
    error = refusal(path)
    assert message in error.message
    assert "VGG19" in error.advice
