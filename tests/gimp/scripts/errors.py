"""Calls that must fail, and what they leave of the image."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.gimp.harness.inside import Gegl, Gimp, Gio, call, get, new_image
from tests.gimp.scripts.scenes import RED, TRANSFER, uniform

Answer = dict[str, Any]


def attempt(image: Any, drawables: list[Any], **arguments: Any) -> Answer:
    """Calls the procedure; returns its status, its text, and whether all images are as before."""
    before = _state(image)
    status, text, _ = call(TRANSFER, image, drawables, **arguments)
    return {"status": status, "text": text, "unchanged": _state(image) == before}


def _state(image: Any) -> list[Any]:
    layers = [(layer.get_name(), get(layer)) for layer in image.get_layers()]
    return [len(Gimp.get_images()), layers]


def one_call(width: int = 64, height: int = 48) -> Answer:
    """Attempts what nothing is wrong with."""
    scene = uniform(width, height)
    return attempt(scene.image, [scene.photo], style_layer=scene.style)


def no_style() -> Answer:
    """Attempts to paint in no style."""
    scene = uniform()
    return attempt(scene.image, [scene.photo])


def unsuitable_layers(no_picture: str) -> dict[str, Answer]:
    """Attempts what GIMP itself or the plug-in refuses.

    Args:
        no_picture: the path of a file that is none.
    """
    scene = uniform()
    image, photo, style = scene.image, scene.photo, scene.style
    file = Gio.File.new_for_path(no_picture)
    answers = {
        "no style": attempt(image, [photo]),
        "two layers": attempt(image, [photo, style], style_layer=style),
        "unreadable style": attempt(image, [photo], style_file=file),
    }
    channel = Gimp.Channel.new(image, "a channel", 64, 48, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    answers["channel"] = attempt(image, [channel], style_layer=style)

    indexed = new_image(64, 48, [("few colours", RED)])
    indexed.convert_indexed(
        Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 8, False, False, ""
    )
    answers["indexed"] = attempt(indexed, indexed.get_layers(), style_layer=style)

    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 8, 8)
    photo.set_offsets(20, 20)
    answers["selection elsewhere"] = attempt(image, [photo], style_layer=style)
    return answers


def unsuitable_pictures() -> dict[str, Answer]:
    """Attempts what the engine refuses."""
    scene = uniform()
    clear = new_image(64, 48, [("clear", (1, 2, 3, 0))])
    answers = {
        "transparent content": attempt(clear, clear.get_layers(), style_layer=scene.style),
        "transparent style": attempt(scene.image, [scene.photo], style_layer=clear.get_layers()[0]),
        "no device": attempt(scene.image, [scene.photo], style_layer=scene.style, device="second"),
    }
    for width, height in ((1, 1), (3000, 5)):
        tiny = new_image(width, height, [("tiny", RED)])
        layers = tiny.get_layers()
        answers[f"{width}x{height}"] = attempt(tiny, layers, style_layer=scene.style)
    return answers


def on_a_full_disk(folder: str) -> Answer:
    """Attempts to paint while a folder can hold next to nothing.

    GIMP's processes live in a mount namespace of their own: nobody else sees what is mounted.
    """
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], check=True)
    try:
        return one_call(256, 256)
    finally:
        subprocess.run(["umount", folder], check=True)
