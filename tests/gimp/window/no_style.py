"""Press Paint without having chosen a style, then choose a picture file after all."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.atspi import wait
from harness.gui import GimpGui, result

plug_ins, photo, other = sys.argv[1:]

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
    told = gimp.dialog("neural-style", "", roles=("alert",))
    seen["told"] = [label for label in told.labels() if label][:2]
    told.button("OK")
    for name, file in (("a copy of the photograph", photo), ("another picture", other)):
        dialog.choose_file("Picture file", file)
        stem = re.escape(file.rpartition("/")[2])
        wait(lambda s=stem: any(re.search(f"The style is .{s}", t) for t in dialog.labels()), 20)
        seen[name] = any("looks like the layer itself" in text for text in dialog.showing_labels())
    dialog.select(photo.rpartition("/")[2])
    seen["by its picture"] = next(t for t in dialog.labels() if t.startswith("The style is"))
    dialog.button("Cancel")
    found = re.search(r"\d+ layers?", gimp.title())
    seen["layers"] = found.group() if found else gimp.title()
    result(seen)
