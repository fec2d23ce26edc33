"""The installer, as people call it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

SCRIPT = "install.sh"
# What to type in the folder that it lies in.
CALL = "./install.sh"


def quoted(words: Sequence[str]) -> str:
    """Returns a command line that can be pasted into a terminal."""
    return shlex.join(words)


def call_of_new_copy(command: str) -> str:
    """Returns how to call a new copy of the installer with the same options, if the one that a
    command line names is gone; "" if it is there, or the command line is another program's.
    """
    try:
        script, *options = shlex.split(command)
    except ValueError:
        return ""
    path = Path(script)
    if not path.is_absolute() or path.name != SCRIPT:
        return ""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return quoted([CALL, *options])
    except OSError:  # nobody can tell
        pass
    return ""
