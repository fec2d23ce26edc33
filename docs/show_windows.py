"""Runs inside a GIMP of the tests: paints a scene and takes pictures of the windows on the way."""

import re
import subprocess
import sys
import time

from harness.atspi import find, wait
from harness.dialog import Dialog
from harness.gui import GimpGui

# What a person would wait for at least before finishing: the last scale has begun.
ENOUGH = 195

plug_ins, scene = sys.argv[1:]


def evaluations(window: Dialog) -> int:
    """Returns how many evaluations are done."""
    found = re.search(r"[Ee]valuation (\d+)", " ".join(window.labels()))
    return int(found[1]) if found else 0


with GimpGui([scene], [plug_ins], frames=True, size="1366x860") as gimp:
    # Out of the way, so that no tooltip covers what is to be seen.
    subprocess.run(["xdotool", "mousemove", "20", "840"], check=True)  # noqa: S607
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    wait(lambda: sum(text.startswith("about ") for text in dialog.labels()) == 3, 120, "forecasts")
    wait(lambda: any(text.startswith("Sketch of ") for text in dialog.labels()), 120, "the sketch")
    time.sleep(1)
    gimp.screenshot("dialog.png")
    wait(lambda: find(dialog.window, "toggle button", "Advanced"), 5).get_action_iface().do_action(
        0
    )
    time.sleep(1)
    dialog.screenshot("advanced.png")
    dialog.button("Paint")

    window = gimp.dialog("neural-style", "Neural Style: ")
    wait(lambda: evaluations(window) >= ENOUGH, 900, "strokes")
    gimp.screenshot("progress.png")
    window.button("Finish Now")
    gimp.wait_title("3 layers")
    time.sleep(2)
    gimp.screenshot("result.png")
