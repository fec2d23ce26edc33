"""``nst worker`` and sketches: shown step by step, superseded at once, ended by the request."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_contract.errors import BAD_REQUEST, BAD_SETTING, INTERNAL, Cancelled
from nst_contract.protocol.events import Done, Error, Estimate, Event, Loaded, Progress, Sketched
from nst_contract.protocol.requests import BuiltinStyle, Command, Inquiry, Raster, Request, Sketch
from nst_core.builtin_styles import gallery
from nst_core.commands.worker_outlet import Gone
from nst_core.commands.worker_sketches import Sketches
from nst_core.networks.vgg import Vgg
from nst_core.run import sketcher
from tests.commands.test_worker import ENDLESS, HEIGHT, QUICK, WIDTH, request
from tests.helpers.worker import Worker

SIDE = 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "neural-style-Zoë's"
    folder.mkdir(mode=0o700)
    return folder


def sketch(folder: Path, number: int = 1, **changes: Any) -> Sketch:
    """Writes the pictures into the folder and returns the wish for a sketch of them."""
    return Sketch(number, replace(request(folder), **changes), SIDE, 60.0)


class Told:
    """Sketches whose answers are kept; they go on until a given number of checks."""

    def __init__(self, checks: int = 10**6) -> None:
        self.events: list[Event] = []
        self.checks = checks
        self.sketches = Sketches(self.events.append, self._check, Path("worker.log"))

    def _check(self, _sketch: Sketch, _networks: Sequence[Vgg]) -> None:
        self.checks -= 1
        if self.checks < 0:
            raise Cancelled

    @property
    def answers(self) -> list[Sketched]:
        assert all(isinstance(event, Sketched) for event in self.events)
        return [event for event in self.events if isinstance(event, Sketched)]


# The real process --------------------------------------------------------------------------------


def test_sketches_forecasts_and_then_the_run_come_from_one_worker(
    folder: Path, worker: Worker
) -> None:
    endless = sketch(folder, 1, settings={**ENDLESS, "size": 48})
    worker.say(replace(endless, side=48).to_line())
    first = worker.until(Sketched)
    assert isinstance(first[0], Loaded)

    # The second one breaks the first off; a forecast does not wait for either.
    worker.say(sketch(folder, 2).to_line())
    worker.say(Inquiry(5, (WIDTH, HEIGHT), ((48, 48),), QUICK).to_line())
    seen: list[Event] = [worker.event()]
    while not (isinstance(seen[-1], Sketched) and seen[-1].fraction == 1 and seen[-1].number == 2):
        seen.append(worker.event())
    numbers = [event.number for event in seen if isinstance(event, Sketched)]
    assert numbers == sorted(numbers)
    assert any(isinstance(event, Estimate) and event.number == 5 for event in seen)
    last = seen[-1]
    assert isinstance(last, Sketched)
    assert last.raster is not None
    assert (last.raster.width, last.raster.height) == (SIDE, 21)
    assert (folder / last.raster.file).stat().st_size == SIDE * 21 * 4

    # The run breaks the third one off.
    worker.say(replace(endless, number=3).to_line())
    while not (isinstance(event := worker.event(), Sketched) and event.number == 3):
        pass
    worker.say(request(folder).to_line())
    done = worker.until(Done)[-1]
    assert isinstance(done, Done)
    assert (folder / done.file).stat().st_size == WIDTH * HEIGHT * 4
    assert worker.end() == (0, "", "")


def test_a_sketch_whose_folder_is_gone_is_wanted_by_nobody(folder: Path, worker: Worker) -> None:
    # Paint was pressed while the engine was starting: the dialog has cleared up behind it.
    other = folder.with_name("neural-style-dialog")
    other.mkdir(mode=0o700)
    line = sketch(other).to_line()
    shutil.rmtree(other)
    worker.say(line)
    worker.say(Command.DROP.value)
    worker.say(request(folder).to_line())
    seen = worker.until(Done)
    assert not any(isinstance(event, Sketched) for event in seen)
    assert worker.end() == (0, "", "")


@pytest.mark.parametrize(
    "name", ["strange-folder", "neural-style-open"], ids=["not of ours", "open to others"]
)
def test_a_sketch_in_a_folder_that_is_not_private_is_refused(
    name: str, folder: Path, worker: Worker
) -> None:
    other = folder.with_name(name)
    other.mkdir(mode=0o755)
    line = sketch(other).to_line()
    if name.startswith("strange"):
        shutil.rmtree(other)
    worker.say(line)
    error = worker.until(Error)[-1]
    assert isinstance(error, Error)
    assert error.code == BAD_REQUEST
    assert worker.end()[0] == 1


@pytest.mark.parametrize(
    "stop",
    [lambda worker: worker.say("cancel"), Worker.hang_up, Worker.interrupt],
    ids=["cancel", "the plug-in is gone", "Ctrl+C"],
)
def test_a_worker_ends_in_the_middle_of_a_sketch_and_removes_its_folder(
    stop: Callable[[Worker], None], folder: Path, worker: Worker
) -> None:
    worker.say(sketch(folder, settings=ENDLESS).to_line())
    worker.until(Sketched)
    stop(worker)
    code, _, errors = worker.end()
    assert (code, errors) == (0, "")
    assert not folder.exists()


def test_a_sketch_that_cannot_be_painted_is_told_and_the_worker_goes_on(
    folder: Path, worker: Worker
) -> None:
    worker.say(sketch(folder, 1, settings={"size": -5}).to_line())
    refused = worker.until(Sketched)[-1]
    assert isinstance(refused, Sketched)
    assert refused.error is not None
    assert (refused.error.code, "size is -5" in refused.error.message) == (BAD_SETTING, True)
    worker.say(request(folder).to_line())
    assert isinstance(worker.until(Progress)[-1], Progress)


# What is answered --------------------------------------------------------------------------------


def test_a_sketch_grows_from_scale_to_scale_and_ends_finished(folder: Path, network: Vgg) -> None:
    told = Told()
    asked = sketch(folder, 7, settings={**QUICK, "coarsest": 16})
    told.sketches.paint(asked, [network])
    fractions = [event.fraction for event in told.answers]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert fractions.count(1) == 1
    widths = [event.raster.width for event in told.answers if event.raster]
    assert widths == sorted(widths)
    assert (widths[0], widths[-1]) == (24, SIDE)  # the short side has 16 pixels at least
    assert {event.number for event in told.answers} == {7}
    files = {event.raster.file for event in told.answers if event.raster}
    assert len(files) == len(told.answers)
    last = told.answers[-1].raster
    assert last is not None
    samples = np.fromfile(folder / last.file, np.uint8).reshape(last.height, last.width, 4)
    assert samples[..., 3].min() == 0 < samples[..., 3].max()  # the photograph's alpha


def test_not_more_answers_are_given_than_asked_for(folder: Path, network: Vgg) -> None:
    told = Told()
    told.sketches.paint(sketch(folder, preview_seconds=1000.0), [network])
    assert [event.fraction == 1 for event in told.answers] in ([False, True], [True])


# A whole sketch takes twelve.
@pytest.mark.parametrize("checks", [0, 1, 4, 11])
def test_a_sketch_that_is_no_longer_wanted_ends_without_another_word(
    checks: int, folder: Path, network: Vgg
) -> None:
    told = Told(checks)
    networks = told.sketches.paint(sketch(folder), [network])
    assert all(event.fraction < 1 for event in told.answers)
    said = len(told.events)
    told.checks = 10**6
    told.sketches.paint(sketch(folder, 2), networks)
    assert {event.number for event in told.answers[said:]} == {2}
    assert told.answers[-1].fraction == 1


def test_there_is_a_check_before_each_pass_through_the_network(
    folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    passes = []
    features = Vgg.features

    def counted(*arguments: Any) -> Any:
        passes.append(told.checks)
        return features(*arguments)

    monkeypatch.setattr(Vgg, "features", counted)
    told.sketches.paint(sketch(folder, settings={**QUICK, "preset": "draft"}), [network])
    # Between two passes lies what takes a few hundredths of a second.
    painted = [left for left in passes if left < 10**6]
    assert len(set(painted)) == len(painted) > 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"settings": {"name": 1}}, BAD_SETTING),
        ({"content": Raster("content.raw", WIDTH, HEIGHT + 1, "u8")}, BAD_REQUEST),
        ({"content": Raster("sketch-1.raw", WIDTH, HEIGHT, "u8")}, BAD_REQUEST),
    ],
    ids=["an unknown setting", "a file of the wrong length", "a name of what is written"],
)
def test_whatever_is_wrong_with_a_sketch_is_told(
    change: dict[str, Any], code: str, folder: Path, network: Vgg
) -> None:
    told = Told()
    told.sketches.paint(sketch(folder, **change), [network])
    (answer,) = told.answers
    assert answer.raster is None
    assert answer.error is not None
    assert answer.error.code == code
    assert answer.error.advice


def test_a_fault_of_our_own_costs_a_sketch_and_not_the_engine(
    folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paint(*_arguments: Any) -> None:
        raise ZeroDivisionError("a fault of our own")

    monkeypatch.setattr(sketcher.Sketcher, "paint", paint)
    told = Told()
    loaded = [network.rounded_alike(True)]  # as for the default settings
    assert told.sketches.paint(sketch(folder), loaded) == loaded
    (answer,) = told.answers
    assert answer.error is not None
    assert answer.error.code == INTERNAL


def test_a_reader_that_is_gone_is_no_fault_of_a_sketch(folder: Path, network: Vgg) -> None:
    def send(_event: Event) -> None:
        raise Gone

    sketches = Sketches(send, lambda *_: None, Path("worker.log"))
    with pytest.raises(Gone):
        sketches.paint(sketch(folder), [network])


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the built-in styles that are painted from now on."""
    names: list[str] = []
    paint = gallery.paint

    def counted(name: str, *arguments: Any, **options: Any) -> Any:
        names.append(name)
        return paint(name, *arguments, **options)

    monkeypatch.setattr("nst_core.commands.style_sources.paint", counted)
    return names


