"""A visit with nothing but a photograph: what is missing is named, files and built-in styles help.

Arguments: the folder of plug-ins, a picture file to open, and another one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.gimp.harness.atspi import find, place_of, wait
from tests.gimp.harness.desktop import Desktop, end
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import GimpGui, result
from tests.gimp.window import sketches, steps

PAINTED = "Photo (Neural Style: Swirls)"


def main() -> None:
    plug_ins, photo, other = map(Path, sys.argv[1:])
    data = Path(tempfile.mkdtemp())
    opened = install_browser(data)
    seen: dict[str, Any] = {}
    env = {"XDG_DATA_HOME": str(data)}
    with GimpGui([photo], [plug_ins], env=env, size="1920x1080") as gimp:
        seen["opened_as_layers"] = opened_as_layers(gimp, other)
        result(seen)
        seen["without_style"] = without_style(gimp, opened)
        result(seen)
        seen["picture_files"] = picture_files(gimp, photo, other)
        result(seen)
        seen["built_in"] = built_in(gimp)
        result(seen)
        seen["missing_engine"] = missing_engine(gimp, plug_ins / "neural-style" / "engine.json")
        result(seen)


def install_browser(data: Path) -> Path:
    """Makes a browser that writes into the returned file what it is to show."""
    opened = data / "opened"
    (data / "applications").mkdir()
    (data / "applications" / "browser.desktop").write_text(
        "[Desktop Entry]\nType=Application\nName=Browser\nMimeType=text/html;\n"
        f"Exec=sh -c 'echo %u > {opened}.part; mv {opened}.part {opened}'\n"
    )
    (data / "applications" / "mimeapps.list").write_text(
        "[Default Applications]\ntext/html=browser.desktop\n"
    )
    return opened


def opened_as_layers(gimp: GimpGui, painting: Path) -> dict[str, Any]:
    """Opens a painting as a layer, which GIMP selects: the dialog takes it for the style."""
    gimp.menu("Open as Layers")
    gimp.dialog("gimp", "", roles=("file chooser",)).choose(painting)
    gimp.wait_title("2 layers")
    dialog = steps.open_dialog(gimp)
    seen = {
        "told": [text for text in dialog.showing_labels() if "was opened last" in text],
        "photograph": dialog.combo("Photograph"),
        "style": steps.style_of(dialog),
    }
    gimp.screenshot("opened as layers.png")
    seen["without the layer"] = in_every_style_but_one_that_has_gone(gimp, dialog)
    steps.leave(lambda: Desktop.get().key("Escape", "^Neural Style$"))
    return seen


def in_every_style_but_one_that_has_gone(gimp: GimpGui, dialog: Dialog) -> list[str]:
    """Goes on: takes the painting back, and has every style sketched; returns GIMP's messages."""
    steps.choose_style(dialog, "Mosaic")
    gimp.undo()
    gimp.wait_title("1 layer")
    # A busy machine would paint a longer sketch smaller.
    dialog.spin("Evaluations", 2)
    dialog.check("In every style", True)
    dialog.spin("Size", 64)
    sketched = "Sketch of 64 x 43 px"
    wait(lambda: any(sketched in text for text in dialog.labels()), 120, sketched)
    # Now it is the turn of the other styles, and the dialog still follows.
    dialog.spin("Size", 48)
    steps.forecasts(dialog, of="48 x 32 px")
    return steps.messages(gimp)


def without_style(gimp: GimpGui, opened: Path) -> dict[str, Any]:
    """Asks for help, selects all in GIMP and nothing again, and paints without a style."""
    seen: dict[str, Any] = {}
    dialog = steps.open_dialog(gimp)
    seen["there is no other layer"] = any("Open as Layers" in text for text in dialog.labels())
    dialog.button("Help")
    wait(opened.exists, 60, "the guide in the browser")
    seen["guide"] = opened.read_text().strip().rpartition("/plug-ins/")[2]
    for entry, selects in (("All", True), ("None", False)):
        gimp.menu(entry)
        wait(lambda selects=selects: _is_selected(dialog) == selects, 60, entry)  # type: ignore[misc]
    dialog.button("Paint")
    seen["told"] = steps.told(gimp)
    return seen


def _is_selected(dialog: Dialog) -> bool:
    return "Only what is selected is painted." in " ".join(dialog.showing_labels())


