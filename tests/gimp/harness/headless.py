"""Calls Python functions inside a real GIMP without a window.

    with Session(find_gimps()[0], ["/path/of/plug-ins"]) as session:
        session.run("tests.gimp.scripts.endings.long_run", evaluations=3)

The functions lie in modules that GIMP's Python imports (see inside.py for what these find there);
arguments and results are JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import coverage_hook
from . import profile as profiles
from .locate import HARNESS, REPOSITORY, Gimp

_INSIDE = f"{__package__}.inside"
#: How long anything in GIMP may take before it counts as hanging.
PATIENCE = 300.0


class GimpError(AssertionError):
    """GIMP failed or took too long; the text holds all it printed since the call."""


class Call:
    """A function at work in GIMP."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name
        self._printed = session.printed()

    def value(self, timeout: float = PATIENCE) -> Any:
        """Wait for the function and return what it returned; what it raised is a GimpError."""
        try:
            answer = self._session.receive(timeout)
        except OSError as error:
            raise self._failed(f"gave no answer ({error or type(error).__name__})") from error
        if "error" in answer:
            raise self._failed(f"failed:\n{answer['error']}")
        return answer["value"]

    def _failed(self, how: str) -> GimpError:
        printed = self._session.printed().removeprefix(self._printed)
        return GimpError(f"{self._name} {how}\n--- printed by GIMP\n{printed}")


class Session:
    """A GIMP that calls one function after the other; a context manager that ends it.

    pid is the real pid of the GIMP process, to be sent SIGKILL for example; a plug-in's
    parent is that process, an engine's parent is the plug-in (see processes.py).
    """

    def __init__(
        self,
        gimp: Gimp,
        plug_in_path: Iterable[str | os.PathLike[str]] = (),
        *,
        binds: Iterable[str | os.PathLike[str]] = (),
        pythons: Iterable[str] = (),
        import_path: Iterable[str | os.PathLike[str]] = (),
        env: Mapping[str, str] | None = None,
        lean: bool = True,
    ) -> None:
        """Start GIMP.

        plug_in_path: folders that hold plug-ins as NAME/NAME.py.
        binds: more folders that GIMP must see; /tmp and the repository it sees anyway.
        pythons: interpreters that the plug-in starts; default: the one that runs pytest.
        import_path: where functions may import modules from, besides the repository.
        env: more variables (HOME, too, which by default is an empty folder).
        lean: leave out GIMP's own plug-ins but for python-eval, PNG and JPEG.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="nst-gimp."))
        self._output = self._folder / "output"
        profile = self._folder / "profile"
        plug_ins = [Path(folder).absolute() for folder in plug_in_path]
        system = profiles.system_plug_ins(gimp.root)
        profiles.write_profile(profile, plug_ins, lean=lean, system=system)
        recording = coverage_hook.prepare(REPOSITORY)
        visible = gimp.bind([self._folder, HARNESS, *plug_ins, *recording, *binds], pythons)
        address = str(self._folder / "socket")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen()
        self._connection: socket.socket | None = None
        self._stream: Any = None
        self._unanswered = 0
        boot = _boot([*(os.fspath(folder) for folder in import_path), str(REPOSITORY)], address)
        options = ["-id", "--batch-interpreter=python-fu-eval", "-b", boot, "--quit"]
        # a file, not a pipe: an engine that outlives GIMP must not keep the test waiting
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [*gimp.command, *options],
                env=profiles.environment(profile, {**visible, **(env or {})}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self.process.pid

    def run(self, function: str, **arguments: Any) -> Any:
        """Call FUNCTION ("package.module.name") and return its result."""
        return self.start(function, **arguments).value()

    def start(self, function: str, **arguments: Any) -> Call:
        """Call FUNCTION while the test goes on."""
        call = Call(self, function)
        self._connect()
        self._stream.write(json.dumps({"function": function, "arguments": arguments}) + "\n")
        self._stream.flush()
        self._unanswered += 1
        return call

    def clear(self) -> None:
        """Make GIMP what it is after its start."""
        if self._connection is not None:
            self.run(f"{_INSIDE}.clear")

    def is_alive(self) -> bool:
        """Tell whether GIMP still runs."""
        return self.process.poll() is None

    def is_idle(self) -> bool:
        """Tell whether GIMP runs and has answered all calls."""
        return self.is_alive() and not self._unanswered

    def receive(self, timeout: float) -> dict[str, Any]:
        """Wait for the next answer; TimeoutError or ConnectionError if there will be none."""
        assert self._connection is not None, "a function is called first"
        self._connection.settimeout(timeout)
        line = self._stream.readline()
        if not line:
            raise ConnectionError("GIMP has closed the connection")
        self._unanswered -= 1
        answer: dict[str, Any] = json.loads(line)
        return answer

    def printed(self) -> str:
        """Return all that GIMP and its plug-ins have printed so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def finish(self) -> None:
        """Let GIMP end; an exit status other than 0 is a GimpError."""
        self._connect()
        self._hang_up()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise GimpError(f"GIMP did not end within {PATIENCE} s\n{self.printed()}") from None
        if status:
            raise GimpError(f"GIMP ended with {status}\n{self.printed()}")

    def close(self) -> None:
        """End GIMP whatever it is doing, and remove its profile."""
        self._hang_up()
        self._listener.close()
        if self.is_alive():
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self) -> None:
        """Wait until GIMP is there and serves."""
        self._listener.settimeout(0.2)
        end = time.monotonic() + PATIENCE
        while self._connection is None:
            try:
                self._connection, _ = self._listener.accept()
            except TimeoutError:
                if not self.is_alive() or time.monotonic() > end:
                    raise GimpError(f"GIMP did not start\n{self.printed()}") from None
            else:
                self._stream = self._connection.makefile("rw", encoding="utf-8")

    def _hang_up(self) -> None:
        if self._connection is not None:
            # GIMP may be gone, and the last request may still lie in the stream's buffer.
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                self._stream.close()
            self._connection.close()


def _boot(path: list[str], address: str) -> str:
    """Return the code that makes GIMP's Python serve at ADDRESS, with PATH to import from."""
    return (
        f"import sys; sys.dont_write_bytecode = True; sys.path[:0] = {path!r}; "
        f"from {__package__}.server import serve; serve({address!r})"
    )


def run(code: str, gimp: Gimp, plug_in_path: Iterable[str] = (), **options: Any) -> None:
    """Run CODE in a GIMP of its own, with the names of inside.py; options as for `Session`."""
    with Session(gimp, plug_in_path, **options) as session:
        session.run(f"{_INSIDE}.execute", code=code)
        session.finish()
