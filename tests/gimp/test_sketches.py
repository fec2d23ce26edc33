"""The sketches of the dialog: of what they are made, and what asks for them."""

from __future__ import annotations

from pathlib import Path

from tests.gimp.bench import Bench


def test_a_built_in_style_is_sketched_with_the_seed(bench: Bench, tmp_path: Path) -> None:
    seen = bench.run("sketch_pictures.seeds", folder=str(tmp_path))
    assert seen == {"after 1": 1, "after 2": 2, "in the gallery": 3}


def test_pictures_are_read_anew_only_when_others_are_chosen(bench: Bench, tmp_path: Path) -> None:
    assert bench.run("sketch_pictures.unchanged", folder=str(tmp_path)) == [True, True, False]


def test_what_has_been_closed_or_removed_is_told_of(bench: Bench, tmp_path: Path) -> None:
    seen = bench.run("sketch_pictures.gone", folder=str(tmp_path))
    assert seen.pop("there") == [True, False]
    assert len(seen) == 3
    for argument, message in seen.items():
        assert "has been closed or removed" in message, argument


def test_a_failure_does_not_end_what_a_window_does_again_and_again(bench: Bench) -> None:
    assert bench.run("timers.failing", times=3) == 4
