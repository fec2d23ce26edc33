"""Choose the menu entry when the engine is not there, and read what GIMP shows."""

import sys

from harness.gui import GimpGui, result

plug_ins, photo = sys.argv[1:]

with GimpGui([photo], [plug_ins]) as gimp:
    gimp.menu("Neural Style")
    result("\n".join(gimp.message()))
