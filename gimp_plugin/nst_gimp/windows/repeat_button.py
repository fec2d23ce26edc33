"""The part of the dialog that takes the settings of a layer painted earlier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import GLib, Gtk

from nst_gimp.arguments import layer_records
from nst_gimp.arguments.layer_records import LayerRecord
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets


def build(config: Any, content: Callable[[], Any]) -> Any:
    """Returns a button with a menu of all painted layers, which is only seen if there is one.

    Args:
        config: the arguments.
        content: returns the layer to be painted.
    """
    menu = Gtk.Menu()
    button = Gtk.MenuButton(popup=menu, halign=Gtk.Align.START, no_show_all=True)
    for name, record in layer_records.all_of(content().get_image()):
        item = Gtk.MenuItem.new_with_label(name)
        item.connect(
            "activate", lambda _item, record=record: take(record, config, content(), button)
        )
        menu.append(item)
    menu.show_all()
    button.add(Gtk.Label(label=_("Repeat Settings of a Painted Layer"), visible=True))
    button.set_tooltip_text(_("Takes the settings, seed and style of a layer painted earlier"))
    button.set_visible(bool(menu.get_children()))
    return button


def take(record: LayerRecord, config: Any, content: Any, button: Any) -> None:
    """Takes settings and styles of an earlier result; says which of them are gone.

    Args:
        record: of the result.
        config: the arguments.
        content: the layer to be painted.
        button: which was pressed for that.
    """
    missing = record.repeat(config, content)
    if missing is not None:
        message, advice = missing.message, missing.advice
        # Once the menu is gone: its window would wait for the answer, too.
        GLib.idle_add(lambda: widgets.tell(button.get_toplevel(), message, advice))
