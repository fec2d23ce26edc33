"""What both visits do and look for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.gimp.harness.atspi import click, find, labels, wait
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import GimpGui
from tests.gimp.harness.processes import find as find_process
from tests.gimp.harness.processes import wait_gone

PLUG_IN = "neural-style"


def open_dialog(gimp: GimpGui) -> Dialog:
    """Chooses the menu entry and returns the dialog."""
    gimp.menu("Neural Style")
    return gimp.dialog(PLUG_IN, "Neural Style")


def leave(by: Callable[[], object]) -> None:
    """Leaves a dialog or a run in some way, and waits for the end of its engine."""
    (engine,) = find_process("nst_core worker")
    by()
    wait_gone(engine)


def cancel(dialog: Dialog) -> None:
    """Closes the dialog, and waits for the end of its engine."""
    leave(lambda: dialog.button("Cancel"))
    dialog.gone()


def progress_window(gimp: GimpGui) -> Dialog:
    """Returns the window of a run."""
    return gimp.dialog(PLUG_IN, "Neural Style: ")


def layers(title: str) -> str:
    """Returns "2 layers", or the whole title if it does not say."""
    found = re.search(r"\d+ layers?", title)
    return found.group() if found else title


def style_of(dialog: Dialog) -> str:
    """Returns what the dialog says of the first style."""
    return str(find(dialog.window, "radio button", "Style 1: ").get_name())


def choose_style(dialog: Dialog, item: str) -> str:
    """Goes to a picture of the gallery; returns what is said of it once it is the first style."""
    dialog.select(item)
    name = item.partition(", ")[0]
    wait(lambda: f'"{name}' in style_of(dialog), 30, f"{item} as the style")
    return style_of(dialog)


def forecasts(dialog: Dialog, of: str = "") -> list[str]:
    """Returns what stands beside the presets, once the engine has answered, and about that size."""

    def answered() -> list[str]:
        texts = [text for text in labels(dialog.window) if text.startswith("about ")]
        return texts if len(texts) == 3 and all(of in text for text in texts) else []

    return wait(answered, 120, f"three forecasts of {of}")


def is_sketched(dialog: Dialog) -> bool:
    """Tells whether the sketch of what is chosen is finished."""
    return any(text.startswith("Sketch of ") for text in dialog.labels())


def sketch(dialog: Dialog) -> str:
    """Returns what is said of the finished sketch, to whom sees it and to whom does not."""
    wait(lambda: is_sketched(dialog), 120, "a finished sketch")
    picture = wait(lambda: find(dialog.window, "icon", "Sketch"), 60, "the sketch")
    description: str = wait(picture.get_description, 60, "its description")
    return description.partition(":")[0]


def repeat_settings_of(dialog: Dialog, layer: str) -> None:
    """Chooses a painted layer in the menu of those whose settings can be repeated."""
    dialog.button("Repeat Settings of a Painted Layer")

    def item() -> Any:
        return find(dialog.application(), "menu item", layer, showing=True)

    click(wait(item, 30, layer))


def messages(gimp: GimpGui) -> list[str]:
    """Returns what GIMP shows in a message of its own."""
    window = find(gimp.app, ("dialog", "alert"), "GIMP Message", showing=True)
    return [] if window is None else [text for text in labels(window) if text]


def told(gimp: GimpGui) -> list[str]:
    """Returns message and advice, and closes them."""
    message = gimp.dialog(PLUG_IN, "", roles=("alert",))
    texts = [label for label in message.labels() if label][:2]
    message.button("OK")
    return texts
