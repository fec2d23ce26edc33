"""Which GIMPs there are, and which folders of their users. Only looks, changes nothing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from nst_install.systems import system

PLUGIN = "neural-style"

# GIMP has a folder for each minor version, and looks only into its own.
_GIMP_3 = re.compile(r"3\.\d+")


def gimp_folders(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns all existing GIMP 3 user folders, each once."""
    return [
        folder
        for base in system.gimp_bases(home, env)
        if base.is_dir()
        for folder in sorted(base.iterdir())
        if folder.is_dir() and _GIMP_3.fullmatch(folder.name)
    ]


def plugin_folder(gimp_folder: Path) -> Path:
    """Returns the plug-in's place in a GIMP user folder."""
    return gimp_folder / "plug-ins" / PLUGIN


def gimp_console() -> tuple[str, str] | None:
    """Returns the path and version ("3.0") of a GIMP 3 that can run without a window, if any."""
    for program in system.gimp_programs():
        if version := gimp_version(program):
            return program, version
    return None


def gimp_version(program: str) -> str | None:
    """Asks a GIMP for its version.

    Returns:
        The major and minor number, or None if it does not answer or is not a GIMP 3.
    """
    try:
        answer = subprocess.run(  # noqa: S603 - a program on the user's PATH
            [program, "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # it may speak the user's language, in a code page of its own
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\b(3\.\d+)\.\d+", answer.stdout)
    return found[1] if found else None