def picture_files(gimp: GimpGui, photo: Path, other: Path) -> dict[str, Any]:
    """Goes on: chooses picture files, and a start that lacks a picture."""
    seen: dict[str, Any] = {}
    folder, no_text = Path(tempfile.mkdtemp()), b"B\xe4ume.png"
    for name in ("dawn.png", "dusk.png", os.fsdecode(no_text)):
        shutil.copy(other, folder / name)
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    phone = photo.with_name("phone.jpg")
    for name, file in (
        ("a copy of the photograph", photo),
        ("the photograph upright", phone),
        ("another picture", other),
    ):
        dialog.choose_file("Add Pictures", file)
        wait(lambda file=file: file.name in steps.style_of(dialog), 60, file.name)  # type: ignore[misc]
        seen[name] = any("looks like the layer itself" in text for text in dialog.showing_labels())
    seen["of a phone"] = steps.choose_style(dialog, f"{phone.name}, a file")
    seen["by its picture"] = steps.choose_style(dialog, f"{photo.name}, a file")
    seen["dropped"] = drop(dialog, other)
    dialog.choose_file("Browse My Paintings", folder)
    for name in ("dawn.png", "dusk.png"):
        wait(lambda name=name: find(dialog.window, "list item", name), 60, name)  # type: ignore[misc]
    # Its size may not be known yet.
    style = steps.choose_style(dialog, no_text.decode(errors="replace"))
    seen["no UTF-8"] = style.partition(", ")[0]
    gimp.screenshot("my paintings.png")
    dialog.combo("Start", "Another picture")
    dialog.button("Paint")
    seen["told"] = steps.told(gimp)
    dialog.combo("Start", "The photograph")
    return seen


def drop(dialog: Dialog, file: Path) -> str:
    """Drops a file on the gallery; returns what is then the style."""
    desktop = Desktop.get()
    source = desktop.run("drag_source.py", file.as_uri())
    corner = 0, int(desktop.size.partition("x")[2]) - 80, 80, 80
    desktop.window("Files to drag")
    gallery = wait(lambda: find(dialog.window, "scroll pane", "Gallery"), 60, "the gallery")
    desktop.drag(corner, place_of(gallery))
    wait(lambda: file.name in steps.style_of(dialog), 60, "the dropped file as the style")
    end(source)
    return steps.style_of(dialog)


def built_in(gimp: GimpGui) -> dict[str, Any]:
    """Goes on: a built-in style is chosen with a click, painted, remembered, repeated."""
    seen: dict[str, Any] = {}
    dialog = gimp.dialog(steps.PLUG_IN, "Neural Style")
    steps.choose_style(dialog, "Swirls")
    dialog.combo("Colour palette", "Sunset")
    dialog.spin("Size", 64)
    dialog.text_field("Device", "cpu")
    dialog.spin("Evaluations", 2)
    seen["chosen"] = steps.style_of(dialog)
    steps.forecasts(dialog, of="64 x 43 px")
    seen["sketched"] = steps.sketch(dialog)
    seen["followed"] = sketches.tour(
        dialog,
        {
            "stroke size": lambda: dialog.slider("Stroke size", 1),
            "colours": lambda: dialog.combo("Colours", "The photograph's, by their histogram"),
            "style": lambda: steps.choose_style(dialog, "Mosaic"),
            "strength": lambda: dialog.slider("Style strength", 0.2),
        },
    )
    dialog.combo("Colours", "The painting's")
    steps.choose_style(dialog, "Swirls")
    dialog.combo("Colour palette", "Sunset")
    dialog.button("Paint")
    seen["painted"] = steps.layers(gimp.wait_title("2 layers"))
    gimp.menu('Repeat "Neural Style"')
    seen["repeated"] = steps.layers(gimp.wait_title("3 layers"))

    dialog = steps.open_dialog(gimp)
    colours, device = dialog.combo("Colour palette"), dialog.text_field("Device")
    seen["remembered"] = [steps.style_of(dialog), colours, device]
    seen["a folder"] = find(dialog.window, "list item", "dusk.png") is not None
    steps.choose_style(dialog, "Mosaic")
    steps.repeat_settings_of(dialog, PAINTED)
    wait(lambda: "Swirls" in steps.style_of(dialog), 30, "the style of the painted layer")
    seen["a layer"] = steps.choose_style(dialog, PAINTED)
    file = Path(sys.argv[3])
    dialog.choose_file("Add Pictures", file)
    wait(lambda: file.name in steps.style_of(dialog), 60, "the file, though a layer was")
    steps.cancel(dialog)
    return seen


def missing_engine(gimp: GimpGui, engine_file: Path) -> dict[str, Any]:
    """Chooses both menu entries when the engine is gone, and reads what is shown."""
    engine = json.loads(engine_file.read_text(encoding="utf-8"))
    engine_file.write_text(json.dumps({**engine, "python": "/gone/python"}), encoding="utf-8")
    gimp.menu("Neural Style")
    window = gimp.dialog(steps.PLUG_IN, "Neural Style: Error")
    window.screenshot("error.png")
    texts = [text for text in window.labels() if text]
    window.button("Close")
    gimp.menu("Check Neural Style Installation")
    window = gimp.dialog(steps.PLUG_IN, "Neural Style Installation")
    wait(lambda: window.can_press("Copy"), 120, "the report")
    report = window.document()
    window.screenshot("check.png")
    window.button("Close")
    return {"told": texts, "report": report, "messages of GIMP": steps.messages(gimp)}


main()
