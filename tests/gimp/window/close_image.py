"""Start a long run and close the image while it is being painted."""

import sys

from harness.atspi import find, wait
from harness.gui import GimpGui, result
from harness.processes import alive
from harness.processes import find as find_process

plug_ins, scene = sys.argv[1:]

with GimpGui([scene], [plug_ins]) as gimp:
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    dialog.spin("Evaluations", 10000)
    dialog.button("Paint")
    window = gimp.dialog("neural-style", "Neural Style: ")
    wait(lambda: window.can_press("Finish Now"), 300, "progress")
    (engine,) = find_process("nst_core worker")
    gimp.menu("Close View")
    wait(lambda: not alive(engine), 2, "the engine to end")
    messages = find(gimp.app, ("dialog", "alert"), "GIMP Message", showing=True)
    result({"engine gone": not alive(engine), "messages": [] if messages is None else ["one"]})
