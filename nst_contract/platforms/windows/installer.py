"""The installer, as people call it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

SCRIPT = "install.cmd"
# What to type in the folder that it lies in.
CALL = r".\install.cmd"


def quoted(words: Sequence[str]) -> str:
    """Returns a command line that can be pasted into a command prompt."""
    return subprocess.list2cmdline(words)
