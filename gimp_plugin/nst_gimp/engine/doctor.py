"""``nst doctor``, run by the engine's own Python. Standard library only."""

from __future__ import annotations

import subprocess
import threading

from nst_contract import findings
from nst_contract.errors import NstError
from nst_contract.messages import Message
from nst_contract.platforms import processes
from nst_gimp.engine import install_info
from nst_gimp.text.i18n import _
from nst_gimp.text.messages import translated


class DoctorRun:
    """``nst doctor`` in a process of its own.

    Attributes:
        report: what was found, once that is known.
        is_well: whether everything works.
    """

    def __init__(self, about_gimp: str) -> None:
        self.report: str | None = None
        self.is_well = False
        self._head = _("Plug-in: {folder}\nLog: {log}\n").format(
            folder=install_info.ENGINE_FILE.parent, log=install_info.log_file()
        )
        self._head = f"{about_gimp}\n{self._head}"
        self._process: subprocess.Popen[str] | None = None
        self._repair = ""
        try:
            info = install_info.read()
            self._repair = install_info.repair_advice(info.repair)
            self._process = processes.start_in_background(
                info.command("doctor", "--json"),
                install_info.engine_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        except NstError as error:
            self._fail(error.message, error.advice)
        except OSError as error:
            self._fail(str(error), self._repair)
        else:
            self._thread = threading.Thread(target=self._listen, daemon=True)
            self._thread.start()

    def wait(self) -> str:
        """Returns the report as soon as it is there."""
        if self._process is not None:
            self._thread.join()
        return self.report or ""

    def stop(self) -> None:
        """Ends the process, if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process is not None  # noqa: S101 (it was started)
        text, complaints = self._process.communicate()
        self.is_well = self._process.returncode == 0
        try:
            text = findings.in_words(findings.of_json(text), translated)
        except ValueError:  # it failed otherwise, or is another version's: what it said may help
            self.is_well = False
            text = f"{text}{complaints}\n{self._repair}\n"
        self.report = f"{self._head}{text}"

    def _fail(self, message: str, advice: str) -> None:
        problem = translated(Message("PROBLEM"))
        self.report = f"{self._head}{problem} {message}\n    {advice}\n"
