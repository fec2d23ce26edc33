"""The strength mask on its way from the library's function to what the objective gets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.picture import Array
from nst_core.run.run_plan import RunPlan
from nst_core.scales.scale_inputs import ScaleInputs
from nst_core.stylize import stylize
from tests.helpers.photographs import COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 48, 48)
SETTINGS = Settings.from_dict(
    {"style_loss": "neighbors", "size": 64, "coarsest": 32, "evaluations": 1, "device": "cpu",
     "precision": "float32"}
)  # fmt: skip
# White at the left, black at the right, and smaller than the content.
HALVES = np.repeat(np.array([[1, 0]], np.float32), 6, axis=0)


@pytest.fixture
def strengths(monkeypatch: pytest.MonkeyPatch) -> list[Tensor | None]:
    """The strength at each scale of the runs of a test."""
    seen: list[Tensor | None] = []
    inputs_at = RunPlan.inputs_at

    def watched(self: RunPlan, index: int) -> ScaleInputs:
        found = inputs_at(self, index)
        seen.append(found.strength)
        return found

    monkeypatch.setattr(RunPlan, "inputs_at", watched)
    return seen


def paint(network: Vgg, strength_mask: Array | None = None) -> None:
    stylize(CONTENT, [STYLE], SETTINGS, strength_mask=strength_mask, networks=[network])


def test_every_scale_has_the_strength_at_its_own_size(
    network: Vgg, strengths: list[Tensor | None]
) -> None:
    paint(network, HALVES)
    coarse, fine = strengths
    assert coarse is not None
    assert fine is not None
    assert (coarse.shape, fine.shape) == ((1, 1, 24, 32), (1, 1, 48, 64))
    for strength in (coarse, fine):
        assert (strength[..., 0] == 1).all()
        assert not strength[..., -1].any()
        torch.testing.assert_close(strength[:, :, :1].expand_as(strength), strength)


def test_without_a_mask_no_scale_has_any(network: Vgg, strengths: list[Tensor | None]) -> None:
    paint(network)
    assert strengths == [None, None]
