"""Standard output and error cost no picture: closed, full, in ASCII, or a dead terminal."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import resource
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers.photographs import COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import PATIENCE, command, environment

STYLE = ("styles", "swirls", "--size", "64", "-o")
QUICK = (
    "--size", "48", "--coarsest", "0", "--evaluations", "2", "--threads", "1", "--device", "cpu"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, photo in (("photo", COFFEE), ("style", TISSUE)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    return tmp_path


def run(
    folder: Path,
    *arguments: str | Path,
    redirected: str = "",
    prepare: Callable[[], None] | None = None,
    **env: str,
) -> subprocess.CompletedProcess[str]:
    """Runs ``nst`` in a folder, with what a shell would redirect."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirected}', "sh", *command(*arguments)],
        cwd=folder, env=environment() | env, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", errors="surrogateescape", timeout=PATIENCE, check=False,
        preexec_fn=prepare,
    )  # fmt: skip


def assert_picture(path: Path, size: tuple[int, int] = (64, 64)) -> None:
    with Image.open(path) as image:
        image.load()
        assert image.size == size


def assert_quiet(done: subprocess.CompletedProcess[str]) -> None:
    for words in ("Traceback", "Exception", "Error", "ignored"):
        assert words not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "redirected",
    [">&-", "2>&-", "<&-", ">&- 2>&-", ">&- 2>&- <&-", ">/dev/full", "2>/dev/full",
     ">/dev/full 2>/dev/full"],
)  # fmt: skip
def test_a_picture_is_painted_wherever_the_words_go(redirected: str, folder: Path) -> None:
    done = run(folder, *STYLE, "result.png", redirected=redirected)
    assert done.returncode == 0, done.stderr
    assert_picture(folder / "result.png")
    assert_quiet(done)


@pytest.mark.parametrize(
    ("redirected", "more"),
    [(">&- 2>&- <&-", []), (">/dev/full 2>/dev/full", []), (">/dev/full", ["--json"])],
)
def test_a_run_with_a_bar_and_a_checkpoint_goes_on_to_its_end(
    redirected: str, more: list[str], folder: Path
) -> None:
    line = ["stylize", "photo.png", "style.png", "-o", "result.png", *QUICK, *more]
    done = run(
        folder, *line, "--checkpoint", "saved", "--checkpoint-every", "1", redirected=redirected
    )
    assert done.returncode == 0, done.stderr
    assert_picture(folder / "result.png", (64, 48))
    assert_quiet(done)


def test_nothing_that_libraries_print_gets_into_a_file(folder: Path) -> None:
    # With a closed stream, the next file to be opened gets its number.
    done = run(
        folder, "stylize", "photo.png", "style.png", "-o", "r.png", *QUICK, redirected="2>&- >&-"
    )
    assert done.returncode == 0
    for path in folder.glob("*"):
        assert b"evaluation" not in path.read_bytes()


def test_letters_that_a_terminal_does_not_have_are_written_in_ascii(folder: Path) -> None:
    for encoding in ("ascii", "ascii:strict"):
        done = run(folder, *STYLE, "画ö.png", PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("\\u753b")
        assert_picture(folder / "画ö.png")
        assert_quiet(done)
    run(folder, "stylize", "nö.png", "style.png", "-o", "r.png", PYTHONIOENCODING="ascii")
    done = run(folder, "styles", "swirls", "-o", "ö.xyz", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stderr.startswith("nst: \\xf6.xyz does not end")


def test_names_that_are_no_text_are_written_as_they_are(folder: Path) -> None:
    done = run(folder, *STYLE, "caf\udce9.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "caf\udce9.png\n"
    assert_picture(folder / "caf\udce9.png")


@pytest.mark.parametrize(
    "asked", [["styles"], ["weights"], ["show", "result.png"], ["show", "result.png", "--json"]]
)
def test_what_a_command_was_called_to_say_is_missed(asked: list[str], folder: Path) -> None:
    if "result.png" in asked:
        line = ["stylize", "photo.png", "style.png", "-o", "result.png", *QUICK]
        assert run(folder, *line, "--evaluations", "0").returncode == 0
    done = run(folder, *asked, redirected=">/dev/full")
    assert done.returncode == 1
    if "--json" not in asked:
        assert done.stderr.startswith("nst: Standard output cannot be written (No space left")
    assert_quiet(done)


@pytest.mark.parametrize("asked", [["styles"], ["weights"]])
def test_a_reader_who_has_enough_may_go(asked: list[str], folder: Path) -> None:
    done = run(folder, *asked, redirected="| true")
    assert done.stderr == ""


def test_a_terminal_that_goes_away_takes_no_picture_with_it(folder: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    process = subprocess.Popen(
        command("stylize", "photo.png", "style.png", "-o", "result.png", *QUICK,
                "--evaluations", "40"),
        cwd=folder, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # as nohup does
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while b"evaluation" not in said:
        said += os.read(ours, 1000)
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    assert_picture(folder / "result.png", (64, 48))


def test_a_home_without_room_for_a_log_costs_no_picture(folder: Path) -> None:
    def no_room() -> None:
        """Has every file full at a size that a log soon has, and a small picture does not."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    home = folder / "home"
    logs = home / "gimp-neural-style" / "log"
    logs.mkdir(parents=True)
    (logs / "nst.log").write_bytes(b"." * 60_000)
    done = run(
        folder, "stylize", "photo.png", "none.png", "-o", "r.png", prepare=no_room,
        HOME=str(home), XDG_STATE_HOME=str(home),
    )  # fmt: skip
    assert done.returncode == 1  # which is logged
    assert done.stderr.startswith("nst: There is no picture file")
    assert len(done.stderr.splitlines()) == 2
    assert (logs / "nst.log").stat().st_size == 60_000
    done = run(folder, *STYLE, "r.png", prepare=no_room, HOME=str(home), XDG_STATE_HOME=str(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert_picture(folder / "r.png")


@pytest.mark.parametrize("home", ["missing", "file", "protected"])
def test_a_home_that_cannot_be_written_costs_no_picture(home: str, folder: Path) -> None:
    (folder / "file").touch()
    (folder / "protected").mkdir(mode=0o500)
    place = str(folder / home)
    env: dict[str, Any] = {
        "HOME": place,
        **{f"XDG_{kind}_HOME": place for kind in ("STATE", "CACHE", "DATA")},
    }
    done = run(folder, *STYLE, "r.png", **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert_picture(folder / "r.png")


def test_a_program_that_reads_and_goes_ends_the_run(folder: Path) -> None:
    process = subprocess.Popen(
        command("stylize", "photo.png", "style.png", "-o", "r.png", "--json",
                "--size", "48", "--evaluations", "10000"),
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["event"] == "ready"
    process.stdout.close()
    with contextlib.closing(process.stderr):
        assert process.wait(PATIENCE) == 1
        assert process.stderr.read() == b""
    assert not (folder / "r.png").exists()
