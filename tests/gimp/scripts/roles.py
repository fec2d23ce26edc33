"""Which layer is taken for the photograph."""

from __future__ import annotations

from typing import Any

from nst_gimp.arguments import roles

from tests.gimp.harness.inside import Gimp, Gio
from tests.gimp.scripts.scenes import TRANSFER, load


def look(pictures: str) -> dict[str, bool]:
    """Opens layers in several ways; returns when the selected one seems to be the painting."""
    file = Gio.File.new_for_path(f"{pictures}/photo.png")
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    (photo,) = image.get_layers()
    photo.set_name("photo.png")
    seen = {"alone": _looks_swapped(photo, None)}
    painting = load(image, f"{pictures}/style.png", "style.png")
    seen["the painting was opened as a layer"] = _looks_swapped(painting, photo)
    seen["the photograph is selected"] = _looks_swapped(photo, painting)
    seen["in the style of something else"] = _looks_swapped(painting, None)
    image.lower_item(painting)
    seen["the painting lies below"] = _looks_swapped(painting, photo)
    image.raise_item(painting)
    painting.attach_parasite(Gimp.Parasite.new("neural-style", 1, RECORD))
    seen["it was painted here"] = _looks_swapped(painting, photo)
    painting.detach_parasite("neural-style")
    image.set_file(Gio.File.new_for_path(f"{pictures}/photo.xcf"))
    painting.set_name("photo.xcf")
    seen["it has the image's name"] = _looks_swapped(painting, photo)
    return seen


RECORD = b'{"version": "1", "weights": "w", "style": "s", "settings": {}, "more": []}'


def _looks_swapped(selected: Any, style: Any) -> bool:
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    config.set_property("style-layer", style)
    return roles.looks_swapped(config, selected)
