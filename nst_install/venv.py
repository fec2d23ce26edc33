"""The engine's virtual environment: creating it, querying it, and filling it with its own pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import DISK, INTERNAL, NstError
from nst_contract.platforms import installer, processes
from nst_install import trees
from nst_install.console import is_terminal, say
from nst_install.own_folders import PRODUCT
from nst_install.systems import system

_OPTIONS = processes.PYTHON_OPTIONS
# Seconds between signs of life in logs, which have no progress bar.
_HEARTBEAT = 20.0
_TAIL = 12

# Packages whose versions decide what has to be done.
_WATCHED = ("torch", "torchvision", PRODUCT)
_ASK = """
import importlib.metadata as m, json, sys
import pip
def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return ""
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""

# Loads the engine for real: torch's libraries and the network's weights with their checksum.
_TRY = "import nst_core.networks.embedded_weights as weights; weights.verify()"

_ADVICE = (
    "Check the network, the proxy (https_proxy) and the free room on the disk, then run "
    f"{installer.SCRIPT} again. The full log is {{log}}."
)


@dataclass(frozen=True)
class Venv:
    """A virtual environment.

    Attributes:
        folder: where it is.
        log: file for all of pip's output.
        scratch: folder for pip's temporary files; /tmp is often too small for torch.
        lock: file descriptor to pass on to children, see :func:`nst_install.prefix.locked`.
    """

    folder: Path
    log: Path
    scratch: Path
    lock: int

    @property
    def python(self) -> Path:
        return system.python_in(self.folder)

    @property
    def nst(self) -> Path:
        return system.nst_in(self.folder)

    def create(self) -> None:
        """Creates an empty environment.

        Raises:
            NstError: (internal) if Python cannot.
        """
        failure = self._run([sys.executable, *_OPTIONS, "-m", "venv", "--clear", str(self.folder)])
        if failure is not None:
            raise NstError(
                INTERNAL,
                f"{sys.executable} could not create a virtual environment:{failure}",
                f"{system.GET_VENV}, or choose another Python with NST_PYTHON, then run "
                f"{installer.SCRIPT} again.",
            )

    def clean(self) -> None:
        """Removes the temporary files."""
        trees.clear(self.scratch)

    def versions(self, *also: str) -> dict[str, str] | None:
        """Returns the versions of torch, torchvision and this project, empty where missing.

        Args:
            also: further distributions to ask for.

        Returns:
            None if the environment is missing or broken.
        """
        command = [str(self.python), *_OPTIONS, "-c", _ASK, *_WATCHED, *also]
        try:
            answer = subprocess.run(  # noqa: S603 - our own Python
                command, capture_output=True, text=True, timeout=60, check=True
            )
            return dict(json.loads(answer.stdout))
        except (OSError, ValueError, subprocess.SubprocessError):
            return None

    def works(self) -> bool:
        """Tells whether the engine in it loads and its weights are undamaged."""
        return self._run([str(self.python), *_OPTIONS, "-c", _TRY]) is None

    def pip(self, *arguments: str, purpose: str, large: bool = False) -> None:
        """Runs the environment's pip.

        Args:
            arguments: pip's own.
            purpose: what to say failed: "Installing ..."
            large: whether to let pip draw its progress bar, if somebody may be watching.

        Raises:
            NstError: (internal or disk) if pip fails, with the end of its output.
        """
        command = [str(self.python), "-I", "-X", "utf8", "-m", "pip", *arguments]
        failure = self._run(command, watched=large and is_terminal())
        if failure is not None:
            raise NstError(
                DISK if "No space left" in failure else INTERNAL,
                f"{purpose} failed. The end of the output:{failure}",
                _ADVICE.format(log=self.log),
            )

    def _run(self, command: list[str], watched: bool = False) -> str | None:
        """Runs a program.

        Args:
            command: the program and its arguments.
            watched: only for pip: let it write to the terminal, and to the log as well.

        Returns:
            None if it succeeded, otherwise the end of its output.
        """
        with self.log.open("ab") as log:
            start = log.tell()
            code = self._wait([*command, "--log", str(self.log)]) if watched else None
            code = self._wait(command, log.fileno()) if code is None else code
        return None if code == 0 else self._tail(start)

    def _wait(self, command: list[str], output: int | None = None) -> int:
        started = time.monotonic()
        child = processes.start_with_lock(
            command,
            self.lock,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env=child_environment(os.environ, **system.temporary(self.scratch)),
            cwd=self.scratch,
        )
        try:
            while True:
                try:
                    return child.wait(_HEARTBEAT)
                except subprocess.TimeoutExpired:
                    if output is not None:
                        say(f"      ... {time.monotonic() - started:.0f} s")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()

    def _tail(self, start: int) -> str:
        """Returns the end of the log from ``start`` on, indented, on separate lines."""
        text = self.log.read_bytes()[start:].decode("utf-8", "replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        # pip's own log, written if there is a terminal, ends in debugging lines.
        lines = [line for line in lines if "ERROR" in line] or lines
        return "".join(f"\n    {line}" for line in lines[-_TAIL:])


def child_environment(env: Mapping[str, str], **more: str) -> dict[str, str]:
    """Returns the environment for other programs, without anything that would mislead Python or
    pip.

    PYTHONPATH may name code that is not the engine's, and the user's pip settings may direct
    packages somewhere other than our environment.
    """
    astray = ("PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
    kept = {name: value for name, value in env.items() if name not in astray}
    return {**kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **more}
