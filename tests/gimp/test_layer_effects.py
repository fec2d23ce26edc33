"""Layer effects: what is seen is what is painted, and the effects stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp

pytestmark = each_gimp  # how effects are kept, and which drawables can have some


def test_a_layer_of_any_kind_that_color_to_gray_makes_grey_is_grey_to_engine_and_window(
    bench: Bench, tmp_path: Path
) -> None:
    kinds = bench.run("layer_effects.in_all_kinds_of_layer", folder=str(tmp_path))
    new_in_3_2 = {"vector", "link"} if bench.gimp.version >= (3, 2, 0) else set()
    assert set(kinds) == {"group of grey layers", "group", "text"} | new_in_3_2
    for name, seen in kinds.items():
        assert seen == {
            "vividness": 0,
            "same shape": True,
            "colours of its picture": 0,
            "tile alike": True,
            "image untouched": True,
            "more images": 0,
        }, name


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_LINEAR", "FLOAT_LINEAR"])
def test_effects_are_painted_in_every_precision_and_only_those_that_are_switched_on(
    bench: Bench, tmp_path: Path, precision: str
) -> None:
    assert bench.run("layer_effects.in_precision", precision=precision, folder=str(tmp_path)) == {
        "worst": pytest.approx(0, abs=1),
        "effects of the painting": 0,
        "content untouched": True,
        "switched off": True,
    }


def test_a_grey_layer_in_a_grey_style_is_painted_grey(bench: Bench) -> None:
    painted = bench.run("layer_effects.painted_by_the_engine")
    # Grey is kept by the engine up to the rounding of each channel.
    assert painted["vividness"] <= 2
    assert painted["more images"] == 0


def test_a_filter_on_a_layer_mask_is_in_its_pixels(bench: Bench) -> None:
    assert bench.run("layer_effects.merged_into_a_mask") == [0, 255]
