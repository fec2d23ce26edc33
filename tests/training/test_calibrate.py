"""nst_core.training.calibrate: the usual weights find feature maps of the usual size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)

from nst_contract.errors import DIVERGED, NstError
from nst_core.networks import mini_vgg
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.networks.vgg import Vgg
from nst_core.training import calibrate
from nst_core.training.model import MiniVgg

ABOUT = NetworkFacts((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), UNCHANGED, "test", 0.5)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """Smooth pictures, as photographs are, of all colours."""
    coarse = torch.rand(50, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    return (F.interpolate(coarse, size=32, mode="bicubic").clamp(0, 1) * 255).to(torch.uint8)


@pytest.fixture(scope="module")
def mini() -> Weights:
    torch.manual_seed(0)
    state = MiniVgg(width=8, classes=10).state_dict()
    return Weights("mini", mini_vgg.folded(state, UNCHANGED), ABOUT.normalization)


def scaled(weights: Weights, gains: dict[str, float]) -> Weights:
    """The same network with each layer's maps ``gains`` times as large."""
    convolutions, before = {}, 1.0
    for name, (kernel, bias) in weights.convolutions.items():
        gain = gains[name.replace("conv", "relu")]
        convolutions[name] = (kernel * gain / before, bias * gain)
        before = gain
    return replace(weights, convolutions=convolutions)


def test_the_same_network_needs_no_gain(mini: Weights, images: torch.Tensor) -> None:
    assert calibrate.gains(mini, mini, images) == pytest.approx(UNCHANGED)


def test_a_known_difference_of_each_layer_is_found(mini: Weights, images: torch.Tensor) -> None:
    known = {layer: 0.1 * 2**number for number, layer in enumerate(UNCHANGED)}
    theirs = scaled(mini, known)
    assert calibrate.gains(mini, theirs, images) == pytest.approx(known, rel=1e-4)


def test_each_style_loss_is_as_large_as_vgg19s(
    mini: Weights, vgg19_weights: Weights, images: torch.Tensor
) -> None:
    ours = scaled(mini, calibrate.gains(mini, vgg19_weights, images))
    picture, layers = calibrate.mosaic(images), [f"relu{block}_1" for block in range(1, 6)]

    def style_losses(weights: Weights) -> list[float]:
        """Of a picture without any style, as the published notebook weighs them: 1000 / n^2."""
        network = Vgg(weights, torch.device("cpu"), torch.float32)
        with torch.no_grad():
            maps = [found[0].flatten(1) for found in network.features(picture, layers).values()]
        return [1000 / len(f) ** 2 * float((f @ f.T / f.shape[1]).square().mean()) for f in maps]

    assert style_losses(ours) == pytest.approx(style_losses(vgg19_weights), rel=0.01)


def test_nine_pictures_lie_side_by_side_eight_times_as_large() -> None:
    # Of one colour each, so that enlarging changes nothing: 0, 1, ... 17, each for three channels.
    images = torch.arange(18, dtype=torch.uint8).view(18, 1, 1, 1).expand(18, 3, 32, 32)
    picture = calibrate.mosaic(images) * 255
    assert picture.shape == (1, 3, 768, 768)
    centres = picture[0, 1, 128::256, 128::256]
    assert centres.round().tolist() == [[0, 2, 4], [6, 8, 10], [12, 14, 16]]


def test_a_silent_layer_is_told(mini: Weights, images: torch.Tensor) -> None:
    kernel, bias = mini.convolutions["conv3_2"]
    silent = {**mini.convolutions, "conv3_2": (kernel, bias - 1000)}
    with pytest.raises(NstError, match="relu3_2 tells nothing") as caught:
        calibrate.gains(replace(mini, convolutions=silent), mini, images)
    assert caught.value.code == DIVERGED
    assert "a different name for --out" in caught.value.advice
