"""Whatever is written to a worker is answered or ignored, and the worker always ends.

The worker runs in the tests' own process, with its threads and its pipe; only the end of the
process is caught, and what would take long to paint is painted small.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_contract.errors import INTERNAL, NstError
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import (
    Done,
    Error,
    Estimate,
    Event,
    Loaded,
    Sketched,
    decode,
)
from nst_contract.protocol.limits import MAX_SIDE
from nst_contract.protocol.requests import Inquiry, Raster, Request, StyleRequest
from nst_contract.settings import SPECS, Settings
from nst_core.commands import style_sources
from nst_core.commands.worker_inbox import Inbox
from nst_core.commands.worker_outlet import Outlet
from nst_core.commands.worker_process import serve_one
from nst_core.networks import device, loading
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs
from nst_core.run import pipeline, sketch_size

PATIENCE = 120.0
# Where there is one, in memory: each session waits for its result to be on the disk.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a private one)
SIDE = 20
QUICK = {"size": 16, "evaluations": 0, "device": "cpu", "precision": "float32"}
# The folder of a request, wherever it will be.
FOLDER = "the folder"

# What stands where something else is expected.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(
        [0, -1, 2**31, 2**32, MAX_SIDE, MAX_SIDE + 1, 10**400, 1e-320, float("nan"), float("inf"),
         "", "x" * 300, "a\0b", "\ud800", "../x", "/dev/zero", "u8", "swirls", "content", FOLDER],
    ),
)  # fmt: skip
ODDITIES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=8), SCALARS, max_size=3),
    st.integers(1, 3000).map(lambda depth: json.loads("[" * min(depth, 90) + "]" * min(depth, 90))),
)
SETTINGS = st.dictionaries(st.sampled_from(sorted(SPECS)), ODDITIES, max_size=3)


def inquiry(settings: dict[str, Any]) -> Any:
    asked = Inquiry(3, (64, 48), ((40, 30), (5, 5)), QUICK, 1, (1.0, 2))
    message = json.loads(asked.to_line())
    message["inquiry"]["settings"].update(settings)
    return message


def request(settings: dict[str, Any]) -> Any:
    picture, mask = Raster("p.raw", SIDE, SIDE, "u8"), Raster("m.raw", SIDE, SIDE, "u8", 1)
    style = StyleRequest(picture, 2, 0.5, mask)
    asked = Request(FOLDER, picture, (style,), mask, picture, QUICK, 1e-6, mask)
    message = {"protocol": PROTOCOL, **asdict(asked)}
    message["settings"].update(settings)
    return message


def sketch(settings: dict[str, Any]) -> Any:
    asked = request(settings)
    version = asked.pop("protocol")
    values = {"number": 4, "request": asked, "side": SIDE, "seconds": 2.0}
    return {"protocol": version, "sketch": values}


def places(message: Any) -> Iterator[tuple[Any, Any]]:
    """Yields each container in a message with each of its keys or indices."""
    for key, value in message.items() if isinstance(message, dict) else enumerate(message):
        yield message, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A line that is a message, more or less."""
    make = draw(st.sampled_from([inquiry, request, sketch]))
    message = copy.deepcopy(make(draw(SETTINGS)))
    for _ in range(draw(st.integers(0, 3))):
        container, key = draw(st.sampled_from([({}, ""), *places(message)]))
        if draw(st.booleans()):
            container[key] = draw(ODDITIES)
        elif container:
            del container[key]
    return json.dumps(message)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line, good, damaged or not one at all, without its end."""
    line = draw(
        st.one_of(
            messages().map(str.encode),
            messages().map(str.encode),
            st.sampled_from(
                [b"finish", b"cancel", b"drop", b"", b"finish ", b"null", b"{}", b"[" * 20_000]
            ),
            st.binary(max_size=40),
        )
    ).replace(b"\n", b"")
    match draw(st.sampled_from(["whole", "whole", "whole", "cut off", "spoilt"])):
        case "cut off":
            line = line[: draw(st.integers(0, len(line)))]
        case "spoilt" if line:
            spoilt = bytearray(line)
            spoilt[draw(st.integers(0, len(line) - 1))] = draw(st.integers(11, 255))
            line = bytes(spoilt)
    return line


class Ended(BaseException):
    """Stands for the end of the process."""


@dataclass
class Session:
    """One worker, from its start to its end.

    Attributes:
        events: all that it said.
        codes: the exit code of each call that would have ended the process.
        raised: what left a thread, and must not.
    """

    folder: Path
    events: list[Event] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    raised: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        reading, self._writing = os.pipe()
        self._reading = reading
        self._answered = threading.Event()
        outlet = Outlet(self, Path("worker.log"))  # type: ignore[arg-type]
        self.inbox = Inbox(outlet.fail, descriptor=reading, end=self._end)
        self._main = threading.Thread(target=self._guarded, args=(self._serve, outlet))
        self._reader = threading.Thread(target=self._guarded, args=(self.inbox.run,))

    def run(self, chunks: list[bytes], is_abrupt: bool) -> None:
        """Has it read all of this, and then the end of input."""
        self._main.start()
        self._reader.start()
        with contextlib.suppress(BrokenPipeError):  # it ended before it had read everything
            for chunk in chunks:
                os.write(self._writing, chunk)
            if not is_abrupt:
                # No request ends like this, so that the worker must end, in whatever way.
                os.write(self._writing, b"\nthe end\n")
        if not is_abrupt:
            assert self._answered.wait(PATIENCE), "it neither answers nor ends"
        os.close(self._writing)
        for thread in (self._reader, self._main):
            thread.join(PATIENCE)
            assert not thread.is_alive(), "it has not ended"

    def write(self, line: str) -> None:
        """As an outlet's file."""
        if self.codes:
            raise BrokenPipeError
        self.events.append(decode(line))

    def flush(self) -> None:
        """As an outlet's file."""

    def _serve(self, outlet: Outlet) -> None:
        self.codes.append(serve_one(self.inbox, outlet))

    def _guarded(self, work: Any, *arguments: Any) -> None:
        try:
            work(*arguments)
        except Ended:
            pass
        except BaseException as error:
            self.raised.append(error)
        if threading.current_thread() is self._main:
            self._answered.set()
        else:
            os.close(self._reading)

    def _end(self, code: int) -> None:
        self.codes.append(code)
        # In place of the process, the thread that waits for what is asked ends.
        self.inbox._asked.put(NstError("ended", "", ""))
        raise Ended


