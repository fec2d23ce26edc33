"""What may be asked over the pipe at most, checked before anything is allocated for it.

Whoever writes to a worker may be damaged, or not the plug-in at all. The limits lie far beyond what
people do, and far below what a machine cannot bear.
"""

from __future__ import annotations

from typing import Any

# Bytes. A request with all its settings and styles takes a few thousand.
LONGEST_LINE = 2**20
# GIMP's own limit of width and height, in pixels.
MAX_SIDE = 2**19
MAX_STYLES = 64
# Characters of what people call something, and of a path.
LONGEST_NAME = 1000
LONGEST_PATH = 4096
MAX_SETTINGS = 200
# What floating point still holds exactly; no weight, scale or number of seconds is larger either.
MAX_NUMBER = 2**53
# Questions that wait for their answers.
MAX_WAITING = 10_000


def is_whole(value: Any, low: int, high: int = MAX_NUMBER) -> bool:
    """Tells whether it is a whole number from ``low`` to ``high``; True and False are none."""
    return type(value) is int and low <= value <= high


def is_number(value: Any, low: float = -MAX_NUMBER, high: float = MAX_NUMBER) -> bool:
    """Tells whether it is a number from ``low`` to ``high``; neither infinity nor NaN is."""
    return type(value) in (int, float) and low <= value <= high


def is_text(value: Any, longest: int = LONGEST_NAME) -> bool:
    """Tells whether it is a text of at most so many characters."""
    return isinstance(value, str) and len(value) <= longest


def are_settings(values: Any) -> bool:
    """Tells whether these may be settings by name: what they may be is for others to check."""
    return (
        isinstance(values, dict)
        and len(values) <= MAX_SETTINGS
        and all(is_text(name) for name in values)
        and all(is_text(value, LONGEST_PATH) or _is_plain(value) for value in values.values())
    )


def shortened(name: str) -> str:
    """Returns what people call something, cut to the length that may be sent."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\u2026"


def _is_plain(value: Any) -> bool:
    # Infinite numbers and nothing at all, too: the settings' own checks have better words.
    return value is None or type(value) in (int, float, bool)
