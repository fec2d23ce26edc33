"""Errors as values: a code for programs, what happened, and what to do about it."""

from __future__ import annotations

import errno
from pathlib import Path

from nst_contract.messages import Message

# The codes are part of the protocol: a program may act on them, so they never change meaning.
BAD_INPUT = "bad-input"
BAD_SETTING = "bad-setting"
BAD_REQUEST = "bad-request"
WEIGHTS = "weights"
INSTALLATION = "installation"
DEVICE = "device"
MEMORY = "memory"
DISK = "disk"
DIVERGED = "diverged"
PROCESS_GROUP = "team"
BUSY = "busy"
INTERNAL = "internal"

# What torch says when the memory has run out: on accelerators, and on the CPU where the system is
# of the POSIX kind or Windows.
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


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


def first_line(error: Exception) -> str:
    """Returns what an exception says, as far as it fits into a message; its name if nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def is_out_of_memory(error: Exception) -> bool:
    """Tells whether an exception says that the memory ran out, here or on an accelerator."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
    )


def out_of_memory(error: Exception) -> NstError | None:
    """Returns the error of memory that ran out, if that is what an exception says."""
    if not is_out_of_memory(error):
        return None
    return NstError(
        MEMORY,
        Message("The memory ran out."),
        Message("Choose a smaller size, or close other programs."),
    )


def explain(error: Exception, log_file: Path) -> NstError:
    """Maps any exception to what a user can understand and act upon.

    Args:
        error: what was raised.
        log_file: where the traceback was written.
    """
    if isinstance(error, NstError):
        return error
    if (no_memory := out_of_memory(error)) is not None:
        return no_memory
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        full = Message("The disk is full.")
        return NstError(
            DISK,
            Message("The disk is full ({file}).", file=error.filename) if error.filename else full,
            Message("Make room and try again."),
        )
    return NstError(
        INTERNAL,
        Message(
            "An unexpected error occurred ({kind}: {error}).",
            kind=type(error).__name__,
            error=error,
        ),
        Message("The log {log} has the details; please report it.", log=log_file),
    )
