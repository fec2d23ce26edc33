"""The installer, as people call it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

SCRIPT = "install.cmd"
# What to type in the folder that it lies in.
CALL = r".\install.cmd"
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
