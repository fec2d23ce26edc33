"""The part of the dialog with the results of the past, whose settings can be taken again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gi.repository import GdkPixbuf, GLib, Gtk, Pango

from nst_contract.settings import PRESETS
from nst_gimp.arguments.layer_records import LayerRecord
from nst_gimp.saved import history
from nst_gimp.saved.history import PastResult
from nst_gimp.text.amounts import duration
from nst_gimp.text.i18n import _
from nst_gimp.windows import repeat_button, widgets
from nst_gimp.windows.fitted_picture import FittedPicture
from nst_gimp.windows.preset_rows import LABELS

_log = logging.getLogger(__name__)
# Width and height of the list, in pixels; what does not fit is scrolled to.
_SIZE = (460, 380)
_PICTURE = (96, 72)


class HistoryButton:
    """A button that opens the list of past results.

    Attributes:
        widget: the button.

    Args:
        config: the arguments; a click on a result gives them its settings and style.
        content: returns the layer to be painted.
    """

    def __init__(self, config: Any, content: Callable[[], Any]) -> None:
        self._config = config
        self._content = content
        self.widget = Gtk.MenuButton(halign=Gtk.Align.START)
        self.widget.add(Gtk.Label.new_with_mnemonic(_("Histor_y")))
        self.widget.set_tooltip_text(_("Takes the settings and the style of an earlier result"))
        self._popover = Gtk.Popover()
        self._list = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
        self._list.get_accessible().set_name(_("Earlier results"))
        self._list.connect("row-activated", lambda _list, row: self._take(row))
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_size_request(*_SIZE)
        scrolled.add(self._list)
        scrolled.show_all()
        self._popover.add(scrolled)
        self.widget.set_popover(self._popover)
        # Other GIMPs may paint meanwhile.
        self.widget.connect("toggled", lambda button: self._fill() if button.get_active() else None)

    def _fill(self) -> None:
        for row in self._list.get_children():
            row.destroy()
        found = history.all_of()
        for past in found:
            self._list.add(_Row(past))
        if not found:
            none = widgets.label(_("Nothing has been painted yet."), dim=True)
            none.set_property("margin", widgets.SPACE)
            self._list.add(none)
        self._list.show_all()

    def _take(self, row: Any) -> None:
        if isinstance(row, _Row):
            record = LayerRecord(**row.past.record)
            repeat_button.take(record, self._config, self._content(), self.widget)
            self._popover.popdown()


class _Row(Gtk.ListBoxRow):  # type: ignore[misc]
    """A result: its picture, how it was painted, and its star."""

    def __init__(self, past: PastResult) -> None:
        super().__init__()
        self.past = past
        line = Gtk.Box(spacing=widgets.SPACE, margin=widgets.SPACE // 2)
        line.pack_start(_picture(past), False, False, 0)
        texts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, valign=Gtk.Align.CENTER, spacing=2)
        style = widgets.label()
        style.set_markup(f"<b>{widgets.escape(past.record['style'])}</b>")
        style.set_ellipsize(Pango.EllipsizeMode.END)
        for label in (style, *(widgets.label(text, dim=True) for text in _about(past))):
            texts.pack_start(label, False, False, 0)
        line.pack_start(texts, True, True, 0)
        self._star = Gtk.ToggleButton(active=past.is_starred, valign=Gtk.Align.CENTER)
        self._star.set_relief(Gtk.ReliefStyle.NONE)
        self._star.set_tooltip_text(_("Keeps this one for ever"))
        self._star.get_accessible().set_name(_("Keep"))
        self._show_star()
        self._star.connect("toggled", lambda _button: self._keep())
        line.pack_end(self._star, False, False, 0)
        self.add(line)
        self.get_accessible().set_name(", ".join((past.record["style"], *_about(past))))

    def _keep(self) -> None:
        try:
            self.past = history.star(self.past, self._star.get_active())
        except OSError:
            _log.exception("a star is not kept")
        self._show_star()

    def _show_star(self) -> None:
        name = "starred-symbolic" if self.past.is_starred else "non-starred-symbolic"
        self._star.set_image(Gtk.Image.new_from_icon_name(name, Gtk.IconSize.BUTTON))


def _about(past: PastResult) -> tuple[str, str]:
    """Returns in two lines how a result was painted, and when."""
    preset = past.record["settings"].get("preset", "")
    name = LABELS.get(preset, preset if preset in PRESETS else "").replace("_", "")
    size = _("{width} x {height} px").format(width=past.width, height=past.height)
    when = GLib.DateTime.new_from_unix_local(int(past.when)).format("%x %H:%M")
    time = _("painted in {time}").format(time=duration(past.seconds))
    return ", ".join(part for part in (name, size) if part), f"{when}, {time}"


def _picture(past: PastResult) -> Any:
    picture = FittedPicture(*_PICTURE)
    picture.show_picture(None)
    try:
        loader = GdkPixbuf.PixbufLoader.new_with_type("png")
        loader.write(past.thumbnail)
        loader.close()
        picture.show_picture(loader.get_pixbuf())
    except GLib.Error:
        _log.info("a result of the past has no picture")
    return picture
