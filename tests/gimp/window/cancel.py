"""Start a long run, press Cancel in the status bar, and see what becomes of the engine."""

import re
import sys

from harness.atspi import wait
from harness.gui import GimpGui, result
from harness.processes import find, wait_gone

plug_ins, scene = sys.argv[1:]

with GimpGui([scene], [plug_ins]) as gimp:
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style Transfer")
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    wait(lambda: (gimp.progress() or 0) > 0, 300, "progress")
    (engine,) = find("nst_core worker")
    gimp.cancel_progress()
    wait_gone(engine, timeout=10)
    title = gimp.wait_title("2 layers")
    found = re.search(r"\d+ layers?", title)
    result(found.group() if found else title)
