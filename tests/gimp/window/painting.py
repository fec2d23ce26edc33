"""A visit with a painting at hand: images are closed; one is painted, watched, finished, repeated.

Arguments: the folder of plug-ins and an image, which is opened four times.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.gimp.harness.atspi import find, wait
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import GimpGui, result
from tests.gimp.harness.processes import find as find_process
from tests.gimp.window import choosing, sketches, steps

PAINTED = "Golden Gate (Neural Style: Starry Night)"


def main() -> None:
    plug_ins, scene = sys.argv[1:]
    seen: dict[str, Any] = {}
    data = Path(tempfile.mkdtemp())
    choosing.save_preset(data)
    env = {"XDG_DATA_HOME": str(data)}
    with GimpGui([scene] * 4, [plug_ins], env=env, size="1366x768") as gimp:
        for part in (
            quick_mask,
            choosing.names,
            choosing.presets,
            choosing.several_styles,
            strength,
            close_behind_the_dialog,
            close_in_mid_run,
            choose_watch_and_finish,
            undo_redo_and_repeat,
            cancel,
            choosing.by_keys,
            kill_gimp,
        ):
            seen[part.__name__] = part(gimp)
            result(seen)


def quick_mask(gimp: GimpGui) -> dict[str, Any]:
    """Asks for a painting of the fourth image while the quick mask is on; closes the image."""
    gimp.menu("Toggle Quick Mask")
    gimp.menu("Neural Style")
    window = gimp.dialog(steps.PLUG_IN, "Neural Style: Error")
    texts = [text for text in window.labels() if text][:2]
    window.button("Close")
    gimp.menu("Close View")
    gimp.dialog("gimp", "Close").button("Discard Changes")
    gimp.wait_title("-3.0 (")
    return {"told": texts, "messages": steps.messages(gimp)}


def close_behind_the_dialog(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: closes the third image while the dialog asks how to paint it."""
    steps.leave(lambda: gimp.menu("Close View"))
    gimp.wait_title("-2.0 (")
    return {"messages": steps.messages(gimp)}


def close_in_mid_run(gimp: GimpGui) -> dict[str, Any]:
    """Closes the second image while it is being painted."""
    dialog = steps.open_dialog(gimp)
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    window = steps.progress_window(gimp)
    wait(lambda: window.can_press("Finish Now"), 300, "progress")
    steps.leave(lambda: gimp.menu("Close View"))
    gimp.wait_title("-1.0 (")
    return {"messages": steps.messages(gimp)}


def strength(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: chooses a layer's mask as the strength mask, and a style loss it is not for."""
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    offered = dialog.items("Strength mask")
    dialog.combo("Style loss", "Gram matrices")
    dialog.combo("Strength mask", "Golden Gate")
    dialog.button("Paint")
    elsewhere = steps.told(gimp)
    shown = "Protect" in dialog.labels()
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
    seen["followed"] = follow_the_sketch(dialog)
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    window = watch(gimp, changes=2)
    window.screenshot("progress.png")
    window.button("Finish Now")
    seen["layers"] = steps.layers(gimp.wait_title("3 layers"))
    return seen


def follow_the_sketch(dialog: Dialog) -> list[str]:
    """Changes what counts most, and looks at the sketch each time."""
    dialog.spin("Evaluations", 6)
    usual = dialog.slider("Style strength")
    followed = sketches.tour(
        dialog,
        {
            "style": lambda: steps.choose_style(dialog, "Mosaic"),
            "stroke size": lambda: dialog.slider("Stroke size", 1),
            "colours": lambda: dialog.combo("Colours", "The photograph's, by their histogram"),
        },
    )
    followed += sketches.tour_in_haste(dialog)
    steps.choose_style(dialog, "Starry Night")
    dialog.combo("Colours", "The painting's")
    dialog.slider("Stroke size", 0)
    dialog.slider("Style strength", usual)
    return followed


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
    steps.leave(lambda: window.button("Cancel"))
    seen["layers"] = steps.layers(gimp.title())
    return seen


def kill_gimp(gimp: GimpGui) -> dict[str, Any]:
    """Ends GIMP by force while the dialog paints a sketch."""
    dialog = steps.open_dialog(gimp)
    dialog.spin("Evaluations", 10000)
    wait(lambda: find(dialog.window, "icon", "Sketch").get_description(), 120, "a sketch")
    steps.leave(gimp.kill)
    return {"engines": find_process("nst_core worker")}


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
