"""Finding and using widgets through the accessibility bus (AT-SPI).

Runs in a Python that has gi and Atspi: inside the root file system, or the system's.
Every question is a D-Bus round trip, and any widget may vanish between two of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Atspi", "2.0")
from gi.repository import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402
    Atspi,
    GLib,
)

T = TypeVar("T")
Roles = str | tuple[str, ...]

#: A GTK push button is called "push button" by GTK 3.24.49 and older, "button" later.
BUTTON = ("button", "push button", "toggle button")
WINDOW = ("dialog", "frame", "alert", "window", "file chooser")


class GuiError(AssertionError):
    """The window does not show what the test expects."""


def wait(question: Callable[[], T], timeout: float = 20, what: str = "") -> T:
    """Ask until the answer is true, return it; a widget that vanishes meanwhile is no answer."""
    end = time.monotonic() + timeout
    while True:
        asked = time.monotonic()
        try:
            answer = question()
        except GLib.Error:
            pass
        else:
            if answer:
                return answer
        if time.monotonic() > end:
            raise GuiError(f"timed out after {timeout} s: {what}")
        # a program that answers all the time does little else
        time.sleep(max(0.05, time.monotonic() - asked))


def has_state(widget: Any, state: str) -> bool:
    """Tell whether WIDGET is e.g. "SHOWING", "SENSITIVE", "CHECKED"."""
    try:
        return bool(widget.get_state_set().contains(getattr(Atspi.StateType, state)))
    except GLib.Error:
        return False


def walk(widget: Any, depth: int = 0, showing: bool = False) -> Iterator[tuple[Any, int]]:
    """Yield WIDGET and all below it with their depth.

    showing: do not enter what is hidden (closed menus...), which saves seconds.
    """
    if showing and depth and not has_state(widget, "SHOWING"):
        return
    yield widget, depth
    try:
        count = widget.get_child_count()
    except GLib.Error:
        return
    for i in range(count):
        try:
            child = widget.get_child_at_index(i)
        except GLib.Error:
            continue
        if child is not None:
            yield from walk(child, depth + 1, showing)


def find(widget: Any, roles: Roles, name: str | None = None, showing: bool = False) -> Any:
    """Return the first widget of one of ROLES whose name starts with NAME, or None."""
    roles = (roles,) if isinstance(roles, str) else roles
    for found, _ in walk(widget, 0, showing):
        try:
            if found.get_role_name() in roles and (found.get_name() or "").startswith(name or ""):
                return found
        except GLib.Error:
            continue
    return None


def dump(widget: Any) -> str:
    """Return the tree of widgets as text; S showing, E sensitive, C checked."""
    states = (("S", "SHOWING"), ("E", "SENSITIVE"), ("C", "CHECKED"))
    lines = []
    for found, depth in walk(widget):
        try:
            flags = "".join(letter for letter, state in states if has_state(found, state))
            lines.append(f"{'  ' * depth}{found.get_role_name()} {found.get_name()!r} {flags}")
        except GLib.Error:
            continue
    return "\n".join(lines)


def labels(widget: Any) -> list[str]:
    """Return the texts of all labels in WIDGET."""
    return [w.get_name() for w, _ in walk(widget) if w.get_role_name() == "label"]


def text_of(widget: Any) -> str:
    """Return all text of an entry or a text view."""
    return str(Atspi.Text.get_text(widget, 0, Atspi.Text.get_character_count(widget)))


def place_of(widget: Any) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a widget, in pixels of the screen."""
    place = widget.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    return place.x, place.y, place.width, place.height


def click(widget: Any) -> None:
    """Press a button, menu item or check box."""
    widget.get_action_iface().do_action(0)


def applications() -> list[Any]:
    """Return the programs on the accessibility bus; a plug-in with a window is one of its own."""
    desktop = Atspi.get_desktop(0)
    found = (desktop.get_child_at_index(i) for i in range(desktop.get_child_count()))
    return [application for application in found if application is not None]


def application(name: str, pid: int | None = None) -> Any:
    """Return the program with that name (and pid), or None."""
    for candidate in applications():
        try:
            if candidate.get_name() == name and pid in (None, candidate.get_process_id()):
                return candidate
        except GLib.Error:
            continue
    return None


def connect() -> None:
    """Join the accessibility bus."""
    Atspi.init()
    # a plug-in that blocks outside its main loop does not answer: do not wait long
    Atspi.set_timeout(1500, 15000)
