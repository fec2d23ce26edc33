"""What the visit with a painting does in the dialog itself: names, keys, and several styles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.gimp.harness.atspi import click, find, has_state, place_of, wait
from tests.gimp.harness.desktop import WHEEL_DOWN, WHEEL_UP, Desktop
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import MAIN_TITLE, GimpGui
from tests.gimp.window import steps

# More than there are stops for the Tab key.
_MANY = 60
PRESETS = ("Draft", "Normal", "Fine")
OWN = "As Gatys"


def names(gimp: GimpGui) -> dict[str, Any]:
    """Opens all of the dialog; returns which of its fields have no name, or another one's."""
    dialog = steps.open_dialog(gimp)
    click(find(dialog.window, "toggle button", "Advanced"))
    wait(lambda: find(dialog.window, "page tab", "Expert", showing=True), 30, "the groups")
    found = [(widget.get_role_name(), _name(widget)) for widget in _fields(dialog.window)]
    mouse = with_the_mouse(dialog)
    gimp.screenshot("advanced.png")
    return {
        **mouse,
        "fields": len(found),
        "without a name": [role for role, name in found if not name],
        "with the same name": sorted({field for field in found if found.count(field) > 1}),
    }


def with_the_mouse(dialog: Dialog) -> dict[str, Any]:
    """Goes on: turns the wheel over fields of each kind, and clicks on a slider."""
    desktop = Desktop.get()
    values: dict[str, Callable[[], object]] = {
        "Size": lambda: dialog.spin("Size"),
        "Optimiser": lambda: dialog.combo("Optimiser"),
        "Stroke size": lambda: dialog.slider("Stroke size"),
    }
    roles = {"Size": "spin button", "Optimiser": "combo box", "Stroke size": "slider"}
    before = {name: value() for name, value in values.items()}
    places = set()
    for button in (WHEEL_UP, WHEEL_DOWN):
        for name, role in roles.items():
            field = dialog.field(name, role)
            if dialog.is_seen(field):
                desktop.click(place_of(field), button, times=5)
        places.add(place_of(dialog.field("Size", roles["Size"])))
    changed = [name for name, value in values.items() if value() != before[name]]
    usual = dialog.slider("Balance")
    dialog.slider("Balance", 0.05)
    desktop.click(place_of(dialog.field("Balance", "slider")), times=2)
    wait(lambda: dialog.slider("Balance") == usual, 30, "the usual balance")
    return {"changed by the wheel": changed, "scrolled by the wheel": len(places) > 1}


def save_preset(data: Path) -> None:
    """Keeps a preset of one's own in a folder of data: one that no button offers."""
    folder = data / "gimp-neural-style-user" / "presets"
    folder.mkdir(parents=True)
    values = {"kind": "presets", "version": 1, "name": OWN, "settings": {"preset": "gatys"}}
    (folder / "own.json").write_text(json.dumps(values), "utf-8")


