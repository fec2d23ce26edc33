"""The part of the dialog that shows which styles are chosen: one, two or three of them.

One of their places is the active one: what is chosen in the gallery goes there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import Gtk, Pango

from nst_gimp.arguments import style_places
from nst_gimp.image import style_arguments, style_choices
from nst_gimp.image.style_arguments import StyleArguments
from nst_gimp.image.style_choices import StyleChoice, StyleTile
from nst_gimp.text.i18n import _
from nst_gimp.windows import setting_widgets, widgets
from nst_gimp.windows.fitted_picture import FittedPicture

_PICTURE = (64, 48)
# More would make three places wider than the least of screens.
_CHARACTERS, _LEAST_CHARACTERS = 14, 9
_ALL = style_arguments.ALL
_CLEAR = Gtk.CssProvider()
_CLEAR.load_from_data(b"* { background-color: transparent; background-image: none; }")
_NONE_YET = _("Choose a style")


class ChosenStyles:
    """The chosen styles, each with its weight under it and a cross to take it off.

    Attributes:
        widget: shows them.
        active: number of the place that the gallery fills, from 0.

    Args:
        config: the arguments.
        tile_of: returns what the gallery knows of a choice.
        on_active: is called when another place has become the active one.
    """

    def __init__(
        self,
        config: Any,
        tile_of: Callable[[StyleChoice], StyleTile],
        on_active: Callable[[], None],
    ) -> None:
        self.active = 0
        self._config = config
        self._tile_of = tile_of
        self._on_active = on_active
        self._is_changing = False
        self.widget = Gtk.Box(spacing=widgets.SPACE)
        self._places: list[_Place] = []
        for number in range(len(_ALL)):
            first = self._places[0].button if self._places else None
            place = _Place(config, number, first)
            place.button.connect("toggled", self._on_toggled, number)
            place.cross.connect("clicked", lambda _button, number=number: self.take_off(number))
            self.widget.pack_start(place.widget, False, False, 0)
            self._places.append(place)
        self._add = Gtk.Button.new_with_mnemonic(_("Mi_x in Another Style"))
        self._add.set_valign(Gtk.Align.CENTER)
        self._add.set_no_show_all(True)
        self._add.set_tooltip_text(_("What is chosen in the gallery next is mixed with this"))
        self._add.connect("clicked", lambda _button: self.activate(self.count()))
        self.widget.pack_start(self._add, False, False, 0)

    def arguments(self) -> StyleArguments:
        """Returns the arguments of the active place."""
        return _ALL[self.active]

    def count(self) -> int:
        """Returns how many styles are chosen."""
        return sum(style_choices.chosen(self._config, at) is not None for at in _ALL)

    def activate(self, number: int) -> None:
        """Makes another place the active one."""
        self.active = number
        self.refresh()
        self._on_active()

    def take_off(self, number: int) -> None:
        """Takes a style off; those after it move up."""
        style_places.keep_only(self._config, [at for at in _ALL if at is not _ALL[number]])
        self.activate(min(self.active, max(0, self.count() - 1)))

    def refresh(self) -> None:
        """Shows what the arguments name."""
        self._is_changing = True
        count = self.count()
        self.active = min(self.active, count, len(_ALL) - 1)
        for number, (place, at) in enumerate(zip(self._places, _ALL, strict=True)):
            choice = style_choices.chosen(self._config, at)
            is_shown = choice is not None or number == self.active
            place.show(self._tile_of(choice) if choice else None, count > 1)
            place.widget.set_visible(is_shown)
        self._places[self.active].button.set_active(True)
        self._add.set_visible(0 < count < len(_ALL) and self.active < count)
        self._is_changing = False

    def _on_toggled(self, button: Any, number: int) -> None:
        if button.get_active() and not self._is_changing:
            self.activate(number)


class _Place:
    """One of the places: a picture with a name, to be made the active one; weight and cross."""

    def __init__(self, config: Any, number: int, group: Any | None) -> None:
        self._number = number
        self._picture = FittedPicture(*_PICTURE)
        self._name, self._about = widgets.label(), widgets.label(dim=True)
        for label in (self._name, self._about):
            label.set_ellipsize(Pango.EllipsizeMode.MIDDLE)
            label.set_max_width_chars(_CHARACTERS)
        self._name.set_width_chars(_LEAST_CHARACTERS)
        words = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, valign=Gtk.Align.CENTER)
        words.pack_start(self._name, False, False, 0)
        words.pack_start(self._about, False, False, 0)
        # Some themes give what is in a pressed button the ground of a chosen text.
        for widget in (words, self._name, self._about):
            widget.get_style_context().add_provider(_CLEAR, Gtk.STYLE_PROVIDER_PRIORITY_USER)
        inner = Gtk.Box(spacing=widgets.SPACE // 2)
        inner.pack_start(self._picture, False, False, 0)
        inner.pack_start(words, False, False, 0)
        self.button = Gtk.RadioButton.new_from_widget(group)
        self.button.set_mode(False)  # a button rather than a dot: the whole of it is clicked
        self.button.add(inner)
        self.cross = widgets.icon_button(
            "window-close-symbolic", _("Remove style {number}").format(number=number + 1)
        )
        self.cross.set_relief(Gtk.ReliefStyle.NONE)
        self.cross.set_valign(Gtk.Align.CENTER)
        self.widget = Gtk.Grid()
        self.widget.attach(self.button, 0, 0, 1, 1)
        self.widget.attach(self.cross, 1, 0, 1, 1)
        self.weight = self._weight(config, _ALL[number].weight)
        if self.weight is not None:
            self.widget.attach(self.weight, 0, 1, 2, 1)
        self.widget.show_all()
        self.widget.set_no_show_all(True)

    def show(self, tile: StyleTile | None, has_others: bool) -> None:
        """Shows a style, or that one is yet to be chosen."""
        self._picture.show_picture(tile and tile.thumbnail)
        self._name.set_markup(f"<b>{widgets.escape(tile.name if tile else _NONE_YET)}</b>")
        self._about.set_text(tile.about if tile else "")
        self._about.set_visible(tile is not None and not has_others)
        text = tile.describe() if tile else _NONE_YET
        about = _("Style {number}: {style}").format(number=self._number + 1, style=text)
        widgets.name(self.button, about)
        self.cross.set_visible(has_others and tile is not None)
        if self.weight is not None:
            self.weight.set_visible(tile is not None)

    def _weight(self, config: Any, argument: str | None) -> Any | None:
        if argument is None:
            return None
        field = setting_widgets.number(config, argument, 0.1)
        kind = config.find_property(argument)
        row, label = setting_widgets.labelled(_("Weight"), field, kind.get_blurb())
        label.set_mnemonic_widget(None)
        field.get_accessible().set_name(kind.get_nick())
        return row
