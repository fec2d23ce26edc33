"""nst_core.networks.calibration: any weights get feature maps as large as the embedded ones'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.vgg_layers import LAYERS
from nst_core.networks.calibration import calibrated, dead_leaves
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from tests.helpers.photographs import CAT, photograph, tensor
from tests.helpers.reference import CONTENT_LAYER, STYLE_LAYERS

RELUS = [layer for layer in LAYERS if layer.startswith("relu")]


def magnitudes(weights: Weights) -> dict[str, float]:
    """The root mean square of each layer's maps, for a photograph."""
    network = Vgg(weights, torch.device("cpu"), torch.float32)
    maps = network.features(tensor(photograph(CAT, 128, 96)), RELUS)
    return {layer: float(maps[layer].double().square().mean().sqrt()) for layer in RELUS}


def test_a_rescaled_network_gets_its_magnitude_back(vgg19_weights: Weights) -> None:
    first = dict(list(vgg19_weights.convolutions.items())[:3])
    reference = replace(vgg19_weights, convolutions=first)
    # Each layer's maps are 10 times smaller than they would be after the one before.
    small = {
        name: (kernel / 10, bias / 10**depth)
        for depth, (name, (kernel, bias)) in enumerate(first.items(), start=1)
    }
    back = calibrated(replace(vgg19_weights, convolutions=small), reference)
    assert back.gains == pytest.approx({"relu1_1": 10, "relu1_2": 100, "relu2_1": 1000})
    for name, (kernel, bias) in first.items():
        torch.testing.assert_close(back.convolutions[name], (kernel, bias))


def test_an_unknown_network_responds_to_a_photograph_as_strongly_as_the_embedded_one(
    vgg19_weights: Weights,
) -> None:
    generator = torch.Generator().manual_seed(0)
    convolutions = {
        name: (
            torch.randn(kernel.shape, generator=generator) * (2 / kernel[0].numel()) ** 0.5,
            torch.randn(bias.shape, generator=generator) * 0.01,
        )
        for name, (kernel, bias) in vgg19_weights.convolutions.items()
    }
    other = calibrated(replace(vgg19_weights, convolutions=convolutions), vgg19_weights)
    theirs = magnitudes(vgg19_weights)
    ours = magnitudes(other)
    for layer in (CONTENT_LAYER, *STYLE_LAYERS):
        assert 1 / 3 < ours[layer] / theirs[layer] < 3, layer  # hundreds without it


def test_rounded_copies_are_left_as_they_are(vgg19_weights: Weights) -> None:
    rounded = {
        name: (kernel.half().float(), bias.half().float())
        for name, (kernel, bias) in vgg19_weights.convolutions.items()
    }
    weights = replace(vgg19_weights, convolutions=rounded)
    assert calibrated(weights, vgg19_weights) is weights


def test_a_network_that_does_not_respond_is_refused_naming_its_first_dead_layer(
    vgg19_weights: Weights,
) -> None:
    kernel, bias = vgg19_weights.convolutions["conv2_1"]
    dead = {**vgg19_weights.convolutions, "conv2_1": (kernel * 0, bias * 0)}
    with pytest.raises(NstError, match="relu2_1 is 0") as caught:
        calibrated(replace(vgg19_weights, convolutions=dead), vgg19_weights)
    assert caught.value.code == WEIGHTS


def test_dead_leaves_have_the_spectrum_of_photographs() -> None:
    image = dead_leaves()
    assert image.shape == (1, 3, 128, 128)
    assert 0 <= image.min() < 0.1 < 0.9 < image.max() <= 1
    # Amplitudes fall off with frequency^-1, roughly (Field 1987).
    spectrum = np.abs(np.fft.rfft2(image[0].mean(dim=0).numpy() - image.mean().item()))
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.rfftfreq(128)[None]).ravel()
    band = (frequency > 0.03) & (frequency < 0.4)
    slope = np.polyfit(np.log(frequency[band]), np.log(spectrum.ravel()[band]), 1)[0]
    assert -1.6 < slope < -0.9
