"""A window from which files can be dragged, as from a file manager; arguments: the files' URIs.

A program: it lies in the lower left corner of the screen until it is ended.
"""

from __future__ import annotations

import sys
from typing import Any

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Gtk", "3.0")
from gi.repository import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402
    Gdk,
    Gtk,
)

TITLE = "Files to drag"
_SIDE = 80


def main() -> None:
    window = Gtk.Window(title=TITLE, type=Gtk.WindowType.POPUP)
    window.set_default_size(_SIDE, _SIDE)
    box = Gtk.EventBox()
    box.add(Gtk.Label(label="drag"))
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    box.drag_source_add_uri_targets()

    def give(_box: Any, _context: Any, data: Any, *_rest: Any) -> None:
        data.set_uris(sys.argv[1:])

    box.connect("drag-data-get", give)
    window.add(box)
    window.show_all()
    screen = window.get_screen()
    window.move(0, screen.get_height() - _SIDE)
    Gtk.main()


main()
