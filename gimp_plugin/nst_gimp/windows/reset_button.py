"""The button that takes back what was changed, but never the choice of a style."""

from __future__ import annotations

from typing import Any

from gi.repository import Gtk

from nst_contract.settings import Settings
from nst_gimp.arguments import procedure_arguments
from nst_gimp.image import strength_mask
from nst_gimp.image.style_pixels import START
from nst_gimp.text.i18n import _

# GIMP's own answer of its button, which forgets the style as well.
_GIMPS_RESET = 1
_PICTURES = (*START, strength_mask.ARGUMENT)


def replace_reset(dialog: Any, config: Any) -> None:
    """Puts our button in the place of GIMP's."""
    old = dialog.get_widget_for_response(_GIMPS_RESET)
    if old is None:
        return
    menu = Gtk.Menu()
    opening = procedure_arguments.values(config), {p: config.get_property(p) for p in _PICTURES}
    usual = Settings().as_dict(), dict.fromkeys(_PICTURES)
    for text, values in (
        (_("To the settings this window opened with"), opening),
        (_("To the usual settings"), usual),
    ):
        item = Gtk.MenuItem.new_with_label(text)
        item.connect("activate", lambda _item, values=values: _assign(config, *values))
        menu.append(item)
    menu.show_all()
    new = Gtk.MenuButton(popup=menu)
    new.add(Gtk.Label.new_with_mnemonic(_("_Reset")))
    new.get_child().set_mnemonic_widget(new)
    new.set_tooltip_text(_("Takes back all settings; the styles stay chosen"))
    row = old.get_parent()
    place = row.get_children().index(old)
    row.remove(old)
    row.pack_start(new, False, False, 0)
    row.reorder_child(new, place)
    new.show_all()


def _assign(config: Any, settings: dict[str, Any], pictures: dict[str, Any]) -> None:
    procedure_arguments.assign(config, settings)
    for name, value in pictures.items():
        config.set_property(name, value)
