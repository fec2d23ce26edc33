"""The installer, as people call it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

SCRIPT = "install.cmd"
# What to type in the folder that it lies in.
CALL = r".\install.cmd"
_NAMED = rf'\w:\\(?:[^"]*\\)?{re.escape(SCRIPT)}'
_CALLED = re.compile(rf'(?:cmd /c )?(?:"({_NAMED})"|({_NAMED}))( .*)?')
_SIGNS = set("&<>()@^|%")


def quoted(words: Sequence[str]) -> str:
    """Returns a command line that can be pasted into a command prompt, and, if nothing but the
    program has to stand in quotes, into PowerShell.
    """
    line = subprocess.list2cmdline(words)
    # PowerShell takes a line that begins with a quote for a text. Two quotes are understood after
    # cmd /c, unless there are signs between them that mean something to cmd.
    is_plain = line.count('"') == 2 and not _SIGNS & set(line)
    return f"cmd /c {line}" if line.startswith('"') and is_plain else line


def call_of_new_copy(command: str) -> str:
    """Returns how to call a new copy of the installer with the same options, if the one that a
    command line names is gone; "" if it is there, or the command line is another program's.
    """
    called = _CALLED.fullmatch(command)
    if called is None:
        return ""
    try:
        Path(called[1] or called[2]).stat()
    except FileNotFoundError:
        return CALL + (called[3] or "")
    except OSError:  # nobody can tell
        pass
    return ""
