"""How ``nst`` ends by a signal, at any moment: nothing is left behind, nothing looks like a crash.

Painting a built-in style needs no torch, and goes through everything that ends a command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nst_install import launcher
from tests.helpers.processes import PATIENCE, REPOSITORY, environment

# As nst_core.__main__ does it, with something in place of a function.
START = """
import sys, time
import nst_core.__main__
from nst_core.cli import main
{instead}
sys.exit(main(sys.argv[1:]))
"""
# Like a large file on a slow disk: it tells that it has begun, and goes on for ever.
SLOW_DISK = """
import os
def fsync(handle):
    sys.stdout.write("writing\\n")
    sys.stdout.flush()
    time.sleep(1000)
os.fsync = fsync
"""
# Like a convolution that takes minutes: no signal handler of Python's runs meanwhile.
BUSY = """
import hashlib
from pathlib import Path
from nst_core.builtin_styles import gallery
from nst_core.storage import atomic_files
def paint(*_, **__):
    with atomic_files.writing(Path("half")):
        sys.stdout.write("writing\\n")
        sys.stdout.flush()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
gallery.paint = paint
"""


def start(
    folder: Path, instead: str, *, ignored: signal.Signals | None = None
) -> subprocess.Popen[str]:
    """Starts painting a style, and returns once it is being written."""

    def prepare() -> None:
        # Shells start what runs in the background with Ctrl+C ignored, and nohup with SIGHUP.
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if ignored:
            signal.signal(ignored, signal.SIG_IGN)

    line = ["styles", "swirls", "-o", "result.png", "--size", "64"]
    process = subprocess.Popen(
        [sys.executable, "-c", START.format(instead=instead), *line],
        preexec_fn=prepare, cwd=folder, env=environment(), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    assert any(path.name.startswith(".nst-") for path in folder.iterdir())
    return process


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


@pytest.mark.parametrize("instead", [SLOW_DISK, BUSY], ids=["slow disk", "busy"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_half_written(
    number: signal.Signals, instead: str, tmp_path: Path
) -> None:
    process = start(tmp_path, instead)
    process.send_signal(number)
    assert end(process) == (128 + number, "")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    process = start(tmp_path, SLOW_DISK)
    process.send_signal(signal.SIGINT)
    code, errors = end(process)
    assert (code, errors) == (130, "nst: Stopped.\n     Nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_ends_even_what_does_not_listen(tmp_path: Path) -> None:
    process = start(tmp_path, BUSY)
    for _ in range(10 * PATIENCE):  # two that come at once are one
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    code, errors = end(process)
    assert code == 130
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_what_was_started_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    process = start(tmp_path, SLOW_DISK, ignored=signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 128 + signal.SIGTERM


def test_a_ctrl_c_that_a_library_swallows_is_not_lost(tmp_path: Path) -> None:
    swallows = """
from nst_core.builtin_styles import gallery
class Swallows:
    def __del__(self):
        while True:
            time.sleep(0.01)
def paint(*_, **__):
    from nst_core.storage import atomic_files
    with atomic_files.writing(__import__("pathlib").Path("half")):
        sys.stdout.write("writing\\n")
        sys.stdout.flush()
        Swallows()
        time.sleep(1000)
gallery.paint = paint
"""
    process = start(tmp_path, swallows)
    process.send_signal(signal.SIGINT)
    code, errors = end(process)
    assert (code, errors) == (130, "nst: Stopped.\n     Nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """``nst`` as the installer makes it, of this clone."""
    launcher.write(tmp_path / "nst", Path(sys.executable))
    script = (tmp_path / "nst").read_text()
    here = f"site.main()\nsys.path.insert(0, {str(REPOSITORY)!r})\n".replace("'", '"')
    assert script.count("site.main()\n") == 1
    (tmp_path / "nst").write_text(script.replace("site.main()\n", here))
    return tmp_path / "nst"


@pytest.mark.parametrize("after", [0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_right_after_the_start_says_no_more_than_that_it_stopped(
    times: int, after: float, program: Path
) -> None:
    process = subprocess.Popen(
        [program, "styles"],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(after)
        raise subprocess.TimeoutExpired("nst", after)  # it was quick
    for _ in range(times):
        process.send_signal(signal.SIGINT)
    code, errors = end(process)
    assert code in (0, 130, -signal.SIGINT)  # over, told, or before there was anybody to be told
    assert "Traceback" not in errors
    assert errors in ("", "nst: Stopped.\n     Nothing was written.\n")


def test_signals_are_handled_as_before_when_a_command_is_over() -> None:
    from tests.helpers.in_process import nst

    nst("styles")  # a process's first command keeps its environment's lock open until it ends
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: list[Callable[..., object] | int | None] = [*map(signal.getsignal, numbers)]
    hook, descriptors = sys.unraisablehook, len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    threads = set(threading.enumerate())
    assert nst("styles").returncode == 0
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)  # the one that watches closes its end of the pipe itself
    assert [*map(signal.getsignal, numbers)] == before
    assert sys.unraisablehook is hook
    assert signal.set_wakeup_fd(-1) == -1
    assert len(os.listdir("/proc/self/fd")) <= descriptors  # noqa: PTH208
