"""Engines that do as a test says: small programs in the real one's place."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from nst_contract.protocol.events import Event, Loaded, Ready, encode

LOADED = Loaded("0", "cpu", "float32", "weights")


def scale(width: int, height: int, evaluations: int = 10) -> dict[str, Any]:
    """Returns one scale of a plan."""
    sides = {"width": width, "height": height}
    return {**sides, "evaluations": evaluations, "tile": None, "block": None, "history": 100}


def ready(*scales: dict[str, Any], seconds: float = 100.0, needs: int = 3 * 2**30) -> Ready:
    """Returns the event that tells of a plan with these scales."""
    return Ready("0", "weights", "cpu", "float32", needs, 10**10, list(scales), seconds)


@dataclass(frozen=True)
class Script:
    """Stands for the installation's own words on where the engine is.

    Attributes:
        code: Python, run as the engine; ``say(line)`` writes one, ``hear()`` reads one.
    """

    code: str
    version: str = "0"
    python: str = sys.executable
    repair: str = "install.sh --repair"

    def command(self, *_asked: str) -> list[str]:
        prelude = "import sys\ndef say(line): print(line, flush=True)\nhear = sys.stdin.readline\n"
        return [self.python, "-I", "-c", prelude + self.code]


def saying(*events: Event) -> str:
    """Returns code that says these events."""
    return "\n".join(f"say({json.dumps(encode(event).strip())})" for event in events) + "\n"
