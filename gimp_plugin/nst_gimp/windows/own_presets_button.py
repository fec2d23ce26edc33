"""The part of the dialog with the presets of one's own."""

from __future__ import annotations

from typing import Any

from gi.repository import GLib, Gtk

from nst_gimp.arguments import procedure_arguments
from nst_gimp.saved import own_presets
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets


class OwnPresetsButton:
    """A button with a menu: takes a preset of one's own, keeps one, or forgets one.

    Attributes:
        widget: the button. It bears the name of the preset whose values are chosen, if any is.
    """

    def __init__(self, config: Any) -> None:
        self._config = config
        self._label = Gtk.Label(use_underline=True)
        self._menu = Gtk.Menu()
        self.widget = Gtk.MenuButton(popup=self._menu, halign=Gtk.Align.START)
        self.widget.add(self._label)
        self.widget.set_tooltip_text(_("Settings that you have saved under a name"))
        self._presets = own_presets.all_of()
        self._fill()
        config.connect("notify", lambda *_: self._name())

    def _fill(self) -> None:
        for item in self._menu.get_children():
            item.destroy()
        for name, values in self._presets.items():
            self._add(self._menu, name, lambda values=values: self._take(values))
        if self._presets:
            self._menu.append(Gtk.SeparatorMenuItem())
        # Once the menu is gone: its window would wait for the answer, too.
        save = _("Save These Settings...")
        self._add(self._menu, save, lambda: GLib.idle_add(self._save))
        if self._presets:
            forget = Gtk.MenuItem.new_with_label(_("Remove"))
            names = Gtk.Menu()
            for name in self._presets:
                self._add(names, name, lambda name=name: self._remove(name))
            forget.set_submenu(names)
            self._menu.append(forget)
        self._menu.show_all()
        self._name()

    @staticmethod
    def _add(menu: Any, text: str, act: Any) -> None:
        item = Gtk.MenuItem.new_with_label(text)
        item.connect("activate", lambda _item: act())
        menu.append(item)

    def _name(self) -> None:
        settings = procedure_arguments.values(self._config)
        name = own_presets.name_in(self._presets, settings)
        self._label.set_text_with_mnemonic(
            _("_My Presets")
            if name is None
            else _("_My Preset: {name}").format(name=name.replace("_", "__"))
        )

    def _take(self, values: dict[str, Any]) -> None:
        procedure_arguments.assign(self._config, values)

    def _save(self) -> None:
        name = _ask_name(self.widget.get_toplevel(), self._presets)
        if name:
            try:
                own_presets.save(name, procedure_arguments.values(self._config))
            except OSError as error:
                widgets.tell(
                    self.widget.get_toplevel(),
                    _("The preset cannot be kept ({why}).").format(why=error.strerror),
                    _("Make room on the disk that holds {cache}, and try again.").format(
                        cache=own_presets.folder()
                    ),
                )
            self._refresh()

    def _remove(self, name: str) -> None:
        own_presets.remove(name)
        self._refresh()

    def _refresh(self) -> None:
        self._presets = own_presets.all_of()
        self._fill()


def _ask_name(parent: Any, taken: dict[str, Any]) -> str:
    """Returns the name that the user gives to a preset; "" for none."""
    window = Gtk.Dialog(title=_("Save Preset"), transient_for=parent, modal=True)
    window.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    save = window.add_button(_("_Save"), Gtk.ResponseType.OK)
    window.set_default_response(Gtk.ResponseType.OK)
    entry = Gtk.Entry(activates_default=True, max_length=own_presets.LONGEST_NAME)
    label = Gtk.Label.new_with_mnemonic(_("_Name"))
    label.set_mnemonic_widget(entry)
    note = widgets.label(dim=True)
    line = Gtk.Box(spacing=widgets.SPACE)
    line.pack_start(label, False, False, 0)
    line.pack_start(entry, True, True, 0)
    content = window.get_content_area()
    content.set_border_width(widgets.SPACE)
    content.set_spacing(widgets.SPACE)
    for widget in (line, note):
        content.pack_start(widget, False, False, 0)

    def follow(*_arguments: Any) -> None:
        name = entry.get_text().strip()
        save.set_sensitive(bool(name))
        note.set_text(_("It replaces the preset of that name.") if name in taken else "")

    entry.connect("changed", follow)
    follow()
    window.show_all()
    name = entry.get_text().strip() if window.run() == Gtk.ResponseType.OK else ""
    window.destroy()
    return name
