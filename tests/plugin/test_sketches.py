"""nst_gimp.engine.sketches: the last sketch that was asked for counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nst_gimp.engine.process import STOPPED, Engine
from nst_gimp.engine.sketches import Sketches, settings_of_run, with_settings

from nst_contract.errors import MEMORY
from nst_contract.protocol.events import Error, Sketched
from nst_contract.protocol.requests import Raster, Request, StyleRequest
from nst_contract.settings import PRESETS, Settings
from tests.helpers.processes import PATIENCE
from tests.plugin.engines import LOADED, Script, saying

ECHO = f"""
import json
{saying(LOADED)}
heard = []
while line := hear():
    heard.append(line.strip() if line.startswith("drop") else json.loads(line)["sketch"]["number"])
    say(json.dumps({{"event": "warning", "message": json.dumps(heard), "advice": ""}}))
"""


@pytest.fixture
def engine() -> Iterator[Engine]:
    info: Any = Script(ECHO)
    with Engine(info) as engine:
        yield engine


def request(folder: Path) -> Request:
    raster = Raster("content.raw", 2, 1, "u8")
    return Request(str(folder), raster, (StyleRequest(raster),))


def answer(folder: Path, number: int, fraction: float) -> Sketched:
    """A picture of a sketch, as the engine leaves it."""
    raster = Raster(f"sketch-{number}-{fraction}.raw", 2, 1, "u8")
    (folder / raster.file).write_bytes(bytes([number] * 8))
    return Sketched(number, raster, fraction)


def test_pictures_of_the_last_sketch_are_taken_and_those_of_earlier_ones_removed(
    engine: Engine, tmp_path: Path
) -> None:
    sketches = Sketches(engine, tmp_path)
    sketches.ask(request(tmp_path), 256, 3.0)
    sketches.ask(request(tmp_path), 256, 3.0)
    assert not sketches.note(answer(tmp_path, 0, 1.0))
    assert sketches.picture is None
    assert sketches.note(answer(tmp_path, 1, 0.5))
    assert sketches.picture is not None
    assert (sketches.picture.samples, sketches.picture.width) == (bytes([1] * 8), 2)
    assert (sketches.is_waiting, sketches.fraction) == (True, 0.5)
    assert sketches.note(answer(tmp_path, 1, 1.0))
    assert not sketches.is_waiting
    assert list(tmp_path.iterdir()) == []


def test_what_is_dropped_keeps_its_picture_and_is_told_to_the_engine_once(
    engine: Engine, tmp_path: Path
) -> None:
    sketches = Sketches(engine, tmp_path)
    sketches.drop()  # there is nothing to drop
    sketches.ask(request(tmp_path), 256, 3.0)
    sketches.note(answer(tmp_path, 0, 0.5))
    sketches.drop()
    sketches.drop()
    assert sketches.picture is not None
    assert not sketches.note(answer(tmp_path, 0, 0.7))
    sketches.ask(request(tmp_path), 256, 3.0)
    said = ""
    end = time.monotonic() + PATIENCE
    while "1" not in said:
        assert time.monotonic() < end
        event: Any = engine.next_event(PATIENCE)
        said = getattr(event, "message", "")
    assert said == '[0, "drop", 1]'


def test_a_sketch_that_cannot_be_is_told(engine: Engine, tmp_path: Path) -> None:
    sketches = Sketches(engine, tmp_path)
    sketches.ask(request(tmp_path), 256, 3.0)
    assert sketches.note(Sketched(0, error=Error(MEMORY, "Too much.", "Take less.")))
    assert sketches.error is not None
    assert (sketches.error.code, sketches.is_waiting) == (MEMORY, False)
    sketches.ask(request(tmp_path), 256, 3.0)
    assert sketches.is_waiting
    assert getattr(sketches, "error", "") is None


def test_an_engine_that_is_gone_costs_the_sketch_alone(tmp_path: Path) -> None:
    info: Any = Script(saying(LOADED))
    with Engine(info) as gone:
        gone._process.wait(PATIENCE)
        sketches = Sketches(gone, tmp_path)
        sketches.ask(request(tmp_path), 256, 3.0)
    assert sketches.error is not None
    assert sketches.error.code == STOPPED


def test_a_picture_whose_file_is_gone_is_passed_by(engine: Engine, tmp_path: Path) -> None:
    sketches = Sketches(engine, tmp_path)
    sketches.ask(request(tmp_path), 256, 3.0)
    event = answer(tmp_path, 0, 0.5)
    (tmp_path / "sketch-0-0.5.raw").unlink()
    assert sketches.note(event)
    assert sketches.picture is None


def test_a_small_picture_does_not_hide_how_large_the_run_is(tmp_path: Path) -> None:
    settings = Settings().as_dict()
    assert settings_of_run(settings, 6000, 4000)["size"] == PRESETS["normal"].max_size
    assert settings_of_run(settings, 300, 400)["size"] == 400
    assert settings_of_run({**settings, "size": 64}, 6000, 4000)["size"] == 64
    asked = with_settings(request(tmp_path), settings)
    assert asked.settings == settings
    assert asked.preview_seconds > 0