def painted_small(inputs: Inputs, settings: Settings, *arguments: Any, **options: Any) -> Any:
    inputs.check(settings)
    small = replace(settings, size=16, coarsest=0, evaluations=0, threads=1, memory=0.0)
    return run_stylization(inputs, small, *arguments, **options)


run_stylization = pipeline.run_stylization


@pytest.fixture(scope="module", autouse=True)
def quick_worker(network: Vgg) -> Iterator[None]:
    cpu = device.Placement((network.device,), "float32")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "choose_device", lambda: cpu)
        patch.setattr(loading, "load_networks", lambda _placement, _settings: [network])
        patch.setattr(pipeline, "run_stylization", painted_small)
        patch.setattr(sketch_size, "CHOICES", ((16, 0),))
        patch.setattr(style_sources, "LARGEST", 64)
        patch.setattr(style_sources, "_LEAST_SIDE", 64)
        yield


_SENT: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def counted(record_testsuite_property: Any) -> Iterator[None]:
    """Says at the end, in the tests' report, how many lines were sent."""
    yield
    record_testsuite_property("protocol lines", sum(_SENT))


def is_internal(event: Event) -> bool:
    error = event.error if isinstance(event, (Estimate, Sketched)) else event
    return isinstance(error, Error) and error.code == INTERNAL


def in_pieces(text: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(ends)]


@given(
    sent=st.lists(lines(), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 2**16), max_size=4),
    is_abrupt=st.booleans(),
)
def test_every_session_ends_in_a_result_or_an_error_or_because_nobody_wants_it(
    sent: list[bytes], cuts: list[int], is_abrupt: bool
) -> None:
    _SENT.append(len(sent))
    with TemporaryDirectory(dir=IN_MEMORY) as parent:
        folder = Path(parent) / "neural-style-x"
        folder.mkdir(mode=0o700)
        (folder / "p.raw").write_bytes(bytes(range(256)) * 6 + bytes([255]) * 64)
        (folder / "m.raw").write_bytes(bytes([255]) * SIDE * SIDE)
        kept = Path(parent) / "photograph.png"
        kept.write_bytes(b"mine")
        text = b"\n".join(sent).replace(FOLDER.encode(), str(folder).encode())

        session = Session(folder)
        session.run(in_pieces(text, cuts), is_abrupt)

        assert session.raised == []
        assert session.codes
        assert not [event for event in session.events if is_internal(event)]
        assert [path for path in Path(parent).iterdir() if path != folder] == [kept]
        if session.events:
            assert isinstance(session.events[0], Loaded)
        # The other side may be gone just as the worker comes to its end.
        is_wanted = not is_abrupt and b"cancel" not in sent
        match session.events[-1:]:
            case [Error()]:
                assert folder.exists() or not is_wanted
            case [Done() as done]:
                result = folder / done.file
                assert not is_wanted or result.stat().st_size == 4 * SIDE * SIDE
            case _:
                assert not is_wanted
