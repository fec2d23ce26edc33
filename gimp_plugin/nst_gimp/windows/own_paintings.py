"""A folder with the user's own paintings, shown in the gallery today and next time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gi.repository import GdkPixbuf, Gio, Gtk

from nst_gimp.text.i18n import _

# More would make the gallery slow, and nobody would find anything in it.
_MOST = 200
_NO_FOLDER = 1


def in_folder(folder: str) -> list[Any]:
    """Returns the pictures (Gio.File) in a folder, by name; none if there is no such folder."""
    kinds = {kind for known in GdkPixbuf.Pixbuf.get_formats() for kind in known.get_extensions()}
    try:
        files = sorted(Path(folder).iterdir()) if folder else []
    except OSError:
        return []
    pictures = [file for file in files if file.suffix[1:].lower() in kinds]
    return [Gio.File.new_for_path(str(file)) for file in pictures[:_MOST]]


def choose_folder(parent: Any, folder: str) -> str | None:
    """Lets the user choose the folder.

    Returns:
        Its path; "" for none at all; None if the user changed their mind.
    """
    chooser = Gtk.FileChooserDialog(
        title=_("Choose the folder with your paintings"),
        transient_for=parent,
        modal=True,
        action=Gtk.FileChooserAction.SELECT_FOLDER,
    )
    if folder:
        chooser.add_button(_("Show _None"), _NO_FOLDER)
        chooser.set_current_folder(folder)
    chooser.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    chooser.add_button(_("_Open"), Gtk.ResponseType.OK)
    answer = chooser.run()
    path: str | None = {
        Gtk.ResponseType.OK: chooser.get_filename(),
        _NO_FOLDER: "",
    }.get(answer)
    chooser.destroy()
    return path
