"""nst_core.scales.start: the picture that painting starts from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from nst_core.scales.scale_inputs import ScaleInputs, inputs_at
from nst_core.scales.scale_sizes import Scale
from nst_core.scales.start import first_picture
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor

CONTENT = photograph(COFFEE, 64, 48)
LEFT = np.repeat(np.array([[1, 0]], np.float32), 48, axis=0).repeat(32, axis=1)
# A single colour each, so that it is obvious where a region's colours come from.
ORANGE = Picture(np.full((32, 32, 3), (0.9, 0.5, 0.1), np.float32))
BLUE = Picture(np.full((32, 32, 3), (0.1, 0.2, 0.8), np.float32))


def start(kind: str, inputs: Inputs, seed: int = 0) -> Tensor:
    settings = Settings(start=kind, seed=seed)
    return first_picture(scaled(inputs), inputs, settings)


def scaled(inputs: Inputs) -> ScaleInputs:
    sizes = tuple((style.picture.width, style.picture.height) for style in inputs.styles)
    return inputs_at(Scale((64, 48), sizes, 10), inputs, Settings(), torch.device("cpu"))


def test_the_content_is_used_unchanged() -> None:
    assert torch.equal(start("content", Inputs(CONTENT, [Style(ORANGE)])), tensor(CONTENT))


def test_each_region_gets_the_colours_of_its_own_style() -> None:
    inputs = Inputs(CONTENT, [Style(ORANGE, mask=LEFT), Style(BLUE)])
    mean = start("recolored", inputs).mean(dim=2)[0]
    torch.testing.assert_close(mean[:, 10], torch.tensor([0.9, 0.5, 0.1]), atol=0.02, rtol=0)
    torch.testing.assert_close(mean[:, 50], torch.tensor([0.1, 0.2, 0.8]), atol=0.02, rtol=0)


def test_where_nothing_is_painted_the_content_stays() -> None:
    image = start("recolored", Inputs(CONTENT, [Style(ORANGE)], mask=LEFT))
    assert torch.equal(image[..., 33:], tensor(CONTENT)[..., 33:])


def test_noise_is_independent_of_the_content_and_follows_the_seed() -> None:
    inputs = Inputs(CONTENT, [Style(ORANGE)])
    noise = start("noise", inputs)
    assert torch.equal(noise, start("noise", inputs))
    assert not torch.equal(noise, start("noise", inputs, seed=1))
    # Uniform in 0..1: mean 1/2, variance 1/12.
    assert noise.mean().item() == pytest.approx(1 / 2, abs=0.02)
    assert noise.var().item() == pytest.approx(1 / 12, abs=0.005)
    likeness = torch.corrcoef(torch.stack([noise.flatten(), tensor(CONTENT).flatten()]))[0, 1]
    assert abs(likeness) < 0.05


def test_noise_in_the_styles_colours_has_their_mean_and_deviation() -> None:
    style = photograph(TISSUE, 64, 64)
    image = start("style-noise", Inputs(CONTENT, [Style(style)]))[0].flatten(1)
    wanted = tensor(style)[0].flatten(1)
    torch.testing.assert_close(image.mean(dim=1), wanted.mean(dim=1), atol=0.02, rtol=0)
    torch.testing.assert_close(image.std(dim=1), wanted.std(dim=1), atol=0.03, rtol=0)


def test_the_users_own_picture_is_stretched_to_the_content() -> None:
    image = start("picture", Inputs(CONTENT, [Style(ORANGE)], start=photograph(CAT, 128, 96)))
    torch.testing.assert_close(image, tensor(photograph(CAT, 64, 48)), atol=0.1, rtol=0)


def test_of_a_start_picture_only_what_is_visible_counts() -> None:
    """As of a layer with a sketch on it, which is transparent elsewhere."""
    sketch = Picture(np.full((48, 64, 3), 0.25, np.float32), LEFT)
    image = start("picture", Inputs(CONTENT, [Style(ORANGE)], start=sketch))
    assert torch.allclose(image[..., :31], torch.tensor(0.25))
    usual = start("recolored", Inputs(CONTENT, [Style(ORANGE)]))
    assert torch.equal(image[..., 33:], usual[..., 33:])


def test_an_opaque_start_picture_is_used_unchanged() -> None:
    inputs = Inputs(CONTENT, [Style(ORANGE)], start=photograph(CAT, 64, 48))
    assert torch.equal(start("picture", inputs), tensor(photograph(CAT, 64, 48)))
