"""Layer masks and selections, to the bit, in every precision."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp

# Half a step between two neighbouring values of a mask, below 1.
ROUNDING = {
    "U8_NON_LINEAR": 0.5 / (2**8 - 1),
    "U16_LINEAR": 0.5 / (2**16 - 1),
    "U32_PERCEPTUAL": 0.5 / (2**32 - 1),
    "HALF_LINEAR": 2**-12,
    "FLOAT_NON_LINEAR": 2**-25,
    "DOUBLE_LINEAR": 0,
}
# Pixels themselves cross exactly where half, float or an integer of 16 bits holds them.
ROUNDED_PIXELS = "U32_PERCEPTUAL", "DOUBLE_LINEAR"


@each_gimp  # how masks and selections are stored and composed
@pytest.mark.parametrize("precision", ROUNDING)
def test_a_painting_is_seen_where_its_content_is_and_was_selected_to_the_bit(
    exact_bench: Bench, tmp_path: Path, precision: str
) -> None:
    seen = exact_bench.run("masks.painted", precision=precision, folder=str(tmp_path))
    applied = {"applied": True, "edited": False, "shown": False}
    assert seen["shades"] > 200
    assert seen["mask"] == {"same": True, "flags": applied}
    assert seen["looks the same"] or precision in ROUNDED_PIXELS
    assert seen["switched off"] == {"same": True, "flags": {**applied, "applied": False}}
    assert seen["switched off, selection"] == {"same": True, "flags": applied}
    both = seen["mask, selection"]
    assert both["flags"] == applied
    assert both["smaller"]
    assert both["wrong where wholly selected"] == 0
    assert both["seen where not selected"] == 0
    assert both["seen where masked off"] == 0
    assert both["soft"] > 200
    assert both["worst"] <= ROUNDING[precision] * 1.001
    # The mask of the content is still there, and still what one paints on.
    still_edited = {"applied": True, "edited": True, "shown": False}
    assert seen["the content's own"] == {"same": True, "flags": still_edited}


def test_a_layer_too_large_for_one_strip_of_pixels_crosses_whole(
    exact_bench: Bench, tmp_path: Path
) -> None:
    assert exact_bench.run("masks.large", folder=str(tmp_path)) == {
        "same pixels": True,
        "same mask": True,
        "same mask, but for what is not selected": True,
    }
