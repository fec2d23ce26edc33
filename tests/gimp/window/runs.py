"""A visit to the runs, in German: refused, watched, stopped, painted again, and remembered.

Arguments: the folder of plug-ins, and an image of a photograph above a painting.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.gimp.harness.atspi import BUTTON, click, find, wait, walk
from tests.gimp.harness.desktop import Desktop
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import MAIN_TITLE, GimpGui, result
from tests.gimp.harness.processes import find as find_process
from tests.gimp.harness.processes import wait_gone
from tests.gimp.window import steps
from tests.gimp.window.english import Catalogue

GERMAN = Catalogue("de")
TITLE = "^Neural Style: Golden Gate"
PAINT, KEEP = GERMAN("_Paint"), GERMAN("_Keep This Picture")


def main() -> None:
    plug_ins, scene = sys.argv[1:]
    seen: dict[str, Any] = {}
    set_constant("engine/run.py", "_LITTLE_SECONDS", 2)
    with GimpGui([scene], [plug_ins], env={"LANGUAGE": "de"}, frames=True) as gimp:
        for part in (refused, broken, stopped, again, remembered, examined):
            seen[part.__name__] = part(gimp)
            result({**seen, "english": GERMAN.left, "texts": GERMAN.seen})


def refused(gimp: GimpGui) -> dict[str, Any]:
    """Asks for what does not fit into memory, and presses the button that helps."""
    dialog = steps.open_dialog(gimp)
    told = wait(lambda: [text for text in dialog.labels() if text.startswith("etwa ")], 120)
    dialog.spin(GERMAN("Memory"), 0.3)
    helps = GERMAN("Use All Free _Memory")
    wait(lambda: dialog.can_press(helps), 120, "a button that helps")
    seen = {
        "forecast": told[0].split(",")[1:],
        "paint": dialog.can_press(PAINT),
        "why": next(text for text in dialog.labels() if "GiB" in text),
    }
    GERMAN.look_at(dialog)
    gimp.screenshot("refused.png")
    dialog.button(helps)
    wait(lambda: dialog.can_press(PAINT), 120, "Paint")
    return {**seen, "memory": dialog.spin(GERMAN("Memory"))}


def broken(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: the engine dies while it paints, and the dialog comes back as it was."""
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    dialog.spin(GERMAN("Size"), 64)
    dialog.spin(GERMAN("Evaluations"), 10000)
    dialog.button(PAINT)
    window = working(gimp)
    GERMAN.look_at(window)
    (engine,) = find_process("nst_core worker")
    os.kill(engine, signal.SIGKILL)
    error = gimp.dialog(steps.PLUG_IN, GERMAN("Neural Style: Error"))
    GERMAN.look_at(error)
    error.button(GERMAN("_Close"))
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    return {"settings": [dialog.spin(GERMAN(name)) for name in ("Size", "Evaluations")]}


