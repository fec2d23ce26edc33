"""Choose both menu entries when the engine is not there, and read what is shown."""

import sys

from harness.atspi import find, wait
from harness.gui import GimpGui, result

plug_ins, photo = sys.argv[1:]

with GimpGui([photo], [plug_ins]) as gimp:
    gimp.menu("Neural Style")
    window = gimp.dialog("neural-style", "Neural Style: not done")
    window.screenshot("error.png")
    texts = [text for text in window.labels() if text]
    window.button("Close")
    gimp.menu("Check Neural Style Installation")
    window = gimp.dialog("neural-style", "Neural Style Installation")
    wait(lambda: window.can_press("Copy"), 30, "the report")
    report = window.document()
    window.screenshot("check.png")
    window.button("Close")
    others = find(gimp.app, ("dialog", "alert"), "GIMP Message", showing=True)
    result({"told": texts, "windows of GIMP": int(others is not None), "report": report})
