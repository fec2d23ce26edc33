"""The installation that this process runs from, if the installer made it."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from nst_contract import in_use


@functools.cache
def keep_installed() -> int | None:
    """Has the installer wait with every change until this process has ended.

    Raises:
        NstError: (busy) if it is changing things just now.
    """
    return in_use.hold(Path(sys.prefix).parent)
