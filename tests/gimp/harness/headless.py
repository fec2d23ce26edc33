"""Runs Python code inside a real GIMP without a window.

    outcome = run("result(Gimp.version())", find_gimps()[0])
    outcome.value, outcome.stdout, outcome.stderr, outcome.returncode

The code finds the helpers of prelude.py (new_image, get, put, call, result) and the
modules Gimp, Gegl, Gio, GLib and GObject already there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from . import profile as profiles
from .locate import HARNESS, Gimp

PRELUDE = HARNESS / "prelude.py"


class GimpError(AssertionError):
    """GIMP failed or took too long; the text holds all it printed."""


@dataclass(frozen=True)
class Outcome:
    """What became of a script."""

    value: Any
    """the object last given to result(), None if there was none"""
    stdout: str
    stderr: str
    returncode: int


class Session:
    """A script running in GIMP; a context manager that leaves neither processes nor files.

    pid is the real pid of the GIMP process, to be sent SIGKILL for example; a plug-in's
    parent is that process, an engine's parent is the plug-in (see processes.py).
    """

    def __init__(
        self,
        script: str,
        gimp: Gimp,
        plug_in_path: Iterable[str | os.PathLike[str]] = (),
        *,
        binds: Iterable[str | os.PathLike[str]] = (),
        pythons: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        profile: str | os.PathLike[str] | None = None,
        lean: bool = True,
        fonts: bool = False,
    ) -> None:
        """Start GIMP.

        script: Python code; indented code is dedented.
        plug_in_path: folders that hold plug-ins as NAME/NAME.py.
        binds: more folders that GIMP must see; /tmp and the repository it sees anyway.
        pythons: interpreters that the plug-in starts; default: the one that runs pytest.
        env: more variables (HOME, too, which by default is an empty folder).
        profile: a folder to keep between runs; default: a fresh one, removed afterwards.
        lean: leave out GIMP's own plug-ins but for python-eval, PNG and JPEG.
        fonts: load fonts, without which there are no text layers.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="nst-gimp."))
        own = Path(profile).absolute() if profile else self.folder / "profile"
        plug_ins = [Path(folder).absolute() for folder in plug_in_path]
        system = profiles.system_plug_ins(gimp.root)
        profiles.write_profile(own, plug_ins, lean=lean, system=system)
        path = self.folder / "script.py"
        path.write_text(textwrap.dedent(script), encoding="utf-8")
        visible = gimp.bind([self.folder, own, HARNESS, *plug_ins, *binds], pythons)
        self._answer = self.folder / "result.json"
        given = {"NST_GIMP_RESULT": str(self._answer), **visible, **(env or {})}
        options = ["-id" if fonts else "-idf", "--batch-interpreter=python-fu-eval"]
        options += ["-b", _execute(PRELUDE, path)]
        # files, not pipes: an engine that outlives GIMP must not keep the test waiting
        with self._output("stdout").open("w") as out, self._output("stderr").open("w") as err:
            self.process = subprocess.Popen(
                [*gimp.command, *options, "--quit"],
                env=profiles.environment(own, given),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.pid = self.process.pid

    def _output(self, name: str) -> Path:
        return self.folder / name

    def _read(self, name: str) -> str:
        return self._output(name).read_text(encoding="utf-8", errors="replace")

    def _fail(self, what: str) -> GimpError:
        shown = "\n".join(f"--- {name}\n{self._read(name)}" for name in ("stderr", "stdout"))
        return GimpError(f"{what}\n{shown}")

    def value(self, timeout: float = 180) -> Any:
        """Wait for the script to call result() and return its object; the script runs on."""
        end = time.monotonic() + timeout
        while not self._answer.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise self._fail(f"no result (exit status {self.process.returncode})")
            time.sleep(0.02)
        return json.loads(self._answer.read_text(encoding="utf-8"))

    def finish(self, timeout: float = 300, *, check: bool = True) -> Outcome:
        """Wait for GIMP to end; with check, an exit status other than 0 is a GimpError."""
        try:
            returncode = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise self._fail(f"GIMP did not end within {timeout} s") from None
        if check and returncode:
            raise self._fail(f"GIMP ended with {returncode}")
        value = json.loads(self._answer.read_text("utf-8")) if self._answer.exists() else None
        return Outcome(value, self._read("stdout"), self._read("stderr"), returncode)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _execute(*files: Path) -> str:
    """Return code that runs FILES in one namespace, with tracebacks that name them."""
    return "from pathlib import Path\n" + "\n".join(
        f"exec(compile(Path({name!r}).read_text('utf-8'), {name!r}, 'exec'), globals())"
        for name in map(str, files)
    )


def run(
    script: str,
    gimp: Gimp,
    plug_in_path: Iterable[str | os.PathLike[str]] = (),
    *,
    binds: Iterable[str | os.PathLike[str]] = (),
    pythons: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
    profile: str | os.PathLike[str] | None = None,
    lean: bool = True,
    fonts: bool = False,
    timeout: float = 300,
    check: bool = True,
) -> Outcome:
    """Run SCRIPT in GIMP to its end; the arguments are those of `Session` and its `finish`."""
    with Session(
        script,
        gimp,
        plug_in_path,
        binds=binds,
        pythons=pythons,
        env=env,
        profile=profile,
        lean=lean,
        fonts=fonts,
    ) as session:
        return session.finish(timeout, check=check)
