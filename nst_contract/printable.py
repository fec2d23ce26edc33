"""Texts that may come from strangers, made fit to be shown: names of files, layers, settings."""

from __future__ import annotations

import logging
from typing import Any

_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def printable(value: object) -> str:
    """Returns a text without characters that a terminal acts on, or that end a line of a log."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))


def printable_lines(text: str) -> str:
    """Returns a text of several lines with each of them made :func:`printable`."""
    return "\n".join(map(printable, text.split("\n")))


class PrintableFormatter(logging.Formatter):
    """Keeps what others named from acting on a terminal, or posing as another line of the log."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's name)
        return printable_lines(super().formatException(ei))