def presets(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: takes a preset, one's own, and the usual one; returns what is marked and said."""
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    click(find(dialog.window, "radio button", "Fine"))
    seen = {"fine": _marked_when_told(dialog, "for printing")}
    dialog.button("My Presets")
    click(wait(lambda: find(dialog.application(), "menu item", OWN, showing=True), 30, OWN))
    seen["own"] = _marked_when_told(dialog, "notebook that Gatys")
    click(wait(lambda: find(dialog.window, "menu item", "To the usual"), 30, "Reset"))
    seen["usual"] = _marked_when_told(dialog, "finished picture")
    return seen


def _marked_when_told(dialog: Dialog, words: str) -> list[str]:
    """Returns which presets are marked once it is said what one of them is for."""
    wait(lambda: any(words in text for text in dialog.showing_labels()), 30, words)
    buttons = {name: find(dialog.window, "radio button", name) for name in PRESETS}
    return [name for name, button in buttons.items() if has_state(button, "CHECKED")]


def several_styles(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: adds a style of another kind, resets, has that style alone, and swaps the roles.

    The second style becomes the photograph, and then the first one.
    """
    seen: dict[str, Any] = {}
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    dialog.button("Mix in Another Style")
    dialog.select("Mosaic")
    second = 'Style 2: "Mosaic"'
    wait(lambda: find(dialog.window, "radio button", second, showing=True), 30, "a second style")
    find(dialog.window, "spin button", "Weight of style 2").get_value_iface().set_current_value(3)
    dialog.spin("Evaluations", 7)
    click(wait(lambda: find(dialog.window, "menu item", "To the usual"), 30, "Reset"))
    wait(lambda: dialog.spin("Evaluations") != 7, 30, "the usual settings")
    seen["after a reset"] = steps.style_of(dialog)
    dialog.button("Remove style 1")
    wait(lambda: "Mosaic" in steps.style_of(dialog), 30, "the second style as the only one")
    dialog.button("Mix in Another Style")
    dialog.select("Starry Night")
    second = 'Style 2: "Starry Night"'
    wait(lambda: find(dialog.window, "radio button", second, showing=True), 30, "the painting")
    dialog.combo("Photograph", "Starry Night")
    second = 'Style 2: "Golden Gate"'
    wait(lambda: find(dialog.window, "radio button", second, showing=True), 30, "the photograph")
    dialog.combo("Photograph", "Golden Gate")
    dialog.button("Remove style 1")
    wait(lambda: "Starry Night" in steps.style_of(dialog), 30, "the painting as the only style")
    dialog.button("Swap")
    wait(lambda: dialog.combo("Photograph") == "Starry Night", 30, "the other photograph")
    seen["swapped"] = steps.style_of(dialog)
    dialog.button("Swap")
    wait(lambda: dialog.combo("Photograph") == "Golden Gate", 30, "the photograph itself")
    return seen


def by_keys(gimp: GimpGui) -> dict[str, Any]:
    """Goes from the menu to a painted layer without a mouse."""
    seen: dict[str, Any] = {}
    _press("alt+r a n", MAIN_TITLE)
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    seen["begins with"] = steps.style_of(dialog)
    stops = _tab_to(dialog, "list item")
    _press("Right")
    wait(lambda: steps.style_of(dialog) != seen["begins with"], 30, "the style at its right")
    seen["chosen"] = steps.style_of(dialog)
    _press("alt+d")
    stops += _tab_to(dialog, "button", "Paint")
    seen["stops in the gallery"] = sum(role == "list item" for role, _name in stops)
    seen["stops under Advanced"] = [name for role, name in stops if role == "page tab list"]
    seen["after all stops"] = steps.style_of(dialog)
    steps.leave(lambda: _press("Return"))
    seen["layers"] = steps.layers(gimp.wait_title("5 layers", 300))
    return seen


def _press(keys: str, title: str = "^Neural Style$") -> None:
    Desktop.get().key(keys, title)


def _tab_to(dialog: Dialog, role: str, name: str = "") -> list[tuple[str, str]]:
    """Presses Tab until a field has the keyboard; returns what had it on the way."""
    stops: list[tuple[str, str]] = []
    for _time in range(_MANY):
        _press("Tab")
        found = _focused(dialog)
        if found is not None and (not stops or stops[-1] != found):
            stops.append(found)
            if found[0] == role and found[1].startswith(name):
                return stops
    raise AssertionError(f"Tab never comes to {role} {name!r}: {stops}")


def _focused(dialog: Dialog) -> tuple[str, str] | None:
    fields = (field for field in _fields(dialog.window) if has_state(field, "FOCUSED"))
    return next(((field.get_role_name(), _name(field)) for field in fields), None)


def _fields(widget: Any) -> list[Any]:
    """Returns all that may have the keyboard, but for what is in lists and menus."""
    found = []
    for number in range(widget.get_child_count()):
        child = widget.get_child_at_index(number)
        if child is None or not has_state(child, "VISIBLE"):
            continue
        if has_state(child, "FOCUSABLE"):
            found.append(child)
        if child.get_role_name() not in ("combo box", "menu"):
            found += _fields(child)
    return found


def _name(widget: Any) -> str:
    """Returns what a screen reader calls a field: its label, or else its own name."""
    for relation in widget.get_relation_set():
        if relation.get_relation_type().value_nick == "labelled-by":
            return str(relation.get_target(0).get_name())
    return str(widget.get_name())
