"""A visit with a painting at hand: close an image in mid-run; choose, watch, finish, repeat.

Arguments: the folder of plug-ins and an image, which is opened twice.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.gimp.harness.atspi import find, wait
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import GimpGui, result
from tests.gimp.harness.processes import find as find_process
from tests.gimp.harness.processes import wait_gone
from tests.gimp.window import choosing, steps

PAINTED = "Golden Gate (Neural Style: Starry Night)"


def main() -> None:
    plug_ins, scene = sys.argv[1:]
    seen: dict[str, Any] = {}
    with GimpGui([scene, scene], [plug_ins]) as gimp:
        for part in (
            close_in_mid_run,
            choosing.names,
            choosing.several_styles,
            strength,
            choose_watch_and_finish,
            undo_redo_and_repeat,
            cancel,
            choosing.by_keys,
        ):
            seen[part.__name__] = part(gimp)
            result(seen)


def close_in_mid_run(gimp: GimpGui) -> dict[str, Any]:
    """Closes the second image while it is being painted."""
    dialog = steps.open_dialog(gimp)
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    window = steps.progress_window(gimp)
    wait(lambda: window.can_press("Finish Now"), 300, "progress")
    (engine,) = find_process("nst_core worker")
    gimp.menu("Close View")
    wait_gone(engine)
    gimp.wait_title("-1.0 (")
    return {"message": steps.has_message(gimp)}


def strength(gimp: GimpGui) -> dict[str, Any]:
    """Chooses a layer's mask as the strength mask, and a style loss that it is not for."""
    dialog = steps.open_dialog(gimp)
    offered = dialog.items("Strength mask")
    dialog.combo("Style loss", "Gram matrices")
    dialog.combo("Strength mask", "Golden Gate")
    dialog.button("Paint")
    elsewhere = steps.told(gimp)
    shown = "Protect" in dialog.labels()
    dialog.button("Cancel")
    dialog.gone()
    return {"offered": offered, "with another loss": elsewhere, "protect": shown}


def choose_watch_and_finish(gimp: GimpGui) -> dict[str, Any]:
    """Looks at the dialog, paints, watches, and finishes early."""
    seen: dict[str, Any] = {}
    dialog = steps.open_dialog(gimp)
    before = steps.forecasts(dialog)
    seen["suggested"] = steps.style_of(dialog)
    keys = dialog.mnemonics()
    seen["keys of the presets"] = [key in keys for key in "dnf"]
    seen["keys that two answer to"] = sorted({key for key in keys if keys.count(key) > 1})
    dialog.spin("Size", 64)
    steps.forecasts(dialog, of="64 x 43 px")
    seen["forecasts before"] = [text.rpartition(", ")[2] for text in before]
    dialog.screenshot("dialog.png")
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    window = watch(gimp, changes=3)
    window.screenshot("progress.png")
    window.button("Finish Now")
    seen["layers"] = steps.layers(gimp.wait_title("3 layers"))
    return seen


def undo_redo_and_repeat(gimp: GimpGui) -> dict[str, Any]:
    """Takes the painting back and forth, and paints once more by the menu."""
    seen: dict[str, Any] = {}
    gimp.undo()
    seen["after undo"] = steps.layers(gimp.wait_title("2 layers"))
    gimp.key("ctrl+y")
    seen["after redo"] = steps.layers(gimp.wait_title("3 layers"))
    gimp.menu('Repeat "Neural Style"')
    watch(gimp, changes=1).button("Finish Now")
    seen["repeated"] = steps.layers(gimp.wait_title("4 layers"))
    return seen


def cancel(gimp: GimpGui) -> dict[str, Any]:
    """Begins a run with the settings of a painted layer, and cancels it."""
    seen: dict[str, Any] = {}
    dialog = steps.open_dialog(gimp)
    seen["remembered"] = [dialog.spin("Evaluations"), steps.style_of(dialog)]
    dialog.spin("Evaluations", 7)
    steps.repeat_settings_of(dialog, PAINTED)
    wait(lambda: dialog.spin("Evaluations") == 10000, 30, "the settings of the painted layer")
    dialog.button("Paint")
    window = watch(gimp, changes=1)
    (engine,) = find_process("nst_core worker")
    window.button("Cancel")
    wait_gone(engine)
    seen["layers"] = steps.layers(gimp.title())
    return seen


def watch(gimp: GimpGui, changes: int) -> Dialog:
    """Returns the window of a run once its preview has changed so many times."""
    window = steps.progress_window(gimp)
    picture = wait(lambda: find(window.window, "icon", "Preview"), 60, "a preview")
    seen: set[str] = set()

    def has_changed() -> bool:
        seen.add(picture.get_description())
        return len(seen - {""}) >= changes

    wait(has_changed, 120, f"{changes} previews")
    return window


main()
