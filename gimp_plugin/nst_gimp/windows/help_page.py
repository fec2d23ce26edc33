"""The user guide, which comes with the plug-in."""

from __future__ import annotations

from typing import Any

from gi.repository import Gio, GLib, Gtk

from nst_gimp import PLUG_IN_FOLDER
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets

PAGE = PLUG_IN_FOLDER / "help" / "index.html"


def replace_help(dialog: Any) -> None:
    """Makes a dialog's Help button open our guide: GIMP's own manual knows nothing of us."""
    old = dialog.get_widget_for_response(Gtk.ResponseType.HELP)
    if old is None:
        return
    new = Gtk.Button.new_with_mnemonic(_("_Help"))
    new.connect("clicked", lambda _button: show(dialog))
    row = old.get_parent()
    row.remove(old)
    row.pack_start(new, False, False, 0)
    row.set_child_secondary(new, True)
    new.show()


def show(parent: Any) -> None:
    """Opens the guide in the user's browser."""
    try:
        Gio.AppInfo.launch_default_for_uri(PAGE.as_uri(), None)
    except GLib.Error as error:
        widgets.tell(parent, _("The guide cannot be opened ({why}).").format(why=error), str(PAGE))
