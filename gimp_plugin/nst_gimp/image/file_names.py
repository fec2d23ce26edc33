"""What files are called where people read it: on disk a name may be bytes that are no text."""

from __future__ import annotations

from typing import Any

from gi.repository import GLib


def shown(file: Any) -> str:
    """Returns the name of a file (Gio.File), without its folder, as GTK and GIMP take it."""
    name: str = GLib.filename_display_name(file.get_basename() or "")
    return name


def shown_with_folder(file: Any) -> str:
    """Returns the path of a file (Gio.File), or else its address, as GTK and GIMP take it."""
    name: str = file.get_parse_name()
    return name
