"""A real GIMP with our plug-in in it, and an eye on what both leave behind."""

from __future__ import annotations

import contextlib
import json
import stat
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import nst_core
from nst_install.plugin import place
from tests.gimp.harness import processes
from tests.gimp.harness.headless import PATIENCE, Call, Session
from tests.gimp.harness.locate import REPOSITORY, Gimp, GuiRun, run_gui_script

_SCRIPTS = "tests.gimp.scripts"


class Bench:
    """A GIMP with our plug-in, in a home of its own; a context manager that ends it.

    GIMP starts with the first script: what it is to find at its start is changed before.

    Attributes:
        plug_in: the folder of the plug-in.
        home: where the plug-in keeps its log and, while it runs, its pixels.
        environment: of GIMP, and of all that it starts.
    """

    def __init__(self, gimp: Gimp, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.gimp = gimp
        self.home = folder / "Zoë's hôme"
        self.home.mkdir(parents=True)
        self.plug_in = place(REPOSITORY, folder / "GIMP", _engine(sys.executable))
        self._mark = uuid.uuid4().hex
        folders = {f"XDG_{kind}_HOME": str(self.home / kind) for kind in ("CACHE", "STATE")}
        self.environment = {
            "HOME": str(self.home),
            "NST_TEST": self._mark,
            **folders,
            **(env or {}),
        }
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The GIMP itself, started if it does not run."""
        if self._session is None:
            self._session = Session(
                self.gimp,
                [self.plug_in.parent],
                binds=[self.home],
                pythons=[sys.executable],
                import_path=[self.plug_in],
                env=self.environment,
            )
        return self._session

    def run(self, script: str, **arguments: Any) -> Any:
        """Calls a function of tests/gimp/scripts ("module.name") in GIMP; returns its result."""
        return self.session.run(f"{_SCRIPTS}.{script}", **arguments)

    def start(self, script: str, **arguments: Any) -> Call:
        """Calls a function of tests/gimp/scripts in GIMP while the test goes on."""
        return self.session.start(f"{_SCRIPTS}.{script}", **arguments)

    def run_gui(
        self, script: Path, *arguments: str, shots: Path | None = None, timeout: float = 900
    ) -> GuiRun:
        """Runs a script that drives the window of a GIMP of its own."""
        return run_gui_script(
            self.gimp,
            script,
            [str(self.plug_in.parent), *arguments],
            binds=[self.plug_in.parent, self.home],
            pythons=[sys.executable],
            env=self.environment,
            shots=shots,
            timeout=timeout,
        )

    @contextlib.contextmanager
    def visit(self) -> Iterator[Bench]:
        """Lets a test use this GIMP: it finds GIMP, plug-in and log as new, and leaves no trace."""
        self.use_engine(sys.executable)
        self._log_file.unlink(missing_ok=True)
        yield self
        if self._session is not None and not self._session.is_idle():
            self.close()  # the next test gets another one
        if self._session is not None:
            self._session.clear()
        self.wait_until_clean()

    def use_engine(self, python: str) -> None:
        """Lets the plug-in start that Python as its engine's."""
        (self.plug_in / "engine.json").write_text(json.dumps(_engine(python)), encoding="utf-8")

    def wrap_engine(self, shell_code: str) -> None:
        """Lets a shell script start the engine; its command line is $PYTHON "$@"."""
        script = self.home / "engine.sh"
        script.write_text(f"#!/bin/sh\nPYTHON='{sys.executable}'\n{shell_code}\n", "utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.use_engine(str(script))

    def engines(self) -> list[int]:
        """Returns the pids of the engines that our plug-in started in this GIMP and that run."""
        return [pid for pid in processes.find("nst_core worker") if self._is_ours(pid)]

    def wait_for_engine(self) -> int:
        """Waits until an engine has its request, and returns its pid."""
        self.wait(lambda: "planned: " in self.log(), "an engine that has its request")
        (pid,) = self.engines()
        return pid

    def log(self) -> str:
        """Returns what the plug-in has logged during this test."""
        return self._log_file.read_text("utf-8") if self._log_file.exists() else ""

    def left_behind(self) -> list[str]:
        """Returns what there should be none of after a run: engines and pixel files."""
        jobs = self.home / "CACHE" / "gimp-neural-style" / "jobs"
        return [*map(str, self.engines()), *(str(path) for path in jobs.glob("*"))]

    def wait_until_clean(self) -> None:
        """Waits until nothing is left behind."""
        self.wait(lambda: not self.left_behind(), "the plug-in to clean up")

    @staticmethod
    def wait(condition: Callable[[], Any], what: str) -> None:
        """Waits for something that is certain to come; TimeoutError if it never does."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {PATIENCE} s in vain for {what}")
            time.sleep(0.05)

    def finish(self) -> None:
        """Ends GIMP as its user does, if it runs; GimpError if it complains."""
        if self._session is not None:
            self._session.finish()
        self.close()

    def close(self) -> None:
        """Ends GIMP, whatever it is doing."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        self.close()

    @property
    def _log_file(self) -> Path:
        return self.home / "STATE" / "gimp-neural-style" / "log" / "plug-in.log"

    def _is_ours(self, pid: int) -> bool:
        try:
            return self._mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False


def _engine(python: str) -> dict[str, str]:
    return {"version": nst_core.__version__, "python": python, "repair": "install.sh --repair"}
