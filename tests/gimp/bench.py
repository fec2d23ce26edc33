"""A real GIMP with our plug-in in it, and an eye on what both leave behind."""

from __future__ import annotations

import stat
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nst_core
from nst_install.plugin import place
from tests.gimp.harness import processes
from tests.gimp.harness.headless import Outcome, Session, run
from tests.gimp.harness.locate import Gimp, GuiRun, run_gui_script

REPOSITORY = Path(__file__).parents[2]
# An environment for many precisions in one GIMP: for each pair of formats babl times the ways
# between them, which takes longer than all conversions, and by chance finds one the quickest that
# is off by 1e-7; a mask's 1 then is none any more.
QUICK_CONVERSIONS = {"BABL_PATH_LENGTH": "2", "BABL_TOLERANCE": "0"}


@dataclass
class Bench:
    """A GIMP with our plug-in, in a home of its own.

    Attributes:
        plug_ins: the folder to give to GIMP.
        home: where the plug-in keeps its log and, while it runs, its pixels.
    """

    gimp: Gimp
    plug_ins: Path
    home: Path
    mark: str = field(default_factory=lambda: f"NST_TEST={uuid.uuid4().hex}")

    @property
    def environment(self) -> dict[str, str]:
        name, value = self.mark.split("=")
        folders = {f"XDG_{kind}_HOME": str(self.home / kind) for kind in ("CACHE", "STATE")}
        return {"HOME": str(self.home), name: value, **folders}

    def run(self, script: str, **options: Any) -> Outcome:
        """Runs Python code in GIMP to its end."""
        return run(script, self.gimp, [self.plug_ins], **self._common(options))

    def start(self, script: str, **options: Any) -> Session:
        """Runs Python code in GIMP while the test goes on."""
        return Session(script, self.gimp, [self.plug_ins], **self._common(options))

    def run_gui(self, script: Path, *arguments: str, shots: Path | None = None) -> GuiRun:
        """Runs a script that drives GIMP's window."""
        return run_gui_script(
            self.gimp,
            script,
            [str(self.plug_ins), *arguments],
            binds=[REPOSITORY, self.plug_ins, self.home],
            pythons=[sys.executable],
            env=self.environment,
            shots=shots,
        )

    def replace_engine(self, shell_code: str) -> None:
        """Lets the plug-in start a shell script in the engine's place; $PYTHON is the real one."""
        script = self.home / "engine.sh"
        script.write_text(f"#!/bin/sh\nPYTHON='{sys.executable}'\n{shell_code}\n", "utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        install(self.plug_ins, str(script))

    def engines(self) -> list[int]:
        """Returns the pids of the engines that our plug-in started in this GIMP and that run."""
        return [pid for pid in processes.find("nst_core worker") if self._is_ours(pid)]

    def wait_for_engine(self) -> int:
        """Waits until an engine has its request, and returns its pid."""
        assert self.wait(lambda: "planned: " in self.log(), "an engine that has its request")
        time.sleep(0.5)  # into the evaluations
        (pid,) = self.engines()
        return pid

    def log(self) -> str:
        path = self.home / "STATE" / "gimp-neural-style" / "log" / "plug-in.log"
        return path.read_text("utf-8") if path.exists() else ""

    def left_behind(self) -> list[str]:
        """Returns what there should be none of after a run: engines and pixel files."""
        jobs = self.home / "CACHE" / "gimp-neural-style" / "jobs"
        return [*map(str, self.engines()), *(str(path) for path in jobs.glob("*"))]

    @staticmethod
    def wait(condition: Callable[[], Any], what: str, seconds: float = 180) -> Any:
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s in vain for {what}")
            time.sleep(0.05)
        return value

    def _common(self, options: dict[str, Any]) -> dict[str, Any]:
        environment = {**self.environment, **options.pop("env", {})}
        binds = [REPOSITORY, self.home, *options.pop("binds", [])]
        return {"env": environment, "pythons": [sys.executable], "binds": binds, **options}

    def _is_ours(self, pid: int) -> bool:
        try:
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False


def install(plug_ins: Path, python: str) -> None:
    """Puts our plug-in below ``plug_ins`` as install.sh does."""
    engine = {"version": nst_core.__version__, "python": python, "repair": "install.sh --repair"}
    place(REPOSITORY, plug_ins.parent, engine)
