"""Names that hold control characters reach terminals and logs escaped, and programs as they are."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from nst_contract.printable import printable, printable_lines
from nst_contract.protocol.events import Caution, Done, Error
from nst_core.reporting import log_files, reporter, streams
from nst_core.reporting.reporter import BatchReporter, Reporter
from tests.helpers.photographs import COFFEE, as_bytes, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY, command, environment

# Sets the window's title, turns text red, and poses as another line; a byte that is no text.
HOSTILE = "a\x1b]0;owned\x07\x1b[31m\nnst: all is well\udcff\x9b1m\u202e.png"
CONTROLS = ["\x1b", "\x07", "\x9b", "\u202e", "\udcff"]


def assert_harmless(text: str) -> None:
    assert not [sign for sign in CONTROLS if sign in text]
    assert r"\x1b[31m" in text


def test_what_can_be_read_stays_as_it_is() -> None:
    assert printable("Zoë's 絵 (2).png") == "Zoë's 絵 (2).png"
    assert printable("a\nb\x1b") == r"a\nb\x1b"
    assert printable_lines("a\nb\x1b") == "a\nb\\x1b"


@pytest.mark.parametrize("make", [Reporter, BatchReporter])
def test_people_see_names_escaped(make: type[Reporter], capsys: pytest.CaptureFixture[str]) -> None:
    tell = make(as_json=False)
    tell(Caution(f"{HOSTILE} is small.", HOSTILE))
    tell(Error("disk", f"{HOSTILE} cannot be written.", HOSTILE))
    said = capsys.readouterr().err
    assert_harmless(said)
    assert "\nnst: all is well" not in said


class Terminal:
    """A standard output that somebody sees."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """There is nothing to flush."""


def test_the_results_path_is_escaped_on_a_terminal_and_exact_for_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = HOSTILE.replace("\udcff", "")
    done = Done(path, {}, 0, "vgg19", 1, 1.0, 1.0)
    Reporter(as_json=False)(done)
    assert capsys.readouterr().out == f"{path}\n"
    terminal = Terminal()
    monkeypatch.setattr(reporter.sys, "stdout", terminal)  # type: ignore[attr-defined]
    Reporter(as_json=False)(done)
    assert_harmless(terminal.text)


def test_a_program_gets_the_very_bytes_of_a_name_that_is_no_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    output = io.TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr("sys.stdout", output)
    with streams.usable():
        streams.say(os.fsdecode(b"r\xe4s.png \xff"))
        streams.say(" \u20ac")
    assert written.getvalue() == b"r\xe4s.png \xff \\u20ac"


@pytest.fixture
def logging_kept() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.usefixtures("logging_kept")
def test_logs_hold_names_escaped_and_one_line_for_each_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = log_files.start("nst")
    log = logging.getLogger("test")
    log.warning("%s is small", HOSTILE)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        log.exception("it failed")
    text = path.read_text(encoding="utf-8")
    assert_harmless(text)
    first, second, *traceback = text.splitlines()
    assert first.endswith(".png is small")
    assert second.endswith("it failed")
    assert traceback[0].startswith("Traceback")


def test_nst_at_a_terminal_shows_a_strangers_file_name_escaped(tmp_path: Path) -> None:
    name = tmp_path / "x\x1b[31m\x07.png"
    Image.fromarray(as_bytes(photograph(COFFEE, 8, 8))).save(name)
    misspelt = ("stylize", str(name), str(name), "-o", "r.png", "--\x1b[31m\x07")
    for arguments in (("show", str(name)), misspelt):
        text = at_a_terminal(*arguments)
        assert r"\x1b[31m" in text
        assert "\x1b[31m" not in text
        assert "\x07" not in text


def at_a_terminal(*arguments: str) -> str:
    """Returns what ``nst`` shows at a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), cwd=REPOSITORY, env=environment(), stdin=subprocess.DEVNULL,
        stdout=theirs, stderr=theirs,
    )  # fmt: skip
    process.wait(timeout=PATIENCE)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # the end, on Linux
        pass
    os.close(ours)
    return text.decode(errors="replace")


def test_lines_for_programs_stay_json(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter(as_json=True)(Error("disk", HOSTILE, ""))
    assert json.loads(capsys.readouterr().out)["message"] == HOSTILE
