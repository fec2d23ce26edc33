"""Texts in files whose encoding is said to be one thing, and is often another."""

from __future__ import annotations


def decoded(data: bytes) -> str:
    """Returns a text in UTF-8, or in Latin-1 if it is not that.

    Specifications ask for Latin-1 (PNG's tEXt, IPTC) or ASCII (EXIF, TIFF), and many programs write
    UTF-8. What is valid there beyond ASCII is hardly ever a text in Latin-1.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
