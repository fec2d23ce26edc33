"""Errors as values: a code for programs, what happened, and what to do about it."""

from __future__ import annotations

# The codes are part of the protocol: a program may act on them, so they never change meaning.
BAD_INPUT = "bad-input"
BAD_SETTING = "bad-setting"
BAD_REQUEST = "bad-request"
WEIGHTS = "weights"
DEVICE = "device"
MEMORY = "memory"
DISK = "disk"
DIVERGED = "diverged"
INTERNAL = "internal"


class NstError(Exception):
    """Something the user can understand and act upon.

    Args:
        code: one of the codes of this module.
        message: what happened, naming the value at fault.
        advice: what to do about it.
    """

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.code = code
        self.message = message
        self.advice = advice


class Cancelled(Exception):
    """The user no longer wants the result; nothing went wrong."""
