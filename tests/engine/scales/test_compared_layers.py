"""Fine scales compare shallow layers alone, once a coarser scale has settled what deep ones see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nst_contract.settings import Settings
from nst_core.scales.compared_layers import compared_layers, part_of_work
from nst_core.scales.scale_sizes import Scale

SIZES = [(256, 100), (511, 200), (300, 512), (1024, 400)]
SCALES = [Scale(size, (size,), 10) for size in SIZES]


def layers_at_each_scale(**values: Any) -> list[list[str]]:
    settings = Settings.from_dict(values)
    return [list(compared_layers(SCALES, index, settings)) for index in range(len(SCALES))]


def test_from_512_pixels_on_layers_of_eight_pixels_and_more_are_left_out() -> None:
    chosen = "relu1_2,pool2,relu3_3,pool3,relu4_1,relu5_1"
    *coarse, fine, finest = layers_at_each_scale(style_layers=chosen)
    assert coarse == [chosen.split(",")] * 2
    assert fine == finest == ["relu1_2", "pool2", "relu3_3"]


def test_their_weights_stay() -> None:
    settings = Settings(style_layers="relu1_1:2,relu3_1:0.5,relu4_1:3")
    assert dict(compared_layers(SCALES, 3, settings)) == {"relu1_1": 2, "relu3_1": 0.5}


def test_a_run_that_goes_on_at_one_scale_has_a_painting_to_start_from() -> None:
    goes_on = Settings(style_layers="relu2_1,relu4_1", start="picture", coarsest=0)
    assert list(compared_layers(SCALES[-1:], 0, goes_on)) == ["relu2_1"]
    begins = replace(goes_on, coarsest=64)
    assert list(compared_layers(SCALES, 0, begins)) == ["relu2_1", "relu4_1"]


def test_the_first_scale_has_nothing_to_start_from() -> None:
    only = [Scale((1024, 700), ((512, 512),), 10)]
    settings = Settings(style_layers="relu2_1,relu4_1")
    assert list(compared_layers(only, 0, settings)) == ["relu2_1", "relu4_1"]


def test_where_there_are_deep_layers_alone_they_stay() -> None:
    assert layers_at_each_scale(style_layers="relu4_1,relu5_1") == [["relu4_1", "relu5_1"]] * 4


@pytest.mark.parametrize("loss", ["gram", "moments", "wasserstein"])
def test_other_losses_compare_all_layers(loss: str) -> None:
    layers = "relu2_1,relu5_1"
    assert layers_at_each_scale(style_loss=loss, style_layers=layers) == [layers.split(",")] * 4


def test_the_work_is_that_of_the_convolutions_up_to_the_deepest_layer() -> None:
    settings = Settings(style_layers="relu1_1,relu2_1,relu3_1")
    assert part_of_work(SCALES, 3, settings) == 1
    # Channels before and after each convolution, 9 products for each pair, at 1, 1/4, 1/16 of the
    # positions.
    to_relu2_1 = 3 * 64 + 64 * 64 + 64 * 128 / 4
    to_relu4_1 = to_relu2_1 + 128 * 128 / 4 + (128 * 256 + 3 * 256 * 256) / 16 + 256 * 512 / 64
    settings = Settings(style_layers="relu2_1,relu4_1")
    assert part_of_work(SCALES, 0, settings) == 1
    assert part_of_work(SCALES, 3, settings) == pytest.approx(to_relu2_1 / to_relu4_1)
