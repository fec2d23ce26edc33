"""The tiled objective is the whole objective."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.masks.regions import Region, StyleImage, everywhere
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from nst_core.pictures.picture import Size
from nst_core.pictures.tile_margins import Margins, margins, spans
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor

GRAM = Settings.from_preset("normal", style_loss="gram")


@pytest.mark.parametrize(
    ("height", "width", "tile"),
    [
        pytest.param(161, 237, (96, 96), id="tiles and margins in both directions"),
        pytest.param(117, 203, (64, 48), id="sides that leave a part of a pooling window"),
        pytest.param(117, 203, (112, 128), id="strips"),
        pytest.param(50, 60, (256, 256), id="one tile"),
        pytest.param(421, 623, (320, 256), id="a photograph"),
    ],
)
def test_loss_and_gradient_agree_with_the_untiled_objective(
    network: Vgg, height: int, width: int, tile: Size
) -> None:
    content, style = tensor(photograph(COFFEE, width, height)), tensor(photograph(CAT, 211, 150))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    image = content + 0.3 * noise
    whole = WholeObjective(network, content, everywhere(style), GRAM).evaluate(image)
    tiled = TiledObjective([network], content, everywhere(style), GRAM, tile).evaluate(image)
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-5)
    assert tiled.content == pytest.approx(whole.content, rel=1e-5)
    assert tiled.style == pytest.approx(whole.style, rel=1e-5)
    # Rounding differs, and where two pixels of a pooling window are otherwise equal, it decides
    # which of them gets the gradient.
    difference = (tiled.gradient - whole.gradient).norm() / whole.gradient.norm()
    assert difference < 1e-4


DEEP = Settings(content_layers="relu3_2:2,relu4_2", style_layers="relu1_2:3,pool2,relu5_4")


@pytest.mark.parametrize(
    ("loss", "pooling"), [("gram", "max"), ("moments", "average"), ("wasserstein", "max")]
)
def test_any_layers_losses_and_regions_can_be_computed_in_tiles(
    network: Vgg, loss: str, pooling: str
) -> None:
    # Longer than a tile together with its margins at relu5_4.
    content, style = tensor(photograph(COFFEE, 611, 50)), tensor(photograph(CAT, 111, 80))
    ramp = torch.linspace(-0.5, 1.5, 611).clamp(0, 1).expand(1, 1, 50, 611)
    visible = torch.ones(1, 1, 80, 111)
    visible[..., :40] = 0
    regions = [
        Region([StyleImage(style, visible), StyleImage(style.flip(1), weight=0.5)], ramp, 0.5),
        Region([StyleImage(content.flip(2))], 1 - ramp, 0.5),
    ]
    settings = replace(DEEP, style_loss=loss)
    image, network = content.flip(3), network.with_pooling(pooling)
    whole = WholeObjective(network, content, regions, settings).evaluate(image)
    tiled = TiledObjective([network], content, regions, settings, (192, 64)).evaluate(image)
    # Wasserstein's roots amplify rounding errors in small eigenvalues.
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-4 if loss == "wasserstein" else 1e-5)
    assert tiled.content == pytest.approx(whole.content, rel=1e-5)
    # In the gradient most of all: it divides by the roots. 1.6e-4 was seen on one thread.
    limit = 5e-4 if loss == "wasserstein" else 1e-4
    assert (tiled.gradient - whole.gradient).norm() / whole.gradient.norm() < limit


def test_margins_grow_with_the_depth_of_the_layers() -> None:
    # By hand: convolutions see 2 + 4 + 16 + 32 + 16 pixels at relu5_1, on a grid of 16.
    assert margins(["relu1_1", "relu5_1"]) == Margins(feature=80, gradient=128)
    assert margins(["relu5_4", "relu4_2"]) == Margins(feature=128, gradient=192)
    assert margins(["relu3_1"]).feature == 16


def test_a_margin_that_is_too_narrow_would_show(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The margins are needed, so the test above is able to fail."""
    content, style = tensor(photograph(COFFEE, 237, 161)), tensor(photograph(CAT, 211, 150))
    image = content.flip(2)
    whole = WholeObjective(network, content, everywhere(style), GRAM).evaluate(image)
    monkeypatch.setattr("nst_core.objective.tiled.margins_of", lambda _: Margins(80, 32))
    styles = everywhere(style)
    tiled = TiledObjective([network], content, styles, GRAM, (96, 96)).evaluate(image)
    assert (tiled.gradient - whole.gradient).norm() / whole.gradient.norm() > 1e-3


def test_parts_meet_without_gap_or_overlap_and_stay_within_the_picture() -> None:
    parts = spans(300, 128, 112)
    assert [part.inner for part in parts] == [(0, 128), (128, 256), (256, 300)]
    assert [part.outer for part in parts] == [(0, 240), (16, 300), (144, 300)]


def test_tiles_are_spread_over_all_devices(network: Vgg, vgg19_weights: Weights) -> None:
    """Two networks stand in for two devices; with three tiles, one of them has more to do."""
    content, style = tensor(photograph(COFFEE, 200, 90)), tensor(photograph(CAT, 211, 150))
    other = Vgg(vgg19_weights, network.device, network.dtype)
    image = content.flip(3)
    alone = WholeObjective(network, content, everywhere(style), GRAM).evaluate(image)
    shared = TiledObjective([network, other], content, everywhere(style), GRAM, (80, 96))
    evaluation = shared.evaluate(image)
    assert evaluation.loss == pytest.approx(alone.loss, rel=1e-5)
    assert (evaluation.gradient - alone.gradient).norm() / alone.gradient.norm() < 1e-4


def test_devices_with_one_tile_each_compute_it_once(
    network: Vgg, vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, style = tensor(photograph(COFFEE, 200, 90)), tensor(photograph(CAT, 64, 64))
    other = Vgg(vgg19_weights, network.device, network.dtype)
    tiled = TiledObjective([network, other], content, everywhere(style), GRAM, (112, 96))
    whole = WholeObjective(network, content, everywhere(style), GRAM).evaluate(content)
    passes: list[object] = []
    features = Vgg.features

    def counted(self: Vgg, *args: Any) -> dict[str, Tensor]:
        passes.append(self)
        return features(self, *args)

    monkeypatch.setattr(Vgg, "features", counted)
    evaluation = tiled.evaluate(content)
    assert sorted(map(id, passes)) == sorted([id(network), id(other)])
    assert (evaluation.gradient - whole.gradient).norm() / whole.gradient.norm() < 1e-4


@pytest.mark.parametrize("tile", [(0, 16), (16, 8), (100, 160)])
def test_tiles_must_be_on_the_grid_of_the_poolings(network: Vgg, tile: Size) -> None:
    content = torch.zeros(1, 3, 32, 32)
    with pytest.raises(ValueError, match="multiples of 16"):
        TiledObjective([network], content, everywhere(content), GRAM, tile)
