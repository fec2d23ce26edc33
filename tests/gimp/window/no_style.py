"""Press Paint without having chosen a style."""

import re
import sys

from harness.gui import GimpGui, result

plug_ins, photo = sys.argv[1:]

with GimpGui([photo], [plug_ins]) as gimp:
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style Transfer")
    dialog.button("Paint")
    told = gimp.dialog("neural-style", "", roles=("alert",))
    text = next(label for label in told.labels() if label)
    told.button("OK")
    still_there = gimp.dialog("neural-style", "Neural Style Transfer")
    still_there.button("Cancel")
    found = re.search(r"\d+ layers?", gimp.title())
    result(
        {
            "told": text,
            "dialog is still there": True,
            "layers": found.group() if found else gimp.title(),
        }
    )
