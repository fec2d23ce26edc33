"""nst_gimp.engine.run: what the user is told of a run."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from nst_gimp.engine.process import Engine
from nst_gimp.engine.run import EngineRun
from nst_gimp.engine.small_picture import SmallPicture

from nst_contract.protocol.events import Caution, Done, Event, Preview, Progress
from nst_contract.protocol.requests import Raster, Request, StyleRequest
from tests.plugin.engines import LOADED, Script, ready, saying, scale

DONE = Done("result.raw", {}, 0, "weights", 2, 9.0, 1.0)


def request(folder: Path) -> Request:
    style = StyleRequest(Raster("style.raw", 8, 8, "u8", name="Starry Night"))
    content = Raster("content.raw", 8, 8, "u8", name="Golden Gate")
    return Request(str(folder), content, (style,))


@pytest.fixture(autouse=True)
def _engines_end() -> Iterator[None]:
    yield
    while Scripted.started:
        Scripted.started.pop().close()


class Scripted:
    """A run whose engine says one event each time it is asked for the next."""

    started: ClassVar[list[Engine]] = []

    def __init__(self, folder: Path, *events: Event) -> None:
        code = "hear()\n" + "".join(f"{saying(event)}hear()\n" for event in (LOADED, *events))
        info: Any = Script(code)
        self.started.append(Engine(info))
        self.run = EngineRun(self.started[-1], request(folder))
        self.next()

    def next(self) -> EngineRun:
        """Hears one event more."""
        self.run.follow(60)
        if not self.run.done:
            self.run.finish()  # any word will do
            self.run.is_finishing = False
        return self.run


def progress(number: int, side: int, index: int, fraction: float, left: float) -> Progress:
    return Progress(number, 20, side, index, 1.0, 0.5, 0.5, fraction, left)


def test_it_tells_what_is_painted_how_far_it_is_and_how_long_it_takes(tmp_path: Path) -> None:
    plan = ready(scale(512, 341), scale(1024, 683))
    scripted = Scripted(
        tmp_path, plan, progress(3, 512, 0, 0.1, 75), progress(12, 1024, 1, 0.8, 4), DONE
    )
    run = scripted.run
    assert run.title() == 'Painting "Golden Gate" in the style of "Starry Night"'
    assert (run.position(), run.time_left()) == ("The engine is starting", "")
    scripted.next()
    assert (run.position(), run.time_left()) == ("Looking at the pictures", "about 2 min")
    scripted.next()
    assert run.position() == "Scale 1 of 2: 512 x 341 px, evaluation 3 of 20"
    assert (run.time_left(), run.fraction) == ("about 75 s left", 0.1)
    scripted.next()
    assert run.position() == "Scale 2 of 2: 1024 x 683 px, evaluation 12 of 20"
    run.finish()
    assert run.position() == "Finishing with the best picture so far"
    assert run.done is None
    run.follow(60)
    assert run.done == DONE


def test_a_single_scale_is_not_numbered(tmp_path: Path) -> None:
    scripted = Scripted(tmp_path, ready(scale(64, 48)), progress(1, 64, 0, 0.1, 9), DONE)
    scripted.next()
    assert scripted.next().position() == "64 x 48 px, evaluation 1 of 20"


def test_of_a_large_picture_it_tells_the_block(tmp_path: Path) -> None:
    event = replace(progress(11, 4096, 0, 0.8, 9), block=3, blocks=8)
    scripted = Scripted(tmp_path, ready(scale(4096, 2048)), event, DONE)
    scripted.next()
    assert scripted.next().position() == "4096 x 2048 px, evaluation 11 of 20, block 3 of 8"


def test_scales_of_the_same_size_are_told_apart(tmp_path: Path) -> None:
    """Of a long and narrow picture, the short side keeps the coarser scales from being smaller."""
    plan = ready(scale(1600, 16), scale(1600, 16))
    scripted = Scripted(
        tmp_path, plan, progress(3, 1600, 0, 0.1, 75), progress(12, 1600, 1, 0.8, 4), DONE
    )
    scripted.next()
    assert scripted.next().position() == "Scale 1 of 2: 1600 x 16 px, evaluation 3 of 20"
    assert scripted.next().position() == "Scale 2 of 2: 1600 x 16 px, evaluation 12 of 20"


def test_previews_that_nobody_took_in_time_do_not_fill_the_disk(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("preview-1.raw", "preview-2.raw")]
    for file in files:
        file.touch()
    first, second = (Preview(Raster(file.name, 6, 4, "u8")) for file in files)
    scripted = Scripted(tmp_path, first, second, DONE)
    assert scripted.next().preview == first.raster
    assert scripted.next().preview == second.raster
    assert not files[0].exists()
    assert scripted.run.take_preview() == SmallPicture(b"", 6, 4)
    assert not files[1].exists()
    assert scripted.run.take_preview() is None


@pytest.mark.parametrize("failing", ["read_bytes", "unlink"])
def test_a_preview_that_cannot_be_had_or_removed_does_not_end_the_run(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where somebody has cleared the cache, or a virus scanner has the file open on Windows."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "used by another process")

    files = [tmp_path / name for name in ("preview-1.raw", "preview-2.raw")]
    for file in files:
        file.write_bytes(b"....")
    scripted = Scripted(tmp_path, *(Preview(Raster(file.name, 1, 1, "u8")) for file in files), DONE)
    scripted.next()
    with monkeypatch.context() as patch:
        patch.setattr(Path, failing, fail)
        scripted.next()
        taken = scripted.run.take_preview()
    assert taken == (None if failing == "read_bytes" else SmallPicture(b"....", 1, 1))
    assert scripted.run.preview is None
    assert scripted.next().done


def test_cautions_are_kept_until_the_end(tmp_path: Path) -> None:
    caution = Caution("The style is the content itself.", "Choose another.")
    scripted = Scripted(tmp_path, caution, DONE)
    scripted.next()
    assert scripted.next().cautions == [caution]


def test_after_finish_nothing_is_promised_that_no_longer_comes(tmp_path: Path) -> None:
    scripted = Scripted(tmp_path, ready(scale(64, 48)), progress(3, 64, 0, 0.1, 54), DONE)
    scripted.next()
    assert scripted.next().time_left() == "about 54 s left"
    scripted.run.finish()
    assert scripted.run.time_left() == ""


def test_who_stops_late_is_asked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    scripted = Scripted(tmp_path, ready(scale(64, 48)), progress(1, 64, 0, 0.1, 54), DONE)
    now += 60  # the engine was starting: that is no work
    run = scripted.next()
    assert (run.worked, run.has_much_to_lose) == (0, False)
    scripted.next()
    now += 9.9
    assert not run.has_much_to_lose
    now += 0.2
    assert run.has_much_to_lose
