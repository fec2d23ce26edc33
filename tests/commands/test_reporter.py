"""nst_core.reporting.reporter: what a person sees of a run, and what a program reads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from nst_contract.protocol.events import Done, Progress, Ready
from nst_core.reporting.reporter import Reporter

SCALE = {
    "width": 1600, "height": 16, "evaluations": 10, "tile": None, "block": None, "history": 100
}  # fmt: skip
DONE = Done("result.png", {}, 0, "weights", 20, 9.0, 1.0)


def ready(scales: int) -> Ready:
    return Ready("0", "weights", "cpu", "float32", 2**30, 2**31, [SCALE] * scales, 60.0)


def progress(scale_index: int) -> Progress:
    return Progress(12, 20, 1600, scale_index, 1.0, 0.5, 0.5, 0.8, 4.0)


@pytest.mark.parametrize(
    ("scales", "index", "place"),
    [(1, 0, "at 1600 px ["), (2, 0, "at 1600 px (scale 1 of 2) ["), (2, 1, "(scale 2 of 2) [")],
)
def test_a_person_sees_which_of_several_scales_is_painted(
    scales: int, index: int, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reporter = Reporter(as_json=False)
    for event in (ready(scales), progress(index), DONE):
        reporter(event)
    shown = capsys.readouterr()
    assert place in shown.err
    assert shown.out == "result.png\n"


def test_a_person_sees_which_block_of_a_large_picture_is_painted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter(as_json=False)
    plan = replace(ready(1), plan=[{**SCALE, "block": [512, 512]}])
    for event in (plan, replace(progress(0), block=3, blocks=8), DONE):
        reporter(event)
    shown = capsys.readouterr().err
    assert "1600 x 16 px, in blocks: about" in shown
    assert "at 1600 px, block 3 of 8 [" in shown


def test_a_program_reads_which_scale_of_the_plan_is_painted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter(as_json=True)
    for event in (ready(2), progress(1), DONE):
        reporter(event)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in told] == ["ready", "progress", "done"]
    assert told[0]["plan"][told[1]["scale_index"]] == SCALE
