"""``nst worker`` under whatever may be written to it: every line is answered or ignored, and the
process always ends.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_contract.errors import BAD_INPUT, BAD_REQUEST, DISK, NstError
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import Error, Estimate, Loaded, Preview, Progress, decode
from nst_contract.protocol.limits import LONGEST_LINE, MAX_SIDE, MAX_STYLES, MAX_WAITING
from nst_contract.protocol.requests import Inquiry, Raster, Request, StyleRequest, parse
from nst_core.commands import worker_inbox
from nst_core.commands.worker_inbox import Inbox
from nst_core.commands.worker_process import Job, answer
from nst_core.networks.vgg import Vgg
from nst_core.pictures import rasters
from nst_core.pictures.picture import Picture
from tests.helpers.processes import PATIENCE, REPOSITORY, command, environment
from tests.helpers.worker import Worker

SIDE = 32
QUICK = {"size": SIDE, "evaluations": 2, "device": "cpu", "precision": "float32"}
DEEP = f'{{"protocol": {PROTOCOL}, "inquiry": {"[" * 100_000 + "]" * 100_000}}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "neural-style-x"
    folder.mkdir(mode=0o700)
    return folder


def request(folder: Path, side: int = SIDE, **more: Any) -> Request:
    """Writes content and style into the folder and returns the request for them."""
    noise = np.random.default_rng(0)
    for file in ("content.raw", "style.raw"):
        noise.integers(0, 256, (side, side, 4), np.uint8).tofile(folder / file)
    content, style = (Raster(file, side, side, "u8") for file in ("content.raw", "style.raw"))
    return Request(str(folder), content, (StyleRequest(style),), settings=QUICK, **more)


# The real process --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [DEEP, "[" * 50_000, "x" * (LONGEST_LINE + 1)],
    ids=["nested deeply", "nested deeply and cut off", "a very long line"],
)
def test_a_line_that_would_break_the_reader_is_answered_and_the_worker_ends(
    line: str, worker: Worker
) -> None:
    worker.say(line)
    error = worker.until(Error)[-1]
    assert isinstance(error, Error)
    assert error.code == BAD_REQUEST
    assert worker.end() == (1, "", "")


def test_the_end_of_input_ends_a_worker_that_was_sent_such_a_line(worker: Worker) -> None:
    worker.say(DEEP)
    worker.hang_up()  # while it still loads, or just after
    code, _, errors = worker.end()
    assert code in (0, 1)
    assert errors == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_removes_the_requests_folder(
    number: signal.Signals, folder: Path, worker: Worker
) -> None:
    worker.say(request(folder, preview_seconds=1e-6).to_line().replace('s": 2', 's": 10000'))
    worker.until(Progress)
    worker.interrupt(number)
    assert worker.end()[::2] == (0, "")
    assert not folder.exists()


def started_without(closed: str) -> subprocess.CompletedProcess[str]:
    """Runs a worker whose standard input, output or error is closed before it begins."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command("worker")],
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_closed_standard_input_is_told_at_once() -> None:
    run = started_without("<&-")
    error = decode(run.stdout)
    assert isinstance(error, Error)
    assert error.code == BAD_REQUEST
    assert "standard input" in error.message
    assert (run.returncode, run.stderr) == (1, "")


def test_a_worker_whose_standard_output_is_closed_works_for_nobody_and_ends() -> None:
    assert started_without(">&-").returncode == 1


def test_a_full_disk_behind_standard_output_ends_the_worker() -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            command("worker"), cwd=REPOSITORY, env=environment(), stdin=subprocess.PIPE,
            stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, b"")


def test_what_the_worker_prints_stays_off_the_pipe_with_a_closed_standard_error(
    folder: Path,
) -> None:
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command("worker")], cwd=REPOSITORY,
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(request(folder).to_line())
        process.stdin.flush()
        events = [decode(line) for line in process.stdout]
    assert isinstance(events[0], Loaded)
    assert events[-1].event == "done"
    assert process.returncode == 0


# The thread that reads ---------------------------------------------------------------------------


class Ended(BaseException):
    """Stands for the end of the process, with its exit code."""


class Reading:
    """An inbox that reads what a test writes."""

    def __init__(self) -> None:
        self.failed: list[Exception] = []
        descriptor, self._write = os.pipe()
        self.inbox = Inbox(self.failed.append, descriptor=descriptor, end=self._end)
        self.codes: list[int] = []

    def _end(self, code: int) -> None:
        self.codes.append(code)
        raise Ended

    def read(self, *chunks: bytes) -> None:
        """Has it read all of this, to the end."""

        def write() -> None:
            with os.fdopen(self._write, "wb", buffering=0) as pipe:
                for chunk in chunks:
                    pipe.write(chunk)

        writer = threading.Thread(target=write)
        writer.start()
        with pytest.raises(Ended):
            self.inbox.run()
        writer.join()


def test_a_hundred_megabytes_without_an_end_of_line_are_refused_once_and_not_kept() -> None:
    reading = Reading()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading.read(*[b"x" * 2**20] * 100, b"\n", *[b"y" * 2**21, b"\n"])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with pytest.raises(NstError, match="bytes"):
        reading.inbox.wait()
    assert reading.codes == [0]
    assert grown < 20 * 1024  # KiB: less than a fifth of what was read


