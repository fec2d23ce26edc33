"""Paint, and see what became of the layers."""

from __future__ import annotations

import array
import json
from typing import Any

from tests.gimp.harness.inside import Gimp, Gio, call, canvas, get, new_image, put
from tests.gimp.scripts.scenes import TRANSFER, Scene, composition, save, uniform


def paint(scene: Scene, **arguments: Any) -> Any:
    """Paints the photograph; returns the new layer."""
    status, error, values = call(TRANSFER, scene.image, [scene.photo], **arguments)
    if status != "SUCCESS":
        raise RuntimeError(f"{status}: {error}")
    return values[0]


def record_of(layer: Any) -> dict[str, Any]:
    """Returns what a painted layer knows of its run."""
    record: dict[str, Any] = json.loads(bytes(layer.get_parasite("neural-style").get_data()))
    return record


def in_a_composition(pictures: str) -> dict[str, Any]:
    """Paints a photograph in the style of another layer, of another image and of a file."""
    scene = composition(pictures)
    file = Gio.File.new_for_path(f"{pictures}/style.png")
    other = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    before, images = get(scene.photo), len(Gimp.get_images())
    layer = paint(scene, style_layer=scene.style, evaluations=3)
    found = {
        "name": layer.get_name(),
        "size": [layer.get_width(), layer.get_height()],
        "offsets": list(layer.get_offsets())[1:],
        "parent": layer.get_parent().get_name(),
        "position": scene.image.get_item_position(layer),
        "position of the content": scene.image.get_item_position(scene.photo),
        "alpha is the content's": get(layer)[3::4] == before[3::4],
        "painted": get(layer) != before,
        "content untouched": get(scene.photo) == before,
        "layers": len(scene.image.get_layers()),
        "is a layer": isinstance(layer, Gimp.Layer),
    }
    paintings = {"a layer": get(layer).hex()}
    for kind, style in (
        ("another image", {"style_layer": other.get_layers()[0]}),
        ("a file", {"style_file": file}),
    ):
        paintings[kind] = get(paint(scene, evaluations=3, **style)).hex()
    more_images = len(Gimp.get_images()) - images
    return {"layer": found, "paintings": paintings, "more images": more_images}


def by_preset(file: str) -> dict[str, Any]:
    """Paints with a preset, and with some values of one's own; saves and opens the result."""
    scene = uniform()
    preset = {"style_layer": scene.style, "size": 16, "preset": "draft"}
    paint(scene, **preset)
    paint(scene, **preset, evaluations=2, seed=7)
    save(scene.image, file)
    opened = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(file))
    # Above the content, and above what was painted before.
    return record_of(opened.get_layers()[0])


def a_selected_rectangle(pictures: str) -> dict[str, Any]:
    """Paints what is selected of a large layer."""
    scene = composition(pictures)
    scene.photo.scale(600, 400, True)
    scene.image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 90, 80, 40)
    layer = paint(scene, style_layer=scene.style, evaluations=0)
    width, height = layer.get_width(), layer.get_height()
    mask = get(layer.get_mask(), "Y u8")
    selected = [i for i in range(width * height) if mask[i]]
    return {
        "size": [width, height],
        "offsets": list(layer.get_offsets())[1:],
        "top left": [selected[0] % width, selected[0] // width],
        "selected": len(selected),
        "least": min(mask[i] for i in selected),
    }


def a_soft_selection(precision: str, pixel_format: str, pixel_bytes: int) -> dict[str, Any]:
    """Paints what a feathered ellipse selects of a layer that lies partly outside of its image."""
    width, height = 160, 120
    layers = [("ground", (9, 90, 200, 255)), ("photo", (0, 0, 0, 0))]
    image = new_image(width, height, layers, getattr(Gimp.Precision, precision))
    photo, ground = image.get_layers()
    put(photo, bytes((7 * i + i // 9) % 251 for i in range(width * height * 4)))
    photo.set_offsets(-20, 10)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 30, 30, 60, 50)
    Gimp.Selection.feather(image, 15)
    chosen = _shades(image.get_selection())
    before = canvas(image, pixel_format)
    layer = paint(Scene(image, photo, ground), style_layer=ground, evaluations=2, device="cpu")
    after = canvas(image, pixel_format)
    changed = [
        pixel
        for pixel in range(width * height)
        if before[pixel * pixel_bytes :][:pixel_bytes] != after[pixel * pixel_bytes :][:pixel_bytes]
    ]
    mask = layer.get_mask()
    _, left, top = layer.get_offsets()
    seen, columns = _shades(mask), mask.get_width()
    places = ((row + top, column + left, row * columns + column)
              for row in range(mask.get_height()) for column in range(columns))  # fmt: skip
    return {
        "changed": len(changed),
        "changed outside": sum(not chosen[pixel] for pixel in changed),
        "shades": len(set(seen)),
        "mask unlike the selection": sum(
            seen[pixel] != chosen[y * width + x]
            for y, x, pixel in places
            if 0 <= y < height and 0 <= x < width
        ),
    }


def _shades(channel: Any) -> array.array[float]:
    return array.array("f", get(channel, "Y float"))
