"""The strength mask: a layer's mask or a channel, chosen by an argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.test_errors import check
from tests.gimp.versions import each_gimp

SHADES = [1.0, 0.6, 0.2, 0.0]


@each_gimp  # how layer masks and channels are stored
@pytest.mark.parametrize(
    "precision", ["U8_NON_LINEAR", "U8_LINEAR", "U8_PERCEPTUAL", "U16_NON_LINEAR", "FLOAT_LINEAR"]
)
def test_a_layers_mask_or_a_channel_is_the_strength_as_it_was_painted(
    exact_bench: Bench, tmp_path: Path, precision: str
) -> None:
    seen = exact_bench.run("strength.written", precision=precision, folder=str(tmp_path))
    # A step of 8 bits is 0.004; floats on their way are off by less.
    whole = [64, 48, pytest.approx(SHADES, abs=1e-4)]
    for case in ("a layer's", "the mask itself", "a channel", "switched off", "with a selection"):
        assert seen[case] == whole, case
    # 16 pixels further, and where that layer does not reach, there is no strength.
    assert seen["another layer's, where it lies"] == [
        64, 48, pytest.approx([0.0, 1.0, 0.6, 0.2], abs=1e-4),
    ]  # fmt: skip
    assert seen["another image's"] == [4, 2, [1.0, 1.0, 0.0, 0.0]]
    assert seen["none"] is None


def test_a_strength_mask_that_will_not_do_gets_one_clear_message(bench: Bench) -> None:
    expected = {
        "no mask": ('The layer "photo" has no layer mask', "Add Layer Masks, or choose a channel"),
        "no places": ("the strength is the same everywhere", "Place by place (neighbors)"),
    }
    check(bench.run("strength.refused"), expected)


@each_gimp  # which drawables a procedure takes, and what is kept of them
def test_the_strength_mask_is_kept_with_the_layer_and_for_the_next_run(bench: Bench) -> None:
    assert bench.run("strength.painted") == {"record": "faces", "repeated": ["SUCCESS", "faces"]}


def test_a_record_finds_its_mask_again_first_in_the_contents_own_image(bench: Bench) -> None:
    assert bench.run("strength.found", name="photo") == ["Layer", "own"]
    assert bench.run("strength.found", name="faces") == ["Channel", "own"]
    assert bench.run("strength.found", name="elsewhere") == ["Layer", "other"]
    assert bench.run("strength.found", name="gone") == []
