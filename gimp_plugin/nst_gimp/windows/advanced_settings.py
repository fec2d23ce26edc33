"""The part of the dialog with the settings that are seldom changed."""

from __future__ import annotations

from typing import Any

from gi.repository import GimpUi, GObject, Gtk

from nst_contract.setting_spec import Spec
from nst_contract.settings import SPECS
from nst_gimp.arguments import procedure_arguments
from nst_gimp.image import strength_mask
from nst_gimp.image.style_pixels import START
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets

# The height, in pixels: what does not fit is scrolled to.
_HEIGHT = 194
_BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE


def build(dialog: Any, config: Any, elsewhere: tuple[str, ...]) -> Any:
    """Returns an expander with a widget for each setting.

    Args:
        dialog: GIMP's dialog of the procedure, which makes most of the widgets.
        config: the arguments.
        elsewhere: the settings that the dialog shows elsewhere.
    """
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
    labels = Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL)
    for name, spec in SPECS.items():
        if name not in elsewhere:
            for row in _rows(dialog, config, name, spec):
                box.pack_start(row, False, False, 0)
                if isinstance(row, (GimpUi.Labeled, _TextRow)):
                    labels.add_widget(row.get_label())
    box.show_all()
    scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
    scrolled.set_min_content_height(_HEIGHT)
    scrolled.add(box)
    expander = Gtk.Expander(label=_("_Advanced"), use_underline=True)
    expander.add(scrolled)
    expander.show_all()
    return expander


def _rows(dialog: Any, config: Any, name: str, spec: Spec) -> list[Any]:
    if spec.choices and not spec.is_closed:
        return [_TextRow(dialog, config, name, spec)]
    rows = [dialog.get_widget(procedure_arguments.name_of(name), GObject.TYPE_NONE)]
    if name == "start":
        pictures = [dialog.get_widget(argument, GObject.TYPE_NONE) for argument in START]
        _follow_start(config, pictures)
        rows += pictures
    if name == "protect":
        rows.insert(0, dialog.get_widget(strength_mask.ARGUMENT, GObject.TYPE_NONE))
    return rows


def _follow_start(config: Any, pictures: list[Any]) -> None:
    """Lets a picture to start from be chosen only where painting starts from one."""

    def follow(*_arguments: Any) -> None:
        for widget in pictures:
            widget.set_sensitive(config.get_property("start") == "picture")

    follow()
    config.connect("notify::start", follow)


class _TextRow(Gtk.Box):  # type: ignore[misc]
    """A text beside its label, with what is usual to choose from and a button for a file."""

    def __init__(self, dialog: Any, config: Any, name: str, spec: Spec) -> None:
        super().__init__(spacing=widgets.SPACE // 2)
        self._dialog = dialog
        self._label = widgets.label(_(spec.label))
        self._file_prefix = spec.file_prefix
        choices = Gtk.ComboBoxText.new_with_entry()
        for value in spec.suggestions:
            choices.append_text(value)
        self._entry = choices.get_child()
        self._label.set_mnemonic_widget(self._entry)
        config.bind_property(procedure_arguments.name_of(name), self._entry, "text", _BOTH_WAYS)
        self.set_tooltip_text(_(spec.help))
        self.pack_start(self._label, False, False, 0)
        self.pack_start(choices, True, True, 0)
        if self._file_prefix is not None:
            button = Gtk.Button.new_from_icon_name("document-open", Gtk.IconSize.BUTTON)
            button.set_tooltip_text(_("Choose a file"))
            button.get_accessible().set_name(_("Choose a file"))
            button.connect("clicked", lambda _button: self._choose_file())
            self.pack_start(button, False, False, 0)

    def get_label(self) -> Any:
        return self._label

    def _choose_file(self) -> None:
        chooser = Gtk.FileChooserDialog(
            title=self._label.get_text(), transient_for=self._dialog, modal=True
        )
        chooser.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        chooser.add_button(_("_Open"), Gtk.ResponseType.OK)
        if chooser.run() == Gtk.ResponseType.OK:
            self._entry.set_text(f"{self._file_prefix}{chooser.get_filename()}")
        chooser.destroy()
