"""Press Paint without having chosen a style, then choose a file, and then a built-in one."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.atspi import click, find, wait
from harness.dialog import Dialog
from harness.gui import GimpGui, result

plug_ins, photo, other = sys.argv[1:]
PAINTED = "Photo (Neural Style: Swirls)"


def style_of(dialog: Dialog) -> str:
    return next((text for text in dialog.labels() if text.startswith("The style is")), "")


def layers(title: str) -> str:
    found = re.search(r"\d+ layers?", title)
    return found.group() if found else title


def told(gimp: GimpGui) -> list[str]:
    """Returns message and advice, and closes them."""
    message = gimp.dialog("neural-style", "", roles=("alert",))
    texts = [label for label in message.labels() if label][:2]
    message.button("OK")
    return texts


# A browser that writes down what it is to show.
data = Path(tempfile.mkdtemp())
opened = data / "opened"
(data / "applications").mkdir()
(data / "applications" / "browser.desktop").write_text(
    "[Desktop Entry]\nType=Application\nName=Browser\nMimeType=text/html;\n"
    f"Exec=sh -c 'echo %u > {opened}.part; mv {opened}.part {opened}'\n"
)
(data / "applications" / "mimeapps.list").write_text(
    "[Default Applications]\ntext/html=browser.desktop\n"
)

with GimpGui([photo], [plug_ins], env={"XDG_DATA_HOME": str(data)}) as gimp:
    seen: dict[str, Any] = {}
    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    seen["there is no other layer"] = any("Open as Layers" in text for text in dialog.labels())
    dialog.button("Help")
    wait(opened.exists, 10, "the guide in the browser")
    seen["guide"] = opened.read_text().strip().rpartition("/plug-ins/")[2]
    dialog.button("Paint")
    seen["told"] = told(gimp)
    for name, file in (("a copy of the photograph", photo), ("another picture", other)):
        dialog.choose_file("Picture file", file)
        stem = re.escape(file.rpartition("/")[2])
        wait(lambda s=stem: any(re.search(f"The style is .{s}", t) for t in dialog.labels()), 20)
        seen[name] = any("looks like the layer itself" in text for text in dialog.showing_labels())
    dialog.select(photo.rpartition("/")[2])
    seen["by its picture"] = style_of(dialog)
    dialog.combo("Start", "Another picture")
    dialog.button("Paint")
    seen["told of the start"] = told(gimp)
    dialog.combo("Start", "The photograph")
    # A built-in style: chosen with a click, painted, remembered, repeated.
    dialog.select("Swirls")
    dialog.combo("Colour palette", "Sunset")
    dialog.spin("Size", 64)
    dialog.text_field("Device", "cpu")
    dialog.spin("Evaluations", 2)
    seen["built in"] = style_of(dialog)
    wait(lambda: sum("64 x 43 px" in text for text in dialog.labels()) == 3, 60, "forecasts")
    dialog.button("Paint")
    seen["painted"] = layers(gimp.wait_title("2 layers", 60))
    gimp.menu('Repeat "Neural Style"')
    seen["repeated"] = layers(gimp.wait_title("3 layers", 60))

    gimp.menu("Neural Style")
    dialog = gimp.dialog("neural-style", "Neural Style")
    seen["remembered"] = [
        style_of(dialog),
        dialog.combo("Colour palette"),
        dialog.text_field("Device"),
    ]
    dialog.select("Mosaic")
    dialog.button("Repeat with the settings of")
    click(wait(lambda: find(dialog.application(), "menu item", PAINTED, showing=True), 10, PAINTED))
    wait(lambda: "Swirls" in style_of(dialog), 10, "the style of the painted layer")
    dialog.select(PAINTED)
    seen["a layer"] = style_of(dialog)
    dialog.choose_file("Picture file", other)
    wait(lambda: other.rpartition("/")[2] in style_of(dialog), 20, "the file, though a layer was")
    dialog.button("Cancel")
    result(seen)
