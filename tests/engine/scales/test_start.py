"""nst_core.scales.start: the picture that painting starts from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.distributed.group_interface import SingleProcess
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from nst_core.run.coarse_to_fine import CoarseToFine
from nst_core.run.planning import plan_run
from nst_core.scales.scale_inputs import ScaleInputs, inputs_at
from nst_core.scales.scale_sizes import Scale
from nst_core.scales.start import first_picture, visible_part
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


SKETCH = Picture(np.full((48, 64, 3), 0.25, np.float32), LEFT)


def visible(content: Picture, start: Picture) -> Tensor | None:
    inputs = Inputs(content, [Style(ORANGE)], start=start)
    return visible_part(inputs, tensor(content), exact=True)


def test_of_a_sketch_only_what_is_drawn_is_visible() -> None:
    part = visible(CONTENT, SKETCH)
    assert part is not None
    assert torch.equal(part[0, 0], torch.from_numpy(LEFT))


def test_a_painting_that_is_as_transparent_as_its_photograph_is_all_there() -> None:
    """As when painting goes on from it."""
    faint = LEFT * 0.5
    part = visible(Picture(CONTENT.rgb, faint), Picture(SKETCH.rgb, faint))
    assert part is not None
    assert torch.equal(part, torch.ones(1, 1, 48, 64))


@pytest.mark.parametrize("strength", [None, np.zeros((1, 1), np.float32)])
def test_around_a_sketch_painting_starts_as_usual(strength: Any) -> None:
    """In the painting's colours, but in the photograph's own where it is hardly to be painted."""
    inputs = Inputs(CONTENT, [Style(ORANGE)], start=SKETCH, strength_mask=strength)
    at_one_scale = Settings(
        size=64, coarsest=64, device="cpu", precision="float32", protect="nothing"
    )
    first = {
        kind: CoarseToFine(
            plan_run(inputs, replace(at_one_scale, start=kind)),
            [],
            cast(Any, None),
            SingleProcess(),
        )._start(scaled(inputs), None)
        for kind in ("picture", "recolored")
    }
    assert torch.allclose(first["picture"][..., :31], torch.tensor(0.25))
    assert torch.equal(first["picture"][..., 33:], first["recolored"][..., 33:])
    is_own = torch.equal(first["recolored"], tensor(CONTENT))
    assert is_own is (strength is not None)


def test_an_opaque_start_picture_is_used_unchanged() -> None:
    inputs = Inputs(CONTENT, [Style(ORANGE)], start=photograph(CAT, 64, 48))
    assert torch.equal(start("picture", inputs), tensor(photograph(CAT, 64, 48)))
