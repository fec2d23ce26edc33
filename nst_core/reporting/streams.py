"""Standard output and error that never end a run: closed, full, ASCII alone, or a dead terminal.

What cannot be said is not worth losing a picture over.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from nst_contract.errors import DISK, NstError
from nst_contract.platforms import pipes

# What becomes of what a stream's encoding lacks, such as the bytes of a name that are no text.
_REPLACED = "backslashreplace"
_EXACT = "nst-exact"


def _exactly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Returns the bytes that a name was made from, as far as it was made from bytes."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error(_REPLACED)(error)


codecs.register_error(_EXACT, _exactly)


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """Has standard output and error accept everything, whatever becomes of it."""
    _open_missing()
    before = sys.stdout, sys.stderr
    told, complained = (stream or _nowhere() for stream in before)
    # Programs read paths from the output, which must be as they are.
    output = _Lenient(told, _REPLACED if told.isatty() else _EXACT)
    errors = _Lenient(complained, _REPLACED)
    sys.stdout, sys.stderr = cast(TextIO, output), cast(TextIO, errors)
    try:
        yield
    finally:
        output.close_well()
        errors.close_well()
        sys.stdout, sys.stderr = before


def say(text: str) -> None:
    """Writes what a command was called for to standard output.

    Raises:
        BrokenPipeError: if nobody reads it.
        NstError: (disk) if it cannot be written.
    """
    sys.stdout.write(text)
    sys.stdout.flush()
    end_if_unread()
    error = getattr(sys.stdout, "error", None)
    if error is not None:
        raise NstError(
            DISK,
            f"Standard output cannot be written ({error.strerror}).",
            "Send it to another place.",
        )


def end_if_unread() -> None:
    """Raises BrokenPipeError if whoever was reading standard output has gone."""
    error = getattr(sys.stdout, "error", None)
    if error is not None and pipes.is_gone(error):
        raise BrokenPipeError(error.errno, error.strerror) from error


class _Lenient:
    """A stream that accepts everything.

    Args:
        stream: where it goes, as long as that works.
        replacement: how to write what its encoding lacks; the name of an error handler.

    Attributes:
        error: why it no longer does; None if it does.
    """

    def __init__(self, stream: TextIO, replacement: str) -> None:
        self._stream = stream
        self.error: OSError | None = None
        self._errors = getattr(stream, "errors", None)
        self._set_errors(replacement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes a text, or drops it."""
        if self.error is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Has everything written, or dropped."""
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    def close_well(self) -> None:
        """Leaves the stream behind as it was, with nothing to write that could fail later."""
        self.flush()
        self._set_errors(self._errors)

    def _give_up(self, error: OSError) -> None:
        self.error = error
        # What is left in buffers, and what libraries print, has to go somewhere.
        with contextlib.suppress(OSError, ValueError), _nowhere() as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def _set_errors(self, errors: str | None) -> None:
        if errors and hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors=errors)


def _open_missing() -> None:
    """Opens closed standard streams: the next file would get their number, and what they print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (no path; stays open)
