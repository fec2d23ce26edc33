"""What all our windows have in common."""

from __future__ import annotations

from typing import Any

from gi.repository import GimpUi, GLib, Gtk

from nst_gimp.text.i18n import _

SPACE = 12


def start() -> None:
    """Prepares for windows, with GIMP's own theme."""
    GimpUi.init("neural-style")


def dialog(title: str) -> Any:
    """Returns an empty window that belongs to GIMP's."""
    window = GimpUi.Dialog(title=title, role="neural-style")
    GimpUi.window_set_transient(window)
    content = window.get_content_area()
    content.set_spacing(SPACE)
    content.set_border_width(SPACE)
    return window


def label(text: str = "", *, wrap: bool = False, dim: bool = False) -> Any:
    """Returns a label that begins at the left."""
    widget = Gtk.Label(label=text, xalign=0, wrap=wrap)
    if dim:
        widget.get_style_context().add_class(Gtk.STYLE_CLASS_DIM_LABEL)
    return widget


def escape(text: str) -> str:
    """Returns a text as it stands in Pango's markup."""
    escaped: str = GLib.markup_escape_text(text)
    return escaped


def tell(parent: Any, message: str, advice: str = "") -> None:
    """Shows a message above a window until the user has read it."""
    box = Gtk.MessageDialog(
        transient_for=parent,
        modal=True,
        message_type=Gtk.MessageType.INFO,
        buttons=Gtk.ButtonsType.OK,
        text=message,
        secondary_text=advice or None,
    )
    box.set_title(_("Neural Style"))
    box.run()
    box.destroy()
