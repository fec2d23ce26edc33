"""Finds the GIMPs that the tests run in, and runs GUI scripts inside them.

NST_GIMP_ROOTFS: ':'-separated folders made by rootfs.sh.  Without it: a native
gimp-console 3.x on PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import coverage_hook
from . import profile as profiles

HARNESS = Path(__file__).resolve().parent
REPOSITORY = HARNESS.parents[2]
WRAPPER = HARNESS / "gimp-in-rootfs"

_NATIVE_NAMES = ("gimp-console-3.2", "gimp-console-3.0", "gimp-console-3", "gimp-console")

# The GUI script sees this package as `harness`, too, whatever it is called outside.
_BOOT = (
    "import runpy, sys; sys.path[:0] = sys.argv[1:3]; sys.argv = sys.argv[3:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@dataclass(frozen=True)
class Gimp:
    """One GIMP to test in."""

    version: tuple[int, int, int]
    command: list[str]
    """what behaves like gimp-console"""
    env: dict[str, str] = field(default_factory=dict)
    """variables that `command` needs"""
    label: str = ""
    """for test ids, e.g. "3.0 (trixie)\""""
    root: Path = Path("/")
    """the root file system it runs in"""

    def bind(
        self, paths: Iterable[str | os.PathLike[str]], pythons: Iterable[str] = ()
    ) -> dict[str, str]:
        """Return the variables that make PATHS and interpreters PYTHONS visible in this GIMP."""
        return {
            **self.env,
            "GIMP_BIND": ":".join(os.fspath(path) for path in paths),
            "GIMP_PYTHON": ":".join(list(pythons) or [sys.executable]),
        }


@dataclass(frozen=True)
class GuiRun:
    """What a GUI script left behind."""

    value: Any
    """the object given to `harness.gui.result`, None if there was none"""
    log: str
    """everything the script, GIMP and the plug-ins printed"""
    returncode: int


def _parse_version(text: str) -> tuple[int, int, int] | None:
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def rootfs_gimp(root: Path) -> Gimp:
    """Return the GIMP of a root file system made by rootfs.sh."""
    try:
        version = _parse_version((root / ".gimp-version").read_text())
        suite = (root / ".gimp-rootfs").read_text().split()[1]
    except OSError as error:
        raise FileNotFoundError(
            f"{root} is not a finished root file system with GIMP; "
            f"build it: {HARNESS / 'rootfs.sh'} trixie {root}"
        ) from error
    assert version is not None, f"{root}/.gimp-version holds no version"
    label = f"{version[0]}.{version[1]} ({suite})"
    return Gimp(version, [str(WRAPPER)], {"GIMP_ROOTFS": str(root)}, label, root)


def native_gimp() -> Gimp | None:
    """Return the GIMP 3 on PATH, or None."""
    for name in _NATIVE_NAMES:
        executable = shutil.which(name)
        if executable is None:
            continue
        asked = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        version = _parse_version(asked.stdout)
        if version and version[0] == 3:
            return Gimp(version, [executable], label=f"{version[0]}.{version[1]} (native)")
    return None


def find_gimps() -> list[Gimp]:
    """Return every GIMP to test in; an empty list if there is none on this machine."""
    listed = os.environ.get("NST_GIMP_ROOTFS", "")
    if listed:
        return [rootfs_gimp(Path(folder).absolute()) for folder in listed.split(":") if folder]
    native = native_gimp()
    return [native] if native else []


def run_gui_script(
    gimp: Gimp,
    script: str | os.PathLike[str],
    args: Sequence[str] = (),
    *,
    binds: Iterable[str | os.PathLike[str]] = (),
    pythons: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
    shots: str | os.PathLike[str] | None = None,
    timeout: float = 900,
) -> GuiRun:
    """Run the Python file SCRIPT, which drives a window with `harness.gui`, inside GIMP.

    The script runs in the root file system's own Python (native: the system's), in a PID
    namespace of its own where that exists, so nothing survives it.  It says
    `from harness.gui import GimpGui, result`.

    binds, pythons: what must be visible inside besides the repository and /tmp.
    shots: the folder that relative names of screenshots are meant in.
    """
    with tempfile.TemporaryDirectory(prefix="nst-gui.", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "harness").symlink_to(HARNESS)
        answer, log = folder / "result.json", folder / "log"
        recording = coverage_hook.prepare(REPOSITORY)
        wanted = [folder, HARNESS, Path(script).resolve().parent, *recording, *binds]
        if shots is not None:
            Path(shots).mkdir(parents=True, exist_ok=True)
            wanted.append(Path(shots).absolute())
        full = profiles.environment(folder, gimp.bind(wanted, pythons))
        full |= {"NST_GUI_RESULT": str(answer)}
        full |= {"NST_GUI_SHOTS": str(Path(shots or folder).absolute())}
        full |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        full |= {"GIMP_BIN": "python3", "GIMP_PIDNS": "1", **(env or {})}
        python = [str(WRAPPER)] if "GIMP_ROOTFS" in gimp.env else ["/usr/bin/python3"]
        paths = [str(folder), str(REPOSITORY), str(Path(script).absolute())]
        command = [*python, "-c", _BOOT, *paths, *args]
        returncode = _run_logged(command, full, log, timeout)
        value = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None
        return GuiRun(value, log.read_text(encoding="utf-8", errors="replace"), returncode)


def _run_logged(command: list[str], env: Mapping[str, str], log: Path, timeout: float) -> int:
    # a file, not a pipe: whatever survives the script must not keep the test waiting
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()  # its PID namespace, if it has one, dies with it
            out.write(f"\nkilled after {timeout} s\n")
            process.wait()
            return 124
