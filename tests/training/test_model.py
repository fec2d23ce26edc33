"""nst_core.training.model: VGG16 with batch normalisation, in small."""

from __future__ import annotations

import pytest
import torch

from nst_contract.vgg_layers import LAYERS
from nst_core.training.model import MiniVgg
from tests.helpers import torchvision

# Configuration D, each convolution followed by its normalisation and ReLU: where the convolution
# of each layer stands among torchvision's modules.
NAMES = [f"{block}_{i}" for block, n in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, n + 1)]
THEIRS = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40]


def test_feature_maps_are_those_of_torchvisions_vgg16_bn() -> None:
    torch.manual_seed(0)
    vgg = torchvision.module("torchvision.models.vgg")
    ours, theirs = MiniVgg(width=64, classes=10), vgg.make_layers(vgg.cfgs["D"], batch_norm=True)
    for name, number in zip(NAMES, THEIRS, strict=True):
        for kind, module in (("conv", theirs[number]), ("norm", theirs[number + 1])):
            module.load_state_dict(getattr(ours, kind + name).state_dict(), strict=False)
            if kind == "conv":
                torch.nn.init.zeros_(module.bias)
    image = torch.randn(2, 3, 32, 32)
    found = ours.eval().features(image)
    maps = image
    with torch.inference_mode():
        for number, module in enumerate(theirs.eval()):
            maps = module(maps)
            if number - 2 in THEIRS:
                layer = f"relu{NAMES[THEIRS.index(number - 2)]}"
                assert torch.allclose(found[layer], maps, atol=1e-5), layer
    assert torch.allclose(found["pool5"], maps, atol=1e-5)


def test_its_layers_are_named_as_vgg19s() -> None:
    features = MiniVgg(width=4, classes=10).eval().features(torch.zeros(1, 3, 32, 32))
    assert set(features) <= set(LAYERS)
    assert len(features) == 13 + 5


def test_a_small_picture_becomes_one_position_and_every_class_an_answer() -> None:
    model = MiniVgg(width=4, classes=7).eval()
    assert model.features(torch.zeros(2, 3, 32, 32))["pool5"].shape == (2, 32, 1, 1)
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize("layer", ["relu1_2", "relu4_2"])
def test_maps_neither_vanish_nor_explode_at_first(layer: str) -> None:
    torch.manual_seed(0)
    maps = MiniVgg(width=16, classes=10).features(torch.randn(8, 3, 32, 32))[layer]
    assert 0.4 < maps.square().mean() < 0.6  # half of a normalised map is positive
