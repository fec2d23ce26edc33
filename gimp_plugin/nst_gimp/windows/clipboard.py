"""Texts for other programs."""

from __future__ import annotations

from gi.repository import Gdk, Gtk


def to_clipboard(text: str) -> None:
    """Puts a text where it can be pasted from, even after the plug-in has ended."""
    clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    clipboard.set_text(text, -1)
    clipboard.store()
