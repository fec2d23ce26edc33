"""nst_contract.vgg_layers: what follows from the names of layers."""

from __future__ import annotations

import pytest

from nst_contract.vgg_layers import LAYERS, layer_weights, names, stride


def test_a_network_has_its_layers_in_the_order_of_computation() -> None:
    assert names((1, 2)) == ("relu1_1", "pool1", "relu2_1", "relu2_2", "pool2")


@pytest.mark.parametrize(
    ("layer", "expected"), [("relu1_2", 1), ("pool1", 2), ("relu4_3", 8), ("pool5", 32)]
)
def test_each_pooling_halves_the_maps(layer: str, expected: int) -> None:
    assert stride(layer) == expected


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("relu4_2", {"relu4_2": 1.0}),
        ("relu4_2:2,relu3_1:.5", {"relu3_1": 0.5, "relu4_2": 2.0}),
        (" relu1_1 , pool2 : 3 ", {"relu1_1": 1.0, "pool2": 3.0}),
    ],
)
def test_layers_are_read_with_their_weights(text: str, weights: dict[str, float]) -> None:
    assert layer_weights("style_layers", text) == weights
    assert list(layer_weights("style_layers", text)) == sorted(weights, key=LAYERS.index)