def stopped(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: keys do nothing; who stops late is asked, goes on, and then keeps the picture."""
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    dialog.button(PAINT)
    window = working(gimp)
    for key in ("space", "Return", "Escape", "Delete", "ctrl+z", "ctrl+w", "ctrl+q", "a"):
        Desktop.get().key(key, TITLE)
    cancel = find(window.window, BUTTON, GERMAN("_Cancel"))
    asks = GERMAN("Asks what to keep")
    wait(lambda: cancel.get_description() == asks, 120, "work that would be lost")
    seen: dict[str, Any] = {"title": window.title().rpartition(",")[0]}
    # By the window's cross, and by Cancel.
    Desktop.get().close(TITLE)
    question = asked(gimp)
    seen["asked"] = [text for text in question.labels() if text][:1]
    GERMAN.look_at(question)
    gimp.screenshot("question.png")
    Desktop.get().key("space", "^Neural Style$")
    wait(lambda: not shown_question(), 60, "the question to go")
    click(cancel)
    asked(gimp).button(KEEP)
    seen["layers"] = steps.layers(gimp.wait_title("3 layers"))
    return seen


def again(gimp: GimpGui) -> dict[str, Any]:
    """Paints the painted layer, which is selected now, once more, by the menu and the dialog."""
    gimp.menu(GERMAN("Again in _Normal"))
    working(gimp).button(GERMAN("_Finish Now"))
    gimp.wait_title("4 layers", 180)
    notices = hear_notices()
    dialog = steps.open_dialog(gimp)
    painted = dialog.combo(GERMAN("Pho_tograph"))
    GERMAN.look_at(dialog)
    gimp.screenshot("again.png")
    dialog.button(GERMAN("Go On"))
    window = working(gimp)
    Desktop.get().activate(MAIN_TITLE)
    (run,) = find_process("neural-style.py")
    window.button(GERMAN("_Finish Now"))
    layers = steps.layers(gimp.wait_title("5 layers", 180))
    told = wait(notices.read_text, 60, "a notice").splitlines()
    # What GIMP keeps of a run, it keeps at its end.
    wait_gone(run)
    GERMAN.read("\n".join(told))
    return {"painted": painted, "layers": layers, "told": told}


def hear_notices() -> Path:
    """Has each run taken for a long one; returns the file with the notices of the desktop."""
    set_constant("windows/notice.py", "LONG_SECONDS", 0)
    told = Path(tempfile.mkdtemp()) / "notices"
    Desktop.get().run("notifications.py", str(told))
    wait(told.exists, 60, "somebody who hears notices")
    return told


def set_constant(module: str, name: str, value: float) -> None:
    """Changes a number in the code of the plug-in, from its next start on: nobody waits that long.

    The plug-in is a copy of this test's own.
    """
    code = Path(sys.argv[1]) / "neural-style" / "nst_gimp" / module
    text, times = re.subn(
        rf"^{name} = [\d.]+", f"{name} = {value}", code.read_text("utf-8"), flags=re.M
    )
    assert times == 1, f"{name} is not in {module}"
    code.write_text(text, "utf-8")


def remembered(gimp: GimpGui) -> dict[str, Any]:
    """Takes settings from the history, keeps a result, and gives settings a name.

    That painting went on before is no setting of the dialog.
    """
    dialog = steps.open_dialog(gimp)
    starts = dialog.combo(GERMAN("Start"))
    dialog.spin(GERMAN("Seed"), 7)
    dialog.button(GERMAN("Histor_y"))
    listed = wait(lambda: find(dialog.window, ("list", "list box"), GERMAN("Earlier results")), 60)
    rows = wait(lambda: results(listed), 60, "results")
    seen: dict[str, Any] = {"from another picture": starts == GERMAN("Another picture")}
    seen["results"] = len(rows)
    GERMAN.look_at(dialog)
    gimp.screenshot("history.png")
    click(find(rows[-1], "toggle button", GERMAN("Keep")))
    listed.get_parent().get_parent().grab_focus()
    rows[-1].grab_focus()
    Desktop.get().key("Return", "^Neural Style$")
    wait(lambda: dialog.spin(GERMAN("Seed")) != 7, 60, "the settings of that result")
    seen["evaluations"] = dialog.spin(GERMAN("Evaluations"))
    own = GERMAN("_My Presets")
    dialog.button(own)
    save = GERMAN("Save These Settings...")
    click(wait(lambda: find(dialog.application(), "menu item", save, showing=True), 30, save))
    gimp.screenshot("saving.png")
    name = gimp.dialog(steps.PLUG_IN, GERMAN("Save Preset"))
    GERMAN.look_at(name)
    find(name.window, "text").get_editable_text_iface().set_text_contents("Dicke_Farbe")
    name.button(GERMAN("_Save"))
    named = GERMAN("_My Preset: {name}").format(name="Dicke_Farbe")
    wait(lambda: dialog.can_press(named), 60, named)
    gimp.screenshot("preset.png")
    # By the window's cross.
    steps.leave(lambda: Desktop.get().close("^Neural Style$"))
    return seen


def examined(gimp: GimpGui) -> dict[str, Any]:
    """Reads the doctor's report."""
    gimp.menu(GERMAN("_Check Neural Style Installation..."))
    window = gimp.dialog(steps.PLUG_IN, GERMAN("Neural Style Installation"))
    wait(lambda: window.can_press(GERMAN("C_opy")), 120, "the report")
    GERMAN.look_at(window)
    report = window.document()
    gimp.screenshot("report.png")
    window.button(GERMAN("_Close"))
    return {"end": report.splitlines()[-1]}


def working(gimp: GimpGui) -> Dialog:
    """Returns the window of a run that is under way."""
    window = steps.progress_window(gimp)
    wait(lambda: window.can_press(GERMAN("_Finish Now")), 300, "progress")
    return window


def shown_question() -> bool:
    command = ["xdotool", "search", "--onlyvisible", "--name", "^Neural Style$"]
    return bool(subprocess.run(command, capture_output=True).stdout)


def asked(gimp: GimpGui) -> Dialog:
    return gimp.dialog(steps.PLUG_IN, "", roles=("alert",))


def results(listed: Any) -> list[Any]:
    return [row for row, _depth in walk(listed) if row.get_role_name() == "list item"]


main()