def test_a_line_of_the_greatest_length_is_read_in_pieces_of_any_size() -> None:
    reading = Reading()
    line = request_line(number=7).encode()
    padded = line[:-1] + b" " * (LONGEST_LINE - len(line) + 1) + b"\n"
    assert len(padded) == LONGEST_LINE + 1
    reading.read(padded[:1], padded[1:70_000], padded[70_000:])
    asked = reading.inbox.wait()
    assert isinstance(asked, Inquiry)
    assert asked.number == 7


def request_line(**changes: Any) -> str:
    """An inquiry as a line, with some of its values replaced."""
    values = {"number": 1, "content": [64, 48], "styles": [[32, 32]], "settings": {}, **changes}
    return json.dumps({"protocol": PROTOCOL, "inquiry": values}) + "\n"


def test_what_follows_a_refused_line_is_ignored() -> None:
    reading = Reading()
    reading.read(b"nonsense\n", b"more\n" * 100, request_line().encode())
    with pytest.raises(NstError):
        reading.inbox.wait()
    assert reading.inbox._asked.empty()


def test_more_questions_than_can_wait_are_refused() -> None:
    reading = Reading()
    reading.read(request_line().encode() * (MAX_WAITING + 2))
    for _ in range(MAX_WAITING):
        assert isinstance(reading.inbox.wait(), Inquiry)
    with pytest.raises(NstError, match="questions"):
        reading.inbox.wait()


def test_finish_means_nothing_before_there_is_a_request(folder: Path) -> None:
    reading = Reading()
    reading.read(b"finish\n", request(folder).to_line().encode())
    assert not reading.inbox.is_finish_wanted.is_set()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_end_as_they_do_on_any_system(folder: Path, end: str) -> None:
    reading = Reading()
    lines = [request(folder).to_line().removesuffix("\n"), "finish"]
    reading.read(*[f"{line}{end}".encode() for line in lines])
    assert isinstance(reading.inbox.wait(), Request)
    assert reading.inbox.is_finish_wanted.is_set()


def test_whatever_the_reading_thread_raises_is_told_and_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def parse(_line: str) -> None:
        raise ZeroDivisionError("a fault of our own")

    monkeypatch.setattr(worker_inbox, "parse", parse)
    reading = Reading()
    reading.read(b"{}\n")
    assert [type(error) for error in reading.failed] == [ZeroDivisionError]
    assert reading.codes == [1]


def test_a_descriptor_that_cannot_be_read_is_told_and_ends_the_process() -> None:
    failed: list[Exception] = []
    codes: list[int] = []
    inbox = Inbox(failed.append, descriptor=2**20, end=codes.append)
    inbox.run()
    assert [getattr(error, "errno", None) for error in failed] == [errno.EBADF]
    assert codes == [1]


