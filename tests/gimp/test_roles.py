"""Which of two layers the dialog takes for the photograph."""

from __future__ import annotations

from pathlib import Path

from tests.gimp.bench import Bench


def test_a_painting_that_was_opened_as_a_layer_is_not_taken_for_the_photograph(
    bench: Bench, pictures: Path
) -> None:
    seen = bench.run("roles.look", pictures=str(pictures))
    assert len(seen) == 7
    assert [case for case, is_swapped in seen.items() if is_swapped] == [
        "the painting was opened as a layer"
    ]
