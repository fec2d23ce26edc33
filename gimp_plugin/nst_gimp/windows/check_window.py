"""The window that shows what is found of the installation."""

from __future__ import annotations

from gi.repository import GLib, Gtk

from nst_gimp.engine.doctor import DoctorRun
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets
from nst_gimp.windows.clipboard import to_clipboard

_TICK_MILLISECONDS = 100
_COPY = 1
_SIZE = (720, 420)


def show(doctor_run: DoctorRun) -> None:
    """Shows the report when it comes, until the user closes the window."""
    widgets.start()
    window = widgets.dialog(_("Neural Style Installation"))
    window.set_default_size(*_SIZE)
    copy = window.add_button(_("C_opy"), _COPY)
    window.add_button(_("_Close"), Gtk.ResponseType.CLOSE)
    text = Gtk.TextView(
        editable=False, monospace=True, cursor_visible=False, wrap_mode=Gtk.WrapMode.WORD_CHAR
    )
    text.get_buffer().set_text(_("Checking the installation; this takes a few seconds."))
    copy.set_sensitive(False)
    scrolled = Gtk.ScrolledWindow()
    scrolled.add(text)
    window.get_content_area().pack_start(scrolled, True, True, 0)

    def tick() -> bool:
        if doctor_run.report is None:
            return True
        text.get_buffer().set_text(doctor_run.report)
        copy.set_sensitive(True)
        return False

    GLib.timeout_add(_TICK_MILLISECONDS, tick)
    window.show_all()
    while window.run() == _COPY:
        to_clipboard(doctor_run.report or "")
    window.destroy()
