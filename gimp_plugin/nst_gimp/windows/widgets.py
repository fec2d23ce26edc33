"""What all our windows have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gi.repository import GimpUi, GLib, Gtk

from nst_gimp.text.i18n import _

_log = logging.getLogger(__name__)
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


def name(widget: Any, text: str) -> None:
    """Says what a widget without words is, by a tooltip and to screen readers."""
    widget.set_tooltip_text(text)
    widget.get_accessible().set_name(text)


def icon_button(icon: str, text: str) -> Any:
    """Returns a button that shows an icon; the text says what it does."""
    button = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
    name(button, text)
    return button


def every(milliseconds: int, act: Callable[[], object]) -> int:
    """Does something again and again; what it raises is logged once, and it is done all the same.

    Returns:
        The timer, to be removed when it is no longer to be done.
    """

    has_failed = False

    def call() -> bool:
        nonlocal has_failed
        try:
            act()
            has_failed = False
        except Exception:  # GLib would drop the timer, and the window would stand still
            if not has_failed:
                _log.exception("what is done again and again has failed")
            has_failed = True
        return True

    timer: int = GLib.timeout_add(milliseconds, call)
    return timer


def let_wheel_scroll(widget: Any) -> None:
    """Lets the wheel scroll a window over all fields in it, and change none of them."""
    if isinstance(widget, (Gtk.Range, Gtk.SpinButton, Gtk.ComboBox)):
        if not isinstance(widget, Gtk.Scrollbar):
            # Who does not handle it leaves it to the window around.
            widget.connect("scroll-event", lambda field, _event: _leave(field))
    elif isinstance(widget, Gtk.Container):
        widget.forall(let_wheel_scroll)


def _leave(widget: Any) -> bool:
    widget.stop_emission_by_name("scroll-event")
    return False


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
