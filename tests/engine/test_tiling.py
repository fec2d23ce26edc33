"""The tiled objective is the whole objective."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nst_core.objective import Objective
from nst_core.pyramid import Size
from nst_core.settings import Settings
from nst_core.tiles import spans
from nst_core.tiling import TiledObjective
from nst_core.vgg import Vgg
from nst_core.weights import Weights
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor


@pytest.mark.parametrize(
    ("height", "width", "tile"),
    [
        pytest.param(161, 237, (96, 96), id="tiles and margins in both directions"),
        pytest.param(117, 203, (64, 48), id="sides that leave a part of a pooling window"),
        pytest.param(117, 203, (112, 128), id="strips"),
        pytest.param(50, 60, (256, 256), id="one tile"),
        pytest.param(677, 1003, (320, 256), id="a photograph"),
    ],
)
def test_loss_and_gradient_are_those_of_the_untiled_objective(
    network: Vgg, height: int, width: int, tile: Size
) -> None:
    content, style = tensor(photograph(COFFEE, width, height)), tensor(photograph(CAT, 211, 150))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    image = content + 0.3 * noise
    whole = Objective(network, content, [style], Settings()).evaluate(image)
    tiled = TiledObjective([network], content, [style], Settings(), tile).evaluate(image)
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-5)
    assert tiled.content == pytest.approx(whole.content, rel=1e-5)
    assert tiled.style == pytest.approx(whole.style, rel=1e-5)
    # Rounding differs, and where two pixels of a pooling window are equal but for that, so does
    # the way that the gradient takes.
    difference = (tiled.gradient - whole.gradient).norm() / whole.gradient.norm()
    assert difference < 1e-4


def test_a_margin_that_is_too_narrow_would_show(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The margins are needed: the test above is able to fail."""
    content, style = tensor(photograph(COFFEE, 237, 161)), tensor(photograph(CAT, 211, 150))
    image = content.flip(2)
    whole = Objective(network, content, [style], Settings()).evaluate(image)
    monkeypatch.setattr("nst_core.tiling.GRADIENT_MARGIN", 32)
    tiled = TiledObjective([network], content, [style], Settings(), (96, 96)).evaluate(image)
    assert (tiled.gradient - whole.gradient).norm() / whole.gradient.norm() > 1e-3


def test_parts_meet_without_gap_or_overlap_and_look_no_further_than_the_picture() -> None:
    parts = spans(300, 128, 112)
    assert [part.inner for part in parts] == [(0, 128), (128, 256), (256, 300)]
    assert [part.outer for part in parts] == [(0, 240), (16, 300), (144, 300)]


def test_tiles_are_spread_over_all_devices(network: Vgg, vgg19_weights: Weights) -> None:
    """Two networks stand for two devices; three tiles, so that one of them has more to do."""
    content, style = tensor(photograph(COFFEE, 200, 90)), tensor(photograph(CAT, 211, 150))
    other = Vgg(vgg19_weights, network.device, network.dtype)
    image = content.flip(3)
    alone = Objective(network, content, [style], Settings()).evaluate(image)
    shared = TiledObjective([network, other], content, [style], Settings(), (80, 96))
    evaluation = shared.evaluate(image)
    assert evaluation.loss == pytest.approx(alone.loss, rel=1e-5)
    assert (evaluation.gradient - alone.gradient).norm() / alone.gradient.norm() < 1e-4


def test_devices_with_one_tile_each_compute_it_once(
    network: Vgg, vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, style = tensor(photograph(COFFEE, 200, 90)), tensor(photograph(CAT, 64, 64))
    other = Vgg(vgg19_weights, network.device, network.dtype)
    tiled = TiledObjective([network, other], content, [style], Settings(), (112, 96))
    whole = Objective(network, content, [style], Settings()).evaluate(content)
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
def test_tiles_must_lie_on_the_grid_of_the_poolings(network: Vgg, tile: Size) -> None:
    content = torch.zeros(1, 3, 32, 32)
    with pytest.raises(ValueError, match="multiples of 16"):
        TiledObjective([network], content, [content], Settings(), tile)
