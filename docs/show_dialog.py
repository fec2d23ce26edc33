"""Runs inside a GIMP of the tests: opens the dialog on a scene and takes a picture of it."""

import subprocess
import sys
import time

from harness.gui import GimpGui

plug_ins, scene = sys.argv[1:]

with GimpGui([scene], [plug_ins], frames=True, size="1180x820") as gimp:
    # Out of the way, so that no tooltip covers what is to be seen.
    subprocess.run(["xdotool", "mousemove", "20", "800"], check=True)  # noqa: S607
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style Transfer")
    dialog.choose_drawable("Style layer", "Chelsea", "starry_sky")
    move = ["xdotool", "search", "--name", "Neural Style Transfer", "windowmove", "560", "150"]
    subprocess.run(move, check=True)  # noqa: S603 (beside the photograph, not on it)
    time.sleep(2)  # GIMP draws the small picture of the layer when it has nothing else to do
    gimp.screenshot("dialog.png")