def test_the_process_ends_even_if_the_folder_cannot_be_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rmtree(_path: Path, **_options: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    reading = Reading()
    reading.read(request(folder).to_line().encode())
    assert reading.codes[0] == 0


# Limits ------------------------------------------------------------------------------------------

HUGE = 10**400
RASTER = {"file": "content.raw", "width": 64, "height": 48, "sample": "u8"}
TOO_MUCH: dict[str, dict[str, Any]] = {
    "a width of 2^32": {"content": {**RASTER, "width": 2**32}},
    "a height beyond GIMP's": {"content": {**RASTER, "height": MAX_SIDE + 1}},
    "a side of 10^400": {"content": {**RASTER, "width": HUGE}},
    "a side that is true": {"content": {**RASTER, "width": True}},
    "a file name of 300 bytes": {"content": {**RASTER, "file": "x" * 300}},
    "a file name with a zero byte": {"content": {**RASTER, "file": "x\0"}},
    "a file name with half a character": {"content": {**RASTER, "file": "x\ud800"}},
    "a hidden file": {"content": {**RASTER, "file": ".raw"}},
    "samples that are a list": {"content": {**RASTER, "sample": ["u8"]}},
    "channels that are true": {"mask": {**RASTER, "channels": True}},
    "a name that is a number": {"content": {**RASTER, "name": 5}},
    "a name without end": {"content": {**RASTER, "name": "x" * 100_000}},
    "a weight of 10^400": {"styles": [{"picture": RASTER, "weight": HUGE}]},
    "a weight that is not a number": {"styles": [{"picture": RASTER, "weight": float("nan")}]},
    "an infinite scale": {"styles": [{"picture": RASTER, "scale": float("inf")}]},
    "a style without end": {"styles": [{"picture": {"style": "x" * 100_000}}]},
    "very many styles": {"styles": [{"picture": RASTER}] * (MAX_STYLES + 1)},
    "seconds of 10^400": {"preview_seconds": HUGE},
    "infinite seconds": {"preview_seconds": float("inf")},
    "seconds that are true": {"preview_seconds": True},
    "a folder without end": {"folder": "/" + "x" * 100_000},
    "settings within settings": {"settings": {"size": {"size": 5}}},
    "a list as a setting": {"settings": {"size": [[[5]]]}},
    "very many settings": {"settings": {f"s{n}": n for n in range(1000)}},
    "a setting's name without end": {"settings": {"x" * 100_000: 1}},
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_what_no_request_needs_is_refused_in_a_message_of_readable_length(case: str) -> None:
    good = {"protocol": PROTOCOL, "folder": "/x", "content": RASTER, "styles": []}
    with pytest.raises(NstError) as caught:
        parse(json.dumps({**good, **TOO_MUCH[case]}))
    assert caught.value.code == BAD_REQUEST
    assert len(caught.value.message) < 500


TOO_MUCH_TO_ASK: dict[str, dict[str, Any]] = {
    "a side of 2^32": {"content": [2**32, 5]},
    "a style's side of 10^400": {"styles": [[5, HUGE]]},
    "more masks than there can be": {"masks": 10**9},
    "an endless number": {"number": HUGE},
    "a scale of 10^400": {"style_scales": [HUGE]},
    "a scale that is not a number": {"style_scales": [float("nan")]},
    "very many styles": {"styles": [[5, 5]] * (MAX_STYLES + 1)},
    "settings within settings": {"settings": {"size": {}}},
}


@pytest.mark.parametrize("case", TOO_MUCH_TO_ASK)
def test_what_no_inquiry_needs_is_refused(case: str) -> None:
    with pytest.raises(NstError) as caught:
        parse(request_line(**TOO_MUCH_TO_ASK[case]))
    assert caught.value.code == BAD_REQUEST


def test_an_inquiry_without_a_style_is_answered_like_such_a_request(network: Vgg) -> None:
    reply, _ = answer(Inquiry(1, (64, 48), (), QUICK), [network])
    assert isinstance(reply, Estimate)
    assert reply.error is not None
    assert (reply.error.code, reply.error.message) == (BAD_INPUT, "No style is given.")


@pytest.mark.parametrize("sides", [(MAX_SIDE, MAX_SIDE), (MAX_SIDE, 1), (1, MAX_SIDE)])
def test_the_largest_sizes_that_may_be_asked_about_are_answered(
    sides: tuple[int, int], network: Vgg
) -> None:
    reply, _ = answer(Inquiry(1, sides, (sides,) * 2, {"device": "cpu"}), [network])
    assert (reply.ready is None) != (reply.error is None)


def test_a_raster_whose_file_is_missing_is_refused_before_memory_is_taken(folder: Path) -> None:
    with pytest.raises(NstError) as caught:
        rasters.read(folder, Raster("content.raw", MAX_SIDE, MAX_SIDE, "f32"))
    assert caught.value.code == BAD_REQUEST


# A full disk -------------------------------------------------------------------------------------


@pytest.fixture
def no_large_files() -> Iterator[None]:
    # What is beyond the limit cannot be written, just as on a full disk; Python ignores SIGXFSZ.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIDE * SIDE * 4 - 1, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_result_that_the_disk_has_no_room_for_is_refused_before_it_is_painted(
    folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(folder)
    monkeypatch.setattr(os, "posix_fallocate", _full)
    events: list[Any] = []
    with pytest.raises(NstError) as caught:
        Job(asked, events.append).run([network])
    assert caught.value.code == DISK
    assert "disk is full" in caught.value.message
    assert events == []


def _full(*_arguments: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.usefixtures("no_large_files")
def test_a_result_cut_short_by_its_last_byte_is_an_error_and_never_a_result(
    tmp_path: Path,
) -> None:
    picture = Picture(np.zeros((SIDE, SIDE, 3), np.float32))
    with pytest.raises(NstError) as caught:
        rasters.write(picture, tmp_path / "result.raw", "u8")
    assert caught.value.code == DISK


def test_what_the_disk_reports_only_at_the_end_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _full)
    picture = Picture(np.zeros((SIDE, SIDE, 3), np.float32))
    with pytest.raises(NstError, match="disk is full"):
        rasters.write(picture, tmp_path / "result.raw", "u8")


@pytest.mark.parametrize("problem", [errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_that_reserves_nothing_is_written_all_the_same(
    problem: int, folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_arguments: Any) -> None:
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(os, "posix_fallocate", cannot)
    done = Job(request(folder), lambda _event: None).run([network])
    assert (folder / done.file).stat().st_size == SIDE * SIDE * 4


def test_a_preview_that_the_disk_has_no_room_for_is_left_out_and_painting_goes_on(
    folder: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = rasters.write

    def nearly_full(picture: Any, path: Path, sample: str, **how: Any) -> None:
        if path.name.startswith("preview"):
            path.write_bytes(b"half of it")
            raise NstError(DISK, "The disk is full.", "Make room.")
        write(picture, path, sample, **how)

    monkeypatch.setattr(rasters, "write", nearly_full)
    events: list[Any] = []
    done = Job(request(folder, preview_seconds=1e-6), events.append).run([network])
    assert (folder / done.file).stat().st_size == SIDE * SIDE * 4
    assert not [event for event in events if isinstance(event, Preview)]
    assert not list(folder.glob("preview*"))
