"""Paint a layer by the menu and the dialog, undo, redo, and repeat with the last values."""

import re
import sys

from harness.gui import GimpGui, result

plug_ins, scene = sys.argv[1:]


def layers(title: str) -> str:
    found = re.search(r"\d+ layers?", title)
    return found.group() if found else title


with GimpGui([scene], [plug_ins]) as gimp:
    seen = {}
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style Transfer")
    seen["suggested"] = next(text for text in dialog.labels() if "The style is" in text)
    dialog.choose_drawable("Style layer", "scene", "Starry Night")
    seen["chosen"] = next(text for text in dialog.labels() if "The style is" in text)
    dialog.spin("Evaluations", 4)
    dialog.button("Paint")
    seen["after paint"] = layers(gimp.wait_title("3 layers", 300))
    gimp.undo()
    seen["after undo"] = layers(gimp.wait_title("2 layers"))
    gimp.key("ctrl+y")
    seen["after redo"] = layers(gimp.wait_title("3 layers"))
    gimp.menu('Repeat "Neural Style"')
    seen["repeated"] = layers(gimp.wait_title("4 layers", 300))
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style Transfer")
    style = next(text for text in dialog.labels() if "The style is" in text)
    seen["kept"] = [dialog.spin("Evaluations"), style]
    dialog.button("Cancel")
    result(seen)
