"""The pipe to another process."""

from __future__ import annotations

import os


def read(descriptor: int, most: int) -> bytes:
    """Waits until there is something to read, and returns at most so much of it; b"" at the end.

    Raises:
        OSError: if it cannot be read.
    """
    # Not through a buffered reader: a thread blocked in one makes the process abort at exit.
    return os.read(descriptor, most)


def is_gone(error: OSError) -> bool:
    """Tells whether something could not be written because nobody reads it any more."""
    return isinstance(error, BrokenPipeError)
