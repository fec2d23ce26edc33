"""A list of layers to choose one from, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gi.repository import Gtk, Pango

from nst_gimp.text.i18n import _

_NONE = "none"
# Long names must not make the window wider than the screen.
_WIDTH = 14


class LayerCombo(Gtk.ComboBoxText):  # type: ignore[misc]
    """Shows layers, or channels, by their names; the list is made anew whenever it is asked for.

    Args:
        items: returns each item that may be chosen with the image it is in, "" for the content's.
        take: is told what the user has chosen; None where nothing was.
        none: whether nothing may be chosen.
    """

    def __init__(
        self,
        items: Callable[[], Iterable[tuple[Any, str]]],
        take: Callable[[Any | None], None],
        *,
        none: bool,
    ) -> None:
        super().__init__()
        self._items = items
        self._none = none
        self._found: dict[str, Any] = {}
        self._is_changing = False
        (cell,) = self.get_cells()
        cell.set_properties(ellipsize=Pango.EllipsizeMode.MIDDLE, width_chars=_WIDTH)
        self.connect("changed", lambda _combo: self._on_changed(take))

    def show_chosen(self, chosen: Any | None) -> None:
        """Lists what there is now, with the chosen item chosen."""
        self._is_changing = True
        self.remove_all()
        self._found = {}
        if self._none:
            self.append(_NONE, _("None"))
        for item, place in self._items():
            name = item.get_name()
            self._found[str(item.get_id())] = item
            self.append(str(item.get_id()), f"{name} ({place})" if place else name)
        if chosen is not None and chosen.is_valid():
            self.set_active_id(str(chosen.get_id()))
        else:
            self.set_active_id(_NONE)
        self._is_changing = False

    def _on_changed(self, take: Callable[[Any | None], None]) -> None:
        if not self._is_changing:
            take(self._found.get(self.get_active_id() or _NONE))


def of_argument(
    config: Any, argument: str, items: Callable[[], Iterable[tuple[Any, str]]]
) -> LayerCombo:
    """Returns a list that shows and sets an argument."""
    combo = LayerCombo(items, lambda item: config.set_property(argument, item), none=True)

    def follow(*_arguments: Any) -> None:
        combo.show_chosen(config.get_property(argument))

    follow()
    config.connect(f"notify::{argument}", follow)
    return combo
