"""The installer, as people call it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

SCRIPT = "install.sh"
# What to type in the folder that it lies in.
CALL = "./install.sh"


def quoted(words: Sequence[str]) -> str:
    """Returns a command line that can be pasted into a terminal."""
    return shlex.join(words)
