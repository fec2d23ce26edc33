"""The pipe to another process."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time
from ctypes import wintypes

from nst_contract.platforms.windows import kernel

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

import msvcrt  # noqa: E402 (unknown elsewhere)

_PIPE = 3  # as GetFileType says it
_BETWEEN_LOOKS_SECONDS = 0.02


def read(descriptor: int, most: int) -> bytes:
    """Waits until there is something to read, and returns at most so much of it; b"" at the end.

    Raises:
        OSError: if it cannot be read.
    """
    # While a thread waits in a read of standard input, every library that is loaded waits with it:
    # its start asks for the kind of that handle (numpy issue 24290, CPython issue 78961). torch
    # would never be there. So nothing is read before it is there.
    handle = msvcrt.get_osfhandle(descriptor)
    if kernel.file_type(handle) != _PIPE:
        return os.read(descriptor, most)
    waiting = wintypes.DWORD()
    while not waiting.value:
        if not kernel.peek_named_pipe(handle, None, 0, None, ctypes.byref(waiting), None):
            error = kernel.last_error()
            if error.winerror == kernel.ERROR_BROKEN_PIPE:
                return b""
            raise error
        if not waiting.value:
            time.sleep(_BETWEEN_LOOKS_SECONDS)
    return os.read(descriptor, min(most, waiting.value))


def is_gone(error: OSError) -> bool:
    """Tells whether something could not be written because nobody reads it any more."""
    # The C library knows no better word for it than EINVAL.
    return isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL
