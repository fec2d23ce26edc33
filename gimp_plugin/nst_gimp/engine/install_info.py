"""Where the engine is, and what to tell the user when it is not. Standard library only."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import NstError
from nst_contract.platforms import folders, installer, processes
from nst_gimp import PLUG_IN_FOLDER
from nst_gimp.text.i18n import _

ENGINE_FILE = PLUG_IN_FOLDER / "engine.json"
MISSING = "engine-missing"
_FLATPAK = Path("/.flatpak-info")
# What an AppImage, a snap or a virtual environment sets for itself would lead the engine's
# Python to libraries that are not its own.
_NOT_INHERITED = (
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "GI_TYPELIB_PATH",
)


@dataclass(frozen=True)
class InstallInfo:
    """What install.sh wrote beside the plug-in.

    Attributes:
        version: of the engine.
        python: absolute path of the engine's Python.
        repair: the command line that reinstalls everything.
    """

    version: str
    python: str
    repair: str

    def command(self, name: str = "worker", *options: str) -> list[str]:
        """Returns the command line of one of the engine's commands.

        -I keeps the current folder and the user's own packages out. A Flatpak shows the plug-in
        another /usr than the one that the engine was installed in: there it runs outside.
        """
        command = [self.python, *processes.PYTHON_OPTIONS, "-m", "nst_core", name, *options]
        if _FLATPAK.exists():
            return ["flatpak-spawn", "--host", "--watch-bus", *command]
        return command


def read(path: Path = ENGINE_FILE) -> InstallInfo:
    """Reads what install.sh wrote and checks that the engine is there.

    Raises:
        NstError: (engine-missing) with the command that repairs it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        info = InstallInfo(values["version"], values["python"], values["repair"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NstError(
            MISSING,
            _("Neural Style was not installed by its installer: {path} cannot be read.").format(
                path=path
            ),
            _("Run {installer} in the folder of Neural Style.").format(installer=installer.CALL),
        ) from error
    if info.version != __version__:
        raise NstError(
            MISSING,
            _("The plug-in has version {own}, but its engine has version {other}.").format(
                own=__version__, other=info.version
            ),
            repair_advice(info.repair),
        )
    if not _FLATPAK.exists() and not os.access(info.python, os.X_OK):
        raise NstError(
            MISSING,
            _("The engine of Neural Style is missing: there is no {python}.").format(
                python=info.python
            ),
            repair_advice(info.repair),
        )
    return info


def repair_advice(command: str) -> str:
    """Returns the advice to run the command that reinstalls everything."""
    # A Flatpak does not see the folder that it may lie in.
    if not _FLATPAK.exists() and (again := installer.call_of_new_copy(command)):
        return _("Download Neural Style again, and run this in its folder: {repair}").format(
            repair=again
        )
    return _("Run this command in a terminal: {repair}").format(repair=command)


def engine_environment() -> dict[str, str]:
    """Returns the environment for the engine: this one without what misleads Python."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}


def cache_folder() -> Path:
    """Returns where jobs keep their pixels while they run."""
    return folders.jobs(Path.home(), os.environ)


def log_file() -> Path:
    """Returns the plug-in's log, which lies beside the engine's (nst_core.reporting.log_files)."""
    return folders.logs(Path.home(), os.environ) / "plug-in.log"
