"""nst_core.masks.regions: what becomes of a mask at a layer of the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.masks.regions import at_layer, shares


def test_a_mask_at_a_layer_is_the_mean_over_the_pixels_that_are_pooled_there() -> None:
    mask = torch.zeros(1, 1, 8, 9)  # the ninth column belongs to no position after a pooling
    mask[..., :3, :] = 1
    expected = torch.tensor([1.0, 0.5, 0.0, 0.0]).view(1, 1, 4, 1).expand(1, 1, 4, 4)
    assert torch.equal(at_layer(mask, "relu2_1"), expected)
    assert torch.equal(at_layer(mask, "pool2"), torch.tensor([[[[0.75, 0.75], [0.0, 0.0]]]]))


def test_the_shares_of_all_positions_add_up_to_one() -> None:
    mask = torch.rand(1, 1, 37, 50)
    for layer, share in shares(mask, {"relu1_1": 1.0, "relu4_1": 1.0}, 37, 50).items():
        assert isinstance(share, Tensor)
        assert share.shape[2:] == at_layer(mask, layer).shape[2:]
        assert share.sum().item() == pytest.approx(1)
    assert shares(None, {"relu2_2": 1.0}, 37, 50) == {"relu2_2": 1 / (18 * 25)}
