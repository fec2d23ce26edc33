"""Other processes: how they are started, and how they ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

# What every Python of ours is started with: no code of the current folder, of PYTHONPATH or of the
# user's own packages; and files and pipes in UTF-8, where Windows would use an older code page.
PYTHON_OPTIONS = ("-I", "-X", "utf8")

_ENDS_WITH_US = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
_EXTENDED_LIMITS = 9
_LONGEST_PATH = 32768
# From here on, an exit code is an NTSTATUS: what Windows ended the process for.
_FIRST_FAILURE = 0x80000000

_starting = threading.Lock()
# Ends what was started when this process ends, however that happens: the system closes it then.
_job: list[int] = []


def start_in_background(
    command: Sequence[str], env: Mapping[str, str], **options: Any
) -> subprocess.Popen[Any]:
    """Starts a program that nobody sees, in a folder that nobody will want to remove.

    It finds the system's libraries instead of this program's: GIMP leads all that it starts to its
    own, which are not those that torch was made for.

    Args:
        command: the program and its arguments.
        env: all of its environment variables.
        options: further ones of Popen.

    Raises:
        OSError: if it cannot be started.
    """
    with _usual_library_folders():
        process = subprocess.Popen(  # noqa: S603
            command,
            env={**env, "PATH": _without(Path(sys.prefix), env.get("PATH", ""))},
            cwd=env.get("SYSTEMROOT") or None,
            creationflags=subprocess.CREATE_NO_WINDOW,
            **options,
        )
    _tie(process)
    return process


def start_with_lock(command: Sequence[str], _lock: int, **options: Any) -> subprocess.Popen[Any]:
    """Starts a program during which nobody else gets a lock, even if this process is killed: then
    the program ends, too.

    Args:
        command: the program and its arguments.
        _lock: the descriptor of the locked file; -1 for none.
        options: further ones of Popen.

    Raises:
        OSError: if it cannot be started.
    """
    process = subprocess.Popen(command, **options)  # noqa: S603
    _tie(process)
    return process


def end_group(process: subprocess.Popen[Any]) -> None:
    """Ends a process, with everything that it started and that is tied to it."""
    process.terminate()


def use_bundled_libraries() -> None:
    """Lets libraries find Microsoft's C++ runtime where pip has put it, if the system has none, or
    an old one: such folders come before the system's.
    """
    folder = Path(sys.prefix) / "Scripts"
    if (folder / "msvcp140.dll").is_file():
        os.add_dll_directory(str(folder))


def was_killed(_code: int) -> bool:
    """Tells whether the system or somebody has killed a process, as where memory is short: nothing
    here does so by itself.

    Args:
        _code: as Popen returns it.
    """
    return False


def ending(code: int) -> str:
    """Returns how a process ended, for people who report it.

    Args:
        code: as Popen returns it.
    """
    number = code & 0xFFFFFFFF
    return f"Windows error {number:#010x}" if number >= _FIRST_FAILURE else f"exit code {code}"


@contextlib.contextmanager
def _usual_library_folders() -> Iterator[None]:
    """Takes back, for a moment, where SetDllDirectory has led this process: children inherit it."""
    with _starting:
        before = ctypes.create_unicode_buffer(_LONGEST_PATH)
        is_led = kernel.get_dll_directory(_LONGEST_PATH, before)
        kernel.set_dll_directory(None)
        try:
            yield
        finally:
            if is_led:
                kernel.set_dll_directory(before.value)


def _without(folder: Path, path: str) -> str:
    """Returns the folders of PATH that are not below this program's own."""
    if folder == Path(folder.anchor):
        return path
    parts = (part for part in path.split(os.pathsep) if part)
    return os.pathsep.join(part for part in parts if not Path(part).is_relative_to(folder))


def _tie(process: subprocess.Popen[Any]) -> None:
    """Has a process end with this one; where that is not allowed, it notices by itself."""
    with _starting:
        if not _job and (made := _made_job()):
            _job.append(made)
    if _job:
        kernel.assign_to_job(_job[0], int(process._handle))  # type: ignore[attr-defined]


def _made_job() -> int | None:
    job: int | None = kernel.create_job(None, None)
    limits = kernel.JobLimits(flags=_ENDS_WITH_US)
    if job and kernel.set_job_information(
        job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
    ):
        return job
    return None
