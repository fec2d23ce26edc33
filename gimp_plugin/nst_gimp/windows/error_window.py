"""The one window in which a failure is shown."""

from __future__ import annotations

from gi.repository import Gtk

from nst_contract.errors import NstError
from nst_gimp.engine import install_info
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets
from nst_gimp.windows.clipboard import to_clipboard

_COPY = 1


def show(error: NstError) -> None:
    """Shows what happened, what to do about it, and where the details are."""
    widgets.start()
    log = _("Details are in the log {path}").format(path=install_info.log_file())
    window = widgets.dialog(_("Neural Style: Error"))
    window.add_button(_("C_opy"), _COPY)
    window.add_button(_("_Close"), Gtk.ResponseType.CLOSE)
    window.set_resizable(False)
    window.set_default_response(Gtk.ResponseType.CLOSE)
    line = Gtk.Box(spacing=widgets.SPACE)
    icon = Gtk.Image.new_from_icon_name("dialog-error", Gtk.IconSize.DIALOG)
    icon.set_valign(Gtk.Align.START)
    line.pack_start(icon, False, False, 0)
    texts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE)
    for text, style in ((error.message, "heading"), (error.advice, ""), (log, "dim-label")):
        label = widgets.label(text, wrap=True)
        label.set_width_chars(50)
        label.set_max_width_chars(60)
        label.set_selectable(True)
        label.set_can_focus(False)
        if style == "heading":
            label.set_markup(f"<b>{widgets.escape(text)}</b>")
        elif style:
            label.get_style_context().add_class(style)
        texts.pack_start(label, False, False, 0)
    line.pack_start(texts, True, True, 0)
    window.get_content_area().pack_start(line, True, True, 0)
    window.show_all()
    while window.run() == _COPY:
        to_clipboard(f"{error.message}\n{error.advice}\n{log}\n")
    window.destroy()
