"""The tiled objective is the whole objective."""

from __future__ import annotations

import pytest
import torch

from nst_core.objective import Objective
from nst_core.settings import Settings
from nst_core.tiling import TiledObjective, spans
from nst_core.vgg import Vgg19
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor


@pytest.mark.parametrize(
    ("height", "width", "tile"),
    [
        pytest.param(161, 237, 96, id="tiles and margins in both directions"),
        pytest.param(117, 203, 64, id="sides that leave a part of a pooling window"),
        pytest.param(50, 60, 256, id="one tile"),
    ],
)
def test_loss_and_gradient_are_those_of_the_untiled_objective(
    network: Vgg19, height: int, width: int, tile: int
) -> None:
    content, style = tensor(photograph(COFFEE, width, height)), tensor(photograph(CAT, 211, 150))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    image = content + 0.3 * noise
    whole = Objective(network, content, [style], Settings()).evaluate(image)
    tiled = TiledObjective(network, content, [style], Settings(), tile).evaluate(image)
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-5)
    assert tiled.content == pytest.approx(whole.content, rel=1e-5)
    assert tiled.style == pytest.approx(whole.style, rel=1e-5)
    difference = (tiled.gradient - whole.gradient).norm() / whole.gradient.norm()
    assert difference < 1e-5


def test_a_margin_that_is_too_narrow_would_show(
    network: Vgg19, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The margins are needed: the test above is able to fail."""
    content, style = tensor(photograph(COFFEE, 237, 161)), tensor(photograph(CAT, 211, 150))
    image = content.flip(2)
    whole = Objective(network, content, [style], Settings()).evaluate(image)
    monkeypatch.setattr("nst_core.tiling.GRADIENT_MARGIN", 32)
    tiled = TiledObjective(network, content, [style], Settings(), 96).evaluate(image)
    assert (tiled.gradient - whole.gradient).norm() / whole.gradient.norm() > 1e-3


def test_parts_meet_without_gap_or_overlap_and_look_no_further_than_the_picture() -> None:
    parts = spans(300, 128, 112)
    assert [part.inner for part in parts] == [(0, 128), (128, 256), (256, 300)]
    assert [part.outer for part in parts] == [(0, 240), (16, 300), (144, 300)]


@pytest.mark.parametrize("tile", [0, 8, 100])
def test_tiles_must_lie_on_the_grid_of_the_poolings(network: Vgg19, tile: int) -> None:
    content = torch.zeros(1, 3, 32, 32)
    with pytest.raises(ValueError, match="multiple of 16"):
        TiledObjective(network, content, [content], Settings(), tile)
