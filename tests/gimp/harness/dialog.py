"""A dialog of GIMP or of a plug-in, its fields found by the labels beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .atspi import (
    BUTTON,
    GuiError,
    Roles,
    click,
    dump,
    find,
    has_state,
    labels,
    place_of,
    text_of,
    wait,
    walk,
)
from .desktop import Desktop


class Dialog:
    """A window, given by its accessible object; find_window(application, title) finds others."""

    def __init__(self, window: Any, find_window: Callable[..., Dialog]) -> None:
        self.window = window
        self._find_window = find_window

    def title(self) -> str:
        """Return the window's title."""
        return str(self.window.get_name())

    def application(self) -> Any:
        """Return the program that the window belongs to; its menus are windows, too."""
        return self.window.get_application()

    def text(self) -> str:
        """Return the whole tree of widgets, to look at."""
        return dump(self.window)

    def labels(self) -> list[str]:
        """Return the texts of all labels."""
        return labels(self.window)

    def showing_labels(self) -> list[str]:
        """Return the texts of the labels that can be seen."""
        found = (w for w, _ in walk(self.window, showing=True) if w.get_role_name() == "label")
        return [label.get_name() for label in found]

    def field(self, label: str, roles: Roles) -> Any:
        """Return the widget beside LABEL (GIMP packs label and widget in one panel)."""
        found = find(self.window, "label", label)
        if found is None:
            raise GuiError(f"no label {label!r} in:\n{self.text()}")
        widget = find(found.get_parent(), roles)
        if widget is None:
            raise GuiError(f"no {roles} beside {label!r} in:\n{self.text()}")
        return widget

    def spin(self, label: str, value: float | None = None) -> float:
        """Set a spin button; return its value."""
        number = self.field(label, "spin button").get_value_iface()
        if value is not None:
            number.set_current_value(value)
        return float(number.get_current_value())

    def slider(self, label: str, value: float | None = None) -> float:
        """Set a slider to a position; return its position."""
        position = self.field(label, "slider").get_value_iface()
        if value is not None:
            position.set_current_value(value)
        return float(position.get_current_value())

    def is_seen(self, widget: Any) -> bool:
        """Tell whether the middle of a widget is within the window, as far as that is scrolled."""
        left, top, width, height = place_of(widget)
        window = place_of(self.window)
        return (
            window[0] < left + width // 2 < window[0] + window[2]
            and window[1] < top + height // 2 < window[1] + window[3]
        )

    def items(self, label: str) -> list[str]:
        """Return what there is to choose from in a combo box."""
        menu = self.field(label, "combo box").get_child_at_index(0)
        return [menu.get_child_at_index(i).get_name() for i in range(menu.get_child_count())]

    def combo(self, label: str, item: str | None = None) -> str:
        """Choose ITEM in a combo box; return the chosen one."""
        box = self.field(label, "combo box")
        if item is not None:
            names = self.items(label)
            if item not in names:
                raise GuiError(f"no {item!r} in {label!r}: {names}")
            box.get_selection_iface().select_child(names.index(item))
        return str(box.get_name())

    def text_field(self, label: str, value: str | None = None) -> str:
        """Set a text; return it."""
        field = self.field(label, "text")
        if value is not None:
            field.get_editable_text_iface().set_text_contents(value)
        return text_of(field)

    def check(self, label: str, value: bool | None = None) -> bool:
        """Set a check box; return its state."""
        box = find(self.window, "check box", label)
        if box is None:
            raise GuiError(f"no check box {label!r} in:\n{self.text()}")
        if value is not None and has_state(box, "CHECKED") != value:
            click(box)
            wait(lambda: has_state(box, "CHECKED") == value, 60, f"{label} = {value}")
        return has_state(box, "CHECKED")

    def button(self, name: str) -> None:
        """Press a button, e.g. "OK"."""
        button = find(self.window, BUTTON, name)
        if button is None:
            raise GuiError(f"no button {name!r} in:\n{self.text()}")
        if not has_state(button, "SENSITIVE"):
            raise GuiError(f"button {name!r} is insensitive")
        click(button)

    def document(self) -> str:
        """Return the text of the window's text view."""
        return text_of(find(self.window, "text"))

    def select(self, item: str) -> None:
        """Select the picture of that name among others."""
        found = wait(lambda: find(self.window, "list item", item), 60, f"item {item!r}")
        found.get_parent().get_selection_iface().select_child(found.get_index_in_parent())

    def can_press(self, name: str) -> bool:
        """Tell whether there is a button of that name that can be pressed now."""
        button = find(self.window, BUTTON, name)
        return button is not None and has_state(button, "SENSITIVE")

    def mnemonics(self) -> list[str]:
        """Return the keys that widgets of this window answer to together with Alt."""
        keys = []
        for widget, _ in walk(self.window, showing=True):
            action = widget.get_action_iface()
            binding = action.get_key_binding(0) if action and action.get_n_actions() else ""
            keys += re.findall(r"<Alt>(\w)", binding)
        return keys

    def choose_file(self, button: str, path: str | os.PathLike[str]) -> None:
        """Choose a file, or a folder, in the window that BUTTON opens."""
        self.button(button)
        application = self.window.get_application().get_name()
        self._find_window(application, "", roles=("file chooser",)).choose(path)

    def choose(self, path: str | os.PathLike[str]) -> None:
        """Choose a file, or a folder, in this window, which is there for that."""
        entry = find(self.window, "text", showing=True)
        if entry is None:
            # GTK shows the entry for a path only once a path is begun to be typed
            Desktop.get().key("slash", "^" + re.escape(self.title()) + "$")
            entry = wait(lambda: find(self.window, "text", showing=True), 60, "entry for a path")
        entry.get_editable_text_iface().set_text_contents(str(Path(path).absolute()))
        self.button("Open")
        self.gone()

    def screenshot(self, path: str | os.PathLike[str]) -> Path:
        """Write a PNG of this window alone; a relative path is meant in the folder of shots."""
        desktop = Desktop.get()
        return desktop.screenshot(path, desktop.window("^" + re.escape(self.title()) + "$"))

    def gone(self, timeout: float = 60) -> None:
        """Wait until the window has closed.

        Only where the window's process keeps running a main loop: a plug-in that blocks on
        its engine after OK does not answer accessibility calls.
        """
        wait(lambda: not has_state(self.window, "SHOWING"), timeout, "dialog to close")
