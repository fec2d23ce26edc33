"""A run that torchrun starts again goes on from what this run has saved, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, as_bytes, photograph

RUN = (
    "--size", "48", "--evaluations", "6", "--threads", "1", "--device", "cpu", "--precision",
    "float32", "--json", "--checkpoint", "saved", "--checkpoint-every", "2",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, photo in (("photo", COFFEE), ("style", TISSUE), ("other", CAT)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT", raising=False)


def stylize(*more: str, style: str = "style.png") -> list[dict[str, Any]]:
    """Returns what is said of a run, whose result is result.png."""
    run = nst("stylize", "photo.png", style, "-o", "result.png", *RUN, *more)
    assert run.returncode == 0, run.stdout
    return [json.loads(line) for line in run.stdout.splitlines()]


def evaluations(events: list[dict[str, Any]]) -> int:
    return sum(event["event"] == "progress" for event in events)


def messages(events: list[dict[str, Any]]) -> str:
    return " ".join(str(event.get("message")) for event in events)


def test_it_goes_on_where_it_was_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluations(stylize())
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    again = stylize()
    assert evaluations(again) < whole
    assert "torchrun has started it again; it goes on from saved" in messages(again)


@pytest.mark.parametrize(
    ("more", "style"), [(("--seed", "77"), "style.png"), ((), "other.png")], ids=["seed", "style"]
)
def test_what_another_run_has_left_there_is_not_taken_for_its_own(
    more: tuple[str, ...], style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluations(stylize(*more, style=style))
    wanted = Path("result.png").read_bytes()
    Path("saved").unlink()
    stylize()
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    again = stylize(*more, style=style)
    assert Path("result.png").read_bytes() == wanted
    assert evaluations(again) == whole
    assert "goes on from" not in messages(again)


def test_what_cannot_be_read_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluations(stylize())
    saved = Path("saved").read_bytes()
    Path("saved").write_bytes(saved[: len(saved) // 2])
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    again = stylize()
    assert evaluations(again) == whole
    assert "not from where it was saved. The checkpoint saved cannot be read" in messages(again)


def test_a_run_that_was_resumed_goes_on_from_what_it_has_saved_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stylize("--checkpoint-every", "4")
    Path("saved").rename("earlier")
    words = (
        "stylize", "photo.png", "style.png", "-o", "result.png", "--json", "--resume", "earlier",
        "--checkpoint", "saved", "--checkpoint-every", "1",
    )  # fmt: skip
    assert nst(*words).returncode == 0
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    again = nst(*words)
    assert again.returncode == 0
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert "it goes on from saved" in messages(events)