def test_a_built_in_style_is_painted_once_for_all_sketches(
    folder: Path, network: Vgg, painted: list[str]
) -> None:
    told = Told()
    for palette in ("content", "content", "sunset"):
        styles = [replace(request(folder).styles[0], picture=BuiltinStyle("mosaic", palette))]
        told.sketches.paint(sketch(folder, styles=tuple(styles)), [network])
    assert painted == ["mosaic"] * 2
    assert [event.fraction for event in told.answers].count(1) == 3


@pytest.mark.parametrize(("seed", "style_scale", "count"), [(0, 1.0, 0), (1, 1.0, 1), (0, 4.0, 1)])
def test_a_small_sketch_does_not_wait_for_a_built_in_style_to_be_painted(
    folder: Path,
    network: Vgg,
    painted: list[str],
    seed: int,
    style_scale: float,
    count: int,
) -> None:
    told = Told()
    style = replace(
        request(folder).styles[0], picture=BuiltinStyle("mosaic", seed=seed), scale=style_scale
    )
    asked = sketch(folder, styles=(style,), settings={**QUICK, "size": 128, "evaluations": 1})
    told.sketches.paint(replace(asked, side=128), [network])
    assert len(painted) == count
    assert told.answers[-1].fraction == 1


def test_a_request_names_its_own_folder_and_the_sketches_theirs(
    folder: Path, worker: Worker
) -> None:
    other = folder.with_name("neural-style-other")
    other.mkdir(mode=0o700)
    worker.say(sketch(folder, settings=ENDLESS).to_line())
    worker.until(Sketched)
    asked: Request = request(other, settings=ENDLESS)
    worker.say(asked.to_line())
    worker.until(Progress)
    worker.hang_up()
    assert worker.end()[::2] == (0, "")
    assert not folder.exists()
    assert not other.exists()
