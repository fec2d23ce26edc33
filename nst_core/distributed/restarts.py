"""How often torchrun has started the processes of a run again; known without importing torch."""

from __future__ import annotations

import os
from collections.abc import Mapping


def restarts(environment: Mapping[str, str] = os.environ) -> int:
    """Returns the number that torchrun gives; 0 where it gives none."""
    count = environment.get("TORCHELASTIC_RESTART_COUNT", "")
    return int(count) if count.isascii() and count.isdecimal() else 0
