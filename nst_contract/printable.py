"""Texts that may come from strangers, made fit to be shown: names of files, layers, settings."""

from __future__ import annotations


def printable(value: object) -> str:
    """Returns a text without characters that a terminal acts on, or that end a line of a log."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))


def printable_lines(text: str) -> str:
    """Returns a text of several lines with each of them made :func:`printable`."""
    return "\n".join(map(printable, text.split("\n")))
