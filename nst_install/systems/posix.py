"""Linux and macOS, as the installer knows them."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from nst_contract.errors import BAD_SETTING, DEVICE, NstError
from nst_contract.findings import Finding
from nst_contract.platforms.posix import folders
from nst_install.places import is_same_program

# The folder of an environment's programs.
PROGRAMS = "bin"
# How to get what makes environments.
GET_VENV = "Install Python's module venv (Debian, Ubuntu: sudo apt install python3-venv)"

_ON_MAC = sys.platform == "darwin"
_OLDEST_MACOS = 14

# A colon separates folders in PATH; the others have a meaning within the quotes that pip puts into
# a script's first line.
_UNUSABLE = set(':"$`\\\n')

_CONSOLES = ("gimp-console", "gimp-console-3.2", "gimp-console-3.0", "gimp-console-3", "gimp")

# pip's own script would let PYTHONPATH and the like lead it to other people's modules. While Python
# starts, a Ctrl+C would end in a traceback; so it is ignored until site is imported, which takes
# longest and comes second (-S). Where it was ignored from the start, as in the background of a
# script, the shell cannot trap it, and it stays so.
_SCRIPT = """#!/bin/sh
ignored=1
trap 'ignored=' INT
kill -INT $$
trap '' INT
# -I: no code from the current folder, PYTHONPATH or the user's own packages.
exec {python} -I -S -c '
import sys
if not sys.argv.pop(1):
    import _signal as signal  # what the module signal is made of, without its imports
    signal.signal(signal.SIGINT, signal.SIG_DFL)
import site
site.main()
sys.argv[0] = "nst"
from nst_core.__main__ import main
sys.exit(main())
' "$ignored" "$@"
"""


def python_in(venv: Path) -> Path:
    """Returns the Python of an environment."""
    return venv / PROGRAMS / "python"


def nst_in(venv: Path) -> Path:
    """Returns the command ``nst`` of an environment."""
    return venv / PROGRAMS / "nst"


def nst_command(venv: Path) -> list[str]:
    """Returns what to call in order to run the ``nst`` of an environment."""
    return [str(nst_in(venv))]


def launcher(python: Path) -> bytes:
    """Returns the script that runs ``nst`` with a Python, and no code but the engine's own."""
    return _SCRIPT.format(python=shlex.quote(str(python))).encode()


def command_folder(home: Path) -> Path | None:
    """Returns where a shell looks for the user's own commands, unless the user names a place."""
    return home / ".local" / "bin"


def command_in(folder: Path) -> Path:
    """Returns the file in such a folder that leads to ``nst``."""
    return folder / "nst"


def point(command: Path, program: Path) -> None:
    """Has a command lead to a program.

    Raises:
        OSError: if it cannot be made.
    """
    staged = command.with_name(".nst.new")
    staged.unlink(missing_ok=True)
    staged.symlink_to(program)
    staged.replace(command)


def points_to(command: Path, program: Path) -> bool:
    """Tells whether a command was made by :func:`point`, for this program."""
    return command.is_symlink() and is_same_program(command.parent / command.readlink(), program)


def temporary(folder: Path) -> dict[str, str]:
    """Returns the variables that have programs keep their temporary files in a folder."""
    return {"TMPDIR": str(folder)}


def why_unusable(prefix: Path) -> str:
    """Returns why an engine would not work in a folder: "which ..."; "" if it would."""
    unusable = sorted(_UNUSABLE & set(str(prefix)))
    signs = " ".join(repr(sign) for sign in unusable)
    return f"which must not contain {signs}" if unusable else ""


def check_machine() -> None:
    """Refuses a machine that torch does not exist for.

    Raises:
        NstError: (device) with the remedy.
    """
    if _ON_MAC:
        check_mac(platform.machine(), platform.mac_ver()[0])


def check_mac(processor: str, version: str) -> None:
    """Refuses a Mac that torch does not exist for.

    Args:
        processor: "arm64" for Apple silicon.
        version: of macOS; "" if it is not known.

    Raises:
        NstError: (device) with the remedy.
    """
    if processor != "arm64":
        raise NstError(
            DEVICE,
            f"This Mac, or the Python that runs this, is of the kind {processor}.",
            "A Mac with Apple silicon is needed, and a Python made for it: "
            "NST_PYTHON=/opt/homebrew/bin/python3 chooses one.",
        )
    if version and int(version.partition(".")[0]) < _OLDEST_MACOS:
        raise NstError(
            DEVICE,
            f"This is macOS {version}, but torch needs macOS {_OLDEST_MACOS} or later.",
            "Update macOS (System Settings > General > Software Update), then try again.",
        )


def check_user(env: Mapping[str, str]) -> None:
    """Refuses to install for root what somebody wants to use.

    Args:
        env: environment variables.

    Raises:
        NstError: (bad-setting) with the remedy.
    """
    if is_for_another(env):
        raise NstError(
            BAD_SETTING,
            f"With sudo, this would be installed for root, and not for {env.get('SUDO_USER')}.",
            "Run it without sudo: it needs no rights. For the engine alone, add --prefix DIR and "
            "--no-gimp.",
        )


def is_for_another(env: Mapping[str, str]) -> bool:
    """Tells whether root's home is not that of whoever installs, because of sudo."""
    return os.geteuid() == 0 and env.get("SUDO_UID", "0") != "0"


def gimp_programs() -> list[str]:
    """Returns the programs that may be a GIMP without a window, the best first."""
    return [found for name in _CONSOLES if (found := shutil.which(name))]


def gimp_bases(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns the folders in which GIMP has a folder for each version; the native one first.

    Args:
        home: the user's home folder.
        env: environment variables.
    """
    if _ON_MAC:
        return [home / "Library" / "Application Support" / "GIMP"]
    return [
        folders.xdg(env, "XDG_CONFIG_HOME", home / ".config") / "GIMP",
        # The Flatpak uses the native folder if there is one, and its own otherwise.
        home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP",
        # "current" is a link that the Snap repoints with each update.
        home / "snap" / "gimp" / "current" / ".config" / "GIMP",
    ]


def gimp_base(program: str, home: Path, env: Mapping[str, str]) -> Path:
    """Returns in which of these folders a GIMP has its own.

    Args:
        program: one of :func:`gimp_programs`.
        home: the user's home folder.
        env: environment variables.
    """
    bases = gimp_bases(home, env)
    return bases[-1] if "snap" in Path(program).parts else bases[0]


def findings(_prefix: Path, _gimp: Sequence[Path]) -> list[Finding]:
    """Returns what the doctor finds on this system alone.

    Args:
        _prefix: the folder of the installation.
        _gimp: GIMP's user folders.
    """
    return []


def also_needed() -> list[str]:
    """Returns what else pip has to install, since the system lacks it."""
    return []
