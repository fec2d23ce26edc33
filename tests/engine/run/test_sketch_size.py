"""nst_core.run.sketch_size: as large as the machine paints in time, now and not when it started."""

from __future__ import annotations

from nst_core.run.sketch_size import CHOICES, Choice, SketchSize

SIDE, SECONDS = 384, 3.0


def seconds_of(choice: Choice, pace: float) -> float:
    side, evaluations = choice
    return pace * side**2 * evaluations * 1e-5


def sizes(of: SketchSize, forecast_pace: float, pace: float, count: int) -> list[int]:
    """Returns the sizes of some sketches that take longer or less than forecast."""
    found = []
    for _sketch in range(count):
        chosen = of.choose(SIDE, lambda choice: seconds_of(choice, forecast_pace) / SECONDS)
        of.learn(seconds_of(chosen, forecast_pace), seconds_of(chosen, pace))
        found.append(chosen[0])
    return found


def test_what_is_forecast_to_be_in_time_is_painted_as_large_as_can_be() -> None:
    for pace, size in ((0.01, 384), (0.2, 320), (0.7, 224), (50.0, 160)):
        assert sizes(SketchSize(), pace, pace, 3) == [size] * 3


def test_a_pace_that_was_measured_on_a_busy_machine_counts_for_one_sketch_alone() -> None:
    assert sizes(SketchSize(), forecast_pace=5.0, pace=0.3, count=3) == [160, 256, 256]
    assert sizes(SketchSize(), forecast_pace=0.05, pace=0.7, count=2) == [384, 224]


def test_a_machine_that_becomes_busy_and_quiet_again_gets_smaller_and_larger_sketches() -> None:
    size = SketchSize()
    assert sizes(size, 0.3, 0.3, 2) == [256, 256]
    assert sizes(size, 0.3, 2.0, 4)[-1] == 160
    assert sizes(size, 0.3, 0.3, 5)[-1] == 256


def test_sizes_do_not_go_back_and_forth() -> None:
    size = SketchSize()
    sizes(size, 0.7, 0.7, 1)
    assert (
        len({chosen for pace in (0.6, 0.8, 0.7, 0.8) for chosen in sizes(size, 0.7, pace, 2)}) == 1
    )


def test_a_limit_below_all_sizes_is_kept() -> None:
    assert SketchSize().choose(40, lambda _choice: 0.0) == (40, CHOICES[-1][1])
