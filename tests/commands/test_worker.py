"""``nst worker``, the real process: from a request to a raster, and every way to end before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, BAD_REQUEST, BAD_SETTING, Cancelled, NstError
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import (
    Caution,
    Done,
    Error,
    Estimate,
    Event,
    Loaded,
    Preview,
    Progress,
    Ready,
)
from nst_contract.protocol.requests import (
    BuiltinStyle,
    Inquiry,
    Raster,
    Request,
    StyleRequest,
    parse,
)
from nst_contract.settings import Settings
from nst_core.builtin_styles.content_palette import palette_of
from nst_core.builtin_styles.gallery import paint
from nst_core.commands.worker_inbox import checked_folder
from nst_core.commands.worker_process import Job
from nst_core.networks.vgg import Vgg
from nst_core.pictures import rasters
from nst_core.pictures.inputs import Inputs
from nst_core.stylize import stylize
from tests.helpers.photographs import COFFEE, TISSUE, photograph
from tests.helpers.worker import Worker

DTYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "f32": np.dtype("<f4"),
}
WIDTH, HEIGHT = 60, 40
# On the CPU in float32, so that all machines do the same.
QUICK = {"size": 48, "evaluations": 3, "device": "cpu", "precision": "float32"}
ENDLESS = {**QUICK, "evaluations": 10000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "neural-style-Zoë's"
    folder.mkdir(mode=0o700)
    return folder


def samples_of(sample: str) -> NDArray[Any]:
    """A photograph with every kind of alpha, in samples of the given type."""
    values = np.empty((HEIGHT, WIDTH, 4), np.float32)
    values[..., :3] = photograph(COFFEE, WIDTH, HEIGHT).rgb
    values[..., 3] = np.random.default_rng(0).random((HEIGHT, WIDTH))
    values[:4, :4, 3] = 0
    if sample == "f32":
        return values.astype(DTYPES[sample])
    return np.rint(values * np.iinfo(DTYPES[sample]).max).astype(DTYPES[sample])


def request(
    folder: Path, *, sample: str = "u8", settings: dict[str, Any] = QUICK, seconds: float = 0.0
) -> Request:
    """Writes content and style into the folder and returns the request for them."""
    samples_of(sample).tofile(folder / "content.raw")
    style = np.full((48, 48, 4), 255, np.uint8)
    style[..., :3] = np.rint(photograph(TISSUE, 48, 48).rgb * 255)
    style.tofile(folder / "style.raw")
    return Request(
        str(folder),
        Raster("content.raw", WIDTH, HEIGHT, sample, name="photo"),
        (StyleRequest(Raster("style.raw", 48, 48, "u8", name="tissue")),),
        settings=settings,
        preview_seconds=seconds,
    )


def ignore(_event: Event) -> None:
    """Receives events that a test is not about."""


# The good case -----------------------------------------------------------------------------------


def test_a_request_is_answered_with_its_progress_previews_and_a_raster(
    folder: Path, worker: Worker
) -> None:
    # Neighbours recolour the best picture, which changes its loss.
    settings = {**QUICK, "style_loss": "gram"}
    worker.say(request(folder, settings=settings, seconds=1e-6).to_line())
    loaded, ready, *between, done = worker.until(Done)

    assert isinstance(loaded, Loaded)
    assert (loaded.version, loaded.protocol) == (__version__, PROTOCOL)
    assert isinstance(ready, Ready)
    assert ready.needs < ready.budget
    assert [(scale["width"], scale["height"]) for scale in ready.plan] == [(48, 32)]
    progress = [event for event in between if isinstance(event, Progress)]
    assert [event.evaluation for event in progress] == [1, 2, 3]
    assert progress[-1].seconds_left == 0

    previews = [event.raster for event in between if isinstance(event, Preview)]
    assert len(previews) == 3
    for preview in previews:
        assert (preview.width, preview.height, preview.sample) == (48, 32, "u8")
        assert (folder / preview.file).stat().st_size == preview.size_in_bytes
    assert len({preview.file for preview in previews}) == 3
    assert len(between) == 6  # nothing but these

    assert isinstance(done, Done)
    assert done.evaluations == 3
    best = min(event.loss for event in progress)
    assert done.loss == pytest.approx(best, rel=0.01)
    assert done.loss < done.first_loss
    assert {name: done.settings[name] for name in settings} == settings
    assert worker.end() == (0, "", "")
    # The folder is the other side's now.
    assert (folder / done.file).stat().st_size == WIDTH * HEIGHT * 4


@pytest.mark.parametrize("sample", DTYPES)
def test_the_result_has_the_contents_sample_type_and_its_alpha_bit_for_bit(
    sample: str, folder: Path, network: Vgg
) -> None:
    done = Job(request(folder, sample=sample), ignore).run([network])
    result = np.fromfile(folder / done.file, DTYPES[sample]).reshape(HEIGHT, WIDTH, 4)
    content = samples_of(sample)
    assert np.array_equal(result[..., 3], content[..., 3])
    assert not np.array_equal(result[..., :3], content[..., :3])


def test_a_built_in_style_is_painted_by_the_worker_as_large_as_was_forecast(
    folder: Path, worker: Worker
) -> None:
    builtin = BuiltinStyle("stained-glass", "content", 3, "Stained glass")
    forecast = estimate(worker, Inquiry(1, (WIDTH, HEIGHT), (builtin,), QUICK)).ready
    worker.say(replace(request(folder), styles=(StyleRequest(builtin),)).to_line())
    ready = worker.until(Ready)[-1]
    done = worker.until(Done)[-1]

    assert isinstance(ready, Ready)
    assert isinstance(done, Done)
    assert forecast is not None
    assert (forecast.plan, forecast.seconds) == (ready.plan, ready.seconds)
    content = rasters.read(folder, Raster("content.raw", WIDTH, HEIGHT, "u8"))
    painting = paint("stained-glass", 256, seed=3, palette=palette_of(content))
    expected = stylize(content, [painting], Settings.from_dict(QUICK)).picture.rgb * 255
    result = np.fromfile(folder / done.file, np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert np.abs(result[..., :3] - expected).max() <= 1


def test_finish_gives_the_result_so_far(folder: Path, worker: Worker) -> None:
    worker.say(request(folder, settings=ENDLESS).to_line())
    worker.until(Progress)
    worker.say("finish")
    done = worker.until(Done)[-1]
    assert isinstance(done, Done)
    assert 1 <= done.evaluations < 10000
    assert (folder / done.file).stat().st_size == WIDTH * HEIGHT * 4
    assert worker.end()[0] == 0


# Ends before the end -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stop",
    [
        lambda worker: worker.say("cancel"),
        Worker.hang_up,
        Worker.stop_listening,
        Worker.interrupt,
    ],
    ids=["cancel", "the plug-in is gone", "nobody listens", "Ctrl+C"],
)
def test_a_run_that_nobody_wants_ends_and_removes_its_folder(
    stop: Callable[[Worker], None], folder: Path, worker: Worker
) -> None:
    worker.say(request(folder, settings=ENDLESS, seconds=1e-6).to_line())
    worker.until(Progress)
    stop(worker)
    code, _, errors = worker.end()
    assert (code, errors) == (0, "")
    assert not folder.exists()


@pytest.mark.parametrize("stop", [lambda worker: worker.say("cancel"), Worker.hang_up])
def test_a_worker_without_a_request_can_be_sent_home(
    stop: Callable[[Worker], None], worker: Worker
) -> None:
    stop(worker)  # possibly while it still loads
    code, _, errors = worker.end()
    assert (code, errors) == (0, "")


def test_a_run_is_cancelled_while_the_engine_loads(folder: Path, worker: Worker) -> None:
    worker.say(request(folder, settings=ENDLESS).to_line())
    worker.say("cancel")
    assert worker.end()[0] == 0
    assert not folder.exists()


# Refusals ----------------------------------------------------------------------------------------


def test_a_bad_request_is_answered_with_one_error(folder: Path, worker: Worker) -> None:
    worker.say(request(folder, settings={"size": -5}).to_line())
    assert isinstance(worker.event(), Loaded)
    error = worker.event()
    assert isinstance(error, Error)
    assert (error.code, "size is -5" in error.message) == (BAD_SETTING, True)
    assert error.advice
    assert worker.end() == (1, "", "")
    assert folder.exists()  # the other side made it, and knows best


def test_what_is_no_request_at_all_is_answered_too(worker: Worker) -> None:
    worker.say("make me a picture")
    error = worker.until(Error)[-1]
    assert isinstance(error, Error)
    assert error.code == BAD_REQUEST
    assert worker.end() == (1, "", "")


def changed(request: Request, **values: Any) -> str:
    return json.dumps({"protocol": PROTOCOL, **asdict(request), **values})


BAD: dict[str, tuple[Callable[[Path], str], str, str]] = {
    "garbage": (lambda _: "make me a picture", BAD_REQUEST, "does not understand"),
    "another protocol": (
        lambda f: changed(request(f), protocol=99), BAD_REQUEST, "protocol 99",
    ),
    "a folder that is no text": (
        lambda f: changed(request(f), folder=5), BAD_REQUEST, "does not understand",
    ),
    "a file of the wrong length": (
        lambda f: changed(
            request(f), styles=[{"picture": asdict(Raster("style.raw", 47, 48, "u8"))}]
        ),
        BAD_REQUEST, "instead of 9024",
    ),
    "a value out of range": (
        lambda f: request(f, settings={"size": -5}).to_line(), BAD_SETTING, "size is -5",
    ),
    "an unknown setting": (
        lambda f: request(f, settings={"name": 1}).to_line(), BAD_SETTING, "named name",
    ),
    "an unknown built-in style": (
        lambda f: changed(request(f), styles=[{"picture": {"style": "dots"}}]),
        BAD_SETTING, "no built-in style 'dots'",
    ),
    "no style": (lambda f: changed(request(f), styles=[]), BAD_INPUT, "No style"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_whatever_is_wrong_with_a_request_is_told(case: str, folder: Path, network: Vgg) -> None:
    line, code, message = BAD[case]
    with pytest.raises(NstError) as caught:
        asked = parse(line(folder))
        assert isinstance(asked, Request)
        Job(asked, ignore).run([network])
    assert caught.value.code == code
    assert message in caught.value.message
    assert caught.value.advice


def test_a_folder_that_is_not_private_is_refused_and_left_alone(
    folder: Path, worker: Worker
) -> None:
    folder.chmod(0o755)
    worker.say(request(folder).to_line())
    worker.hang_up()  # which would remove a folder of this program
    worker.end()
    assert (folder / "content.raw").exists()


def open_to_others(folder: Path) -> Path:
    folder.chmod(0o750)
    return folder


def of_another_name(folder: Path) -> Path:
    return folder.rename(folder.with_name("Pictures"))


def a_link(folder: Path) -> Path:
    link = folder.with_name("neural-style-link")
    link.symlink_to(folder)
    return link


def a_file(folder: Path) -> Path:
    file = folder.with_name("neural-style-file")
    file.touch(mode=0o600)
    return file


@pytest.mark.parametrize(
    "spoil",
    [
        open_to_others,
        of_another_name,
        a_link,
        a_file,
        lambda folder: Path(os.path.relpath(folder)),
        lambda folder: folder / "missing",
        lambda folder: folder.with_name("neural-style-\0"),
        lambda folder: folder / "..",
    ],
    ids=[
        "open to others", "of another name", "a link", "a file",
        "a relative path", "missing", "no possible name", "above",
    ],
)  # fmt: skip
def test_only_a_private_folder_of_this_program_is_accepted(
    spoil: Callable[[Path], Path], folder: Path
) -> None:
    raster = Raster("content.raw", 1, 1, "u8")
    assert checked_folder(Request(str(folder), raster, (StyleRequest(raster),))) == folder
    with pytest.raises(NstError, match="not a private folder") as caught:
        checked_folder(Request(str(spoil(folder)), raster, (StyleRequest(raster),)))
    assert caught.value.code == BAD_REQUEST


def test_a_caution_is_an_event_of_its_own(folder: Path, network: Vgg) -> None:
    asked = request(folder)
    events: list[Event] = []
    Job(replace(asked, styles=(StyleRequest(asked.content),)), events.append).run([network])
    cautions = [event for event in events if isinstance(event, Caution)]
    assert "is the content itself" in cautions[0].message


def test_a_strength_mask_reaches_the_run(
    folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves = np.array([[1, 0.5]], np.float32)
    halves.tofile(folder / "strength.raw")
    asked = replace(request(folder), strength_mask=Raster("strength.raw", 2, 1, "f32", 1))
    seen: list[Inputs] = []

    def run_stylization(inputs: Inputs, *_args: Any, **_options: Any) -> None:
        seen.append(inputs)
        raise Cancelled

    monkeypatch.setattr("nst_core.run.pipeline.run_stylization", run_stylization)
    with pytest.raises(Cancelled):
        Job(asked, ignore).run([network])
    np.testing.assert_array_equal(seen[0].strength_mask, halves)


# Inquiries ---------------------------------------------------------------------------------------


def estimate(worker: Worker, inquiry: Inquiry) -> Estimate:
    worker.say(inquiry.to_line())
    answer = worker.until(Estimate)[-1]
    assert isinstance(answer, Estimate)
    assert answer.number == inquiry.number
    return answer


def test_what_a_run_would_take_can_be_asked_any_number_of_times_before_it(
    folder: Path, worker: Worker
) -> None:
    refused = estimate(worker, Inquiry(1, (WIDTH, HEIGHT), ((48, 48),), {"size": -5}))
    assert refused.ready is None
    assert refused.error is not None
    assert (refused.error.code, "size is -5" in refused.error.message) == (BAD_SETTING, True)

    one_thread = {**QUICK, "threads": 1, "color": "histogram", "pooling": "average"}
    full = {**one_thread, "size": 6000, "memory": 32.0}  # whatever is free at the moment
    large = estimate(worker, Inquiry(2, (6000, 4000), ((48, 48),), full))
    assert large.ready is not None
    assert [scale["width"] for scale in large.ready.plan][-1] == 6000

    # The content is transparent in part.
    small = estimate(worker, Inquiry(3, (WIDTH, HEIGHT), ((48, 48),), QUICK, masks=1))
    worker.say(request(folder).to_line())
    ready = worker.until(Ready)[-1]
    assert isinstance(ready, Ready)
    assert small.ready is not None
    assert (small.ready.plan, small.ready.needs) == (ready.plan, ready.needs)
    assert small.ready.seconds == ready.seconds
    assert isinstance(worker.until(Done)[-1], Done)
