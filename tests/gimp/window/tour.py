"""Paint by the menu and the dialog, watch, finish, undo, redo, repeat, and cancel."""

import re
import sys
from typing import Any

from harness.atspi import click, find, labels, wait
from harness.dialog import Dialog
from harness.gui import GimpGui, result
from harness.processes import find as find_process
from harness.processes import wait_gone

plug_ins, scene = sys.argv[1:]
PAINTED = "Golden Gate (Neural Style: Starry Night)"


def layers(title: str) -> str:
    found = re.search(r"\d+ layers?", title)
    return found.group() if found else title


def said(dialog: Dialog, beginning: str) -> str:
    """Returns the first label that begins so."""
    return str(wait(lambda: next((t for t in dialog.labels() if t.startswith(beginning)), "")))


def forecasts(dialog: Dialog) -> list[str]:
    """Returns what stands beside the presets, once the engine has answered."""

    def answered() -> list[str]:
        texts = [text for text in labels(dialog.window) if text.startswith("about ")]
        return texts if len(texts) == 3 else []

    return list(wait(answered, 120, "three forecasts"))


def watch(gimp: GimpGui, changes: int) -> Dialog:
    """Returns the window of a run once its preview has changed so many times."""
    window = gimp.dialog("neural-style", "Neural Style: ")
    picture = wait(lambda: find(window.window, "icon", "Preview"), 20, "a preview")
    seen: set[str] = set()

    def has_changed() -> bool:
        seen.add(picture.get_description())
        return len(seen - {""}) >= changes

    wait(has_changed, 120, f"{changes} previews")
    return window


with GimpGui([scene], [plug_ins]) as gimp:
    seen: dict[str, Any] = {}
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    seen["suggested"] = said(dialog, "The style is")
    before = forecasts(dialog)
    keys = dialog.mnemonics()
    seen["keys of the presets"] = [key in keys for key in "dnf"]
    seen["keys that two answer to"] = sorted({key for key in keys if keys.count(key) > 1})
    dialog.spin("Size", 64)
    wait(lambda: all("64 x 43 px" in text for text in forecasts(dialog)), 60, "new forecasts")
    seen["forecasts before"] = [text.rpartition(", ")[2] for text in before]
    dialog.screenshot("dialog.png")
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")

    window = watch(gimp, changes=3)
    window.screenshot("progress.png")
    window.button("Finish Now")
    seen["after Finish Now"] = layers(gimp.wait_title("3 layers", 60))
    gimp.undo()
    seen["after undo"] = layers(gimp.wait_title("2 layers"))
    gimp.key("ctrl+y")
    seen["after redo"] = layers(gimp.wait_title("3 layers"))

    gimp.menu('Repeat "Neural Style"')
    watch(gimp, changes=1).button("Finish Now")
    seen["repeated"] = layers(gimp.wait_title("4 layers", 60))

    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    seen["kept"] = [dialog.spin("Evaluations"), said(dialog, "The style is")]
    dialog.spin("Evaluations", 7)
    dialog.button("Repeat with the settings of")
    click(wait(lambda: find(dialog.application(), "menu item", PAINTED, showing=True), 10, PAINTED))
    wait(lambda: dialog.spin("Evaluations") == 10000, 10, "the settings of the painted layer")
    dialog.button("Paint")
    window = watch(gimp, changes=1)
    (engine,) = find_process("nst_core worker")
    window.button("Cancel")
    wait_gone(engine, timeout=2)
    seen["cancelled"] = layers(gimp.title())
    result(seen)
