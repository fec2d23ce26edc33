"""Images that several scripts begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.gimp.harness.inside import Gimp, Gio, get, new_image, put

TRANSFER = "plug-in-neural-style-transfer"
RED = (200, 60, 20, 255)


@dataclass
class Scene:
    """An image with a photograph and a painting in it."""

    image: Any
    photo: Any
    style: Any


def uniform(width: int = 64, height: int = 48) -> Scene:
    """Makes an image with two layers of one colour each: "photo" above "style"."""
    image = new_image(width, height, [("style", (1, 200, 90, 255)), ("photo", RED)])
    photo, style = image.get_layers()
    return Scene(image, photo, style)


def composition(pictures: str) -> Scene:
    """Makes an image whose photograph has alpha and lies off the origin, in a group.

    Args:
        pictures: the folder of photo.png and style.png.
    """
    image = new_image(200, 150, [("bottom", (9, 9, 9, 255))])
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    photo = load(image, f"{pictures}/photo.png", "golden_gate.jpg", group)
    photo.add_alpha()
    photo.set_offsets(30, 20)
    pixels = bytearray(get(photo))
    pixels[3::4] = bytes(i % 251 for i in range(len(pixels) // 4))
    put(photo, bytes(pixels))
    image.insert_layer(Gimp.Layer.copy(photo), group, 1)
    style = load(image, f"{pictures}/style.png", "Starry Night", None, 2)
    return Scene(image, photo, style)


def load(image: Any, path: str, name: str, parent: Any = None, position: int = 0) -> Any:
    """Opens a picture as a layer of an image."""
    file = Gio.File.new_for_path(path)
    layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file)
    image.insert_layer(layer, parent, position)
    layer.set_name(name)
    return layer


def save(image: Any, path: str) -> None:
    """Saves an image as the kind of file that its name says."""
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)


def save_for_window(pictures: str, path: str) -> None:
    """Saves a photograph that has a layer mask above a painting, to be opened in a window."""
    image = Gimp.Image.new(96, 80, Gimp.ImageBaseType.RGB)
    load(image, f"{pictures}/style.png", "Starry Night")
    photo = load(image, f"{pictures}/photo.png", "Golden Gate")
    photo.add_mask(photo.create_mask(Gimp.AddMaskType.COPY))
    image.set_selected_layers([photo])
    save(image, path)
