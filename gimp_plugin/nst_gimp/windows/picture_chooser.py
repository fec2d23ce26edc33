"""Choosing picture files: only pictures are listed, seen before they are chosen, and taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gi.repository import Gtk, Pango

from nst_gimp.image import file_names, style_choices
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets
from nst_gimp.windows.fitted_picture import FittedPicture

# Of the picture beside the list of files, in pixels of the layout.
_SIDE = 200
# What GIMP opens beside the pictures that any program shows.
_KINDS_OF_GIMP = ("xcf", "xcf.gz", "xcf.bz2", "xcf.xz", "psd", "psb", "ora", "kra", "exr", "hdr",
                  "avif", "heic", "heif", "jxl", "webp", "tif", "tiff", "pdf", "dds", "qoi",
                  "tga", "pcx", "fits", "j2k", "jp2")  # fmt: skip
_NO_FILE = _("(None)")


def choose(parent: Any, title: str, *, several: bool) -> list[Any]:
    """Lets the user choose pictures.

    Args:
        parent: the window that asks.
        title: what they are chosen for.
        several: whether it may be more than one.

    Returns:
        The files (Gio.File); none if the user changed their mind.
    """
    chooser = Gtk.FileChooserDialog(
        title=title, transient_for=parent, modal=True, select_multiple=several
    )
    chooser.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    chooser.add_button(_("_Open"), Gtk.ResponseType.OK)
    chooser.set_default_response(Gtk.ResponseType.OK)
    for name, is_all in ((_("Pictures"), False), (_("All files"), True)):
        chooser.add_filter(_filter(name, is_all))
    image = FittedPicture(_SIDE, _SIDE, _("Preview"))
    image.show_all()
    chooser.set_preview_widget(image)
    chooser.connect("update-preview", _show_preview, image)
    files: list[Any] = []
    while not files and chooser.run() == Gtk.ResponseType.OK:
        files = only_pictures(chooser, chooser.get_files())
    chooser.destroy()
    return files


def only_pictures(parent: Any, files: Sequence[Any]) -> list[Any]:
    """Returns the files, if all of them are pictures; otherwise says which are not: nothing."""
    others = [file_names.shown(file) for file in files if not style_choices.is_picture(file)]
    if not others:
        return list(files)
    widgets.tell(
        parent,
        _("GIMP cannot open this as a picture: {names}.").format(names=", ".join(others)),
        _("Choose a picture, or export this one as PNG from the program that made it."),
    )
    return []


class FileButton(Gtk.Button):  # type: ignore[misc]
    """Shows which picture file an argument names, and lets another be chosen."""

    def __init__(self, dialog: Any, config: Any, argument: str) -> None:
        super().__init__()
        self._label = Gtk.Label(ellipsize=Pango.EllipsizeMode.MIDDLE, max_width_chars=18)
        self.add(self._label)
        title = config.find_property(argument).get_nick()

        def follow(*_arguments: Any) -> None:
            file = config.get_property(argument)
            self._label.set_text(_NO_FILE if file is None else file_names.shown(file))

        def on_click(_button: Any) -> None:
            for file in choose(dialog, title, several=False):
                config.set_property(argument, file)

        follow()
        config.connect(f"notify::{argument}", follow)
        self.connect("clicked", on_click)


def _filter(name: str, is_all: bool) -> Any:
    found = Gtk.FileFilter()
    found.set_name(name)
    if is_all:
        found.add_pattern("*")
        return found
    found.add_pixbuf_formats()
    found.add_mime_type("image/*")
    for kind in _KINDS_OF_GIMP:
        found.add_pattern(f"*.{kind}")
        found.add_pattern(f"*.{kind.upper()}")
    return found


def _show_preview(chooser: Any, image: Any) -> None:
    file, room = chooser.get_preview_file(), (2 * _SIDE, 2 * _SIDE)
    picture = None if file is None else style_choices.of_file(file, room).thumbnail
    if picture is not None:
        image.show_picture(picture)
    chooser.set_preview_widget_active(picture is not None)
