"""Groups, texts and, in GIMP 3.2, vectors and links: painted, and as styles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_gimp.image import layers

from tests.gimp.harness.inside import Gegl, Gimp, Gio, canvas, get, new_image, put
from tests.gimp.scripts.painting import paint as paint_by_engine
from tests.gimp.scripts.scenes import Scene, save
from tests.gimp.scripts.unchanged import paint

CANVAS = 120, 90


def as_they_look(folder: str) -> dict[str, Any]:
    """Paints a layer of each kind without an engine, and reads it as a style."""
    image, kinds = _scene(folder)
    return {name: _painted(image, layer, folder) for name, layer in kinds.items()}


def group_in_the_style_of_all_others(folder: str) -> dict[str, Any]:
    """Lets the engine paint the group, in as many styles as there are other kinds."""
    image, kinds = _scene(folder)
    group = kinds.pop("group")
    names = "style_layer", "second_style", "third_style"
    before, untouched = canvas(image), _stack(image.get_layers()[:-1])
    styles = dict(zip(names, kinds.values(), strict=False))
    painting = paint_by_engine(Scene(image, group, None), evaluations=2, device="cpu", **styles)
    after, (columns, rows) = canvas(image), CANVAS
    changed = [i for i in range(columns * rows) if after[4 * i :][:4] != before[4 * i :][:4]]
    _, left, top = group.get_offsets()
    shown, width, height = get(group.get_mask(), "Y u8"), group.get_width(), group.get_height()
    places = [(i % columns - left, i // columns - top) for i in changed]
    image.remove_layer(painting)
    # Seen through its painting, it was hidden.
    group.set_visible(True)
    return {
        "styles": list(styles),
        "changed": len(changed),
        "changed where the group is not seen": sum(
            not (0 <= x < width and 0 <= y < height and shown[y * width + x]) for x, y in places
        ),
        "all others untouched": _stack(image.get_layers()[:-1]) == untouched,
    }


def _painted(image: Any, layer: Any, folder: str) -> dict[str, Any]:
    before, canvas_before = _stack(image.get_layers()), canvas(image)
    painting = paint(layer, folder)
    parent = layer.get_parent()
    siblings = parent.get_children() if parent else image.get_layers()
    answer = {
        "becomes": type(painting).__name__,
        "right above": siblings.index(painting) + 1 == siblings.index(layer),
    }
    layer.set_visible(False)
    answer["looks the same"] = canvas(image) == canvas_before
    image.remove_layer(painting)
    answer["is seen at all"] = canvas(image) != canvas_before
    layer.set_visible(True)
    answer["stays what it is"] = _stack(image.get_layers()) == before
    raster = layers.read(layer, Path(folder), "style.raw")
    pixels = (Path(folder) / raster.file).read_bytes()
    answer["as a style"] = _visible(pixels) == _visible(_seen_alone(layer))
    return answer


def _scene(folder: str) -> tuple[Any, dict[str, Any]]:
    """Makes an image with a layer of each kind, off the origin and partly outside of the canvas."""
    image, (width, height) = new_image(*CANVAS), CANVAS
    opaque = ((5 * i + i // 7) % 251 | (i % 4 == 3) * 255 for i in range(width * height * 4))
    put(image.get_layers()[0], bytes(opaque))
    kinds = {"group": _group(image), "text": _text(image)}
    if hasattr(Gimp, "LinkLayer"):
        kinds |= {"vector": _vector(image), "link": _link(image, folder)}
    return image, kinds


def _group(image: Any) -> Any:
    """Inserts a group in a group that may not be moved."""
    outer = Gimp.GroupLayer.new(image, "outer")
    image.insert_layer(outer, None, 0)
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, outer, 0)
    for number, (x, y) in enumerate(((-9, 20), (15, 30), (2, 44)), start=1):
        kind, mode = Gimp.ImageType.RGBA_IMAGE, Gimp.LayerMode.NORMAL
        part = Gimp.Layer.new(image, f"part {number}", 40, 30, kind, 60, mode)
        image.insert_layer(part, group, 0)
        part.set_offsets(x, y)
        put(part, bytes((11 * i * number) % 253 for i in range(40 * 30 * 4)))
    mask = group.create_mask(Gimp.AddMaskType.WHITE)
    width, height = group.get_width(), group.get_height()
    put(mask, bytes(2 * (i % width) for i in range(width * height)), "Y u8")
    group.add_mask(mask)
    outer.set_lock_position(True)
    return group


def _text(image: Any) -> Any:
    text = Gimp.TextLayer.new(image, "Hôtel", Gimp.context_get_font(), 30, Gimp.Unit.pixel())
    text.set_color(Gegl.Color.new("maroon"))
    image.insert_layer(text, None, 0)
    text.set_offsets(70, 40)
    return text


def _vector(image: Any) -> Any:
    path = Gimp.Path.new(image, "triangle")
    image.insert_path(path, None, 0)
    corners = [c for corner in ((60, -5), (100, 5), (70, 35)) for c in corner * 3]
    path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, corners, True)
    vector = Gimp.VectorLayer.new(image, path)
    image.insert_layer(vector, None, 0)
    vector.set_fill_color(Gegl.Color.new("teal"))
    vector.refresh()
    return vector


def _link(image: Any, folder: str) -> Any:
    path = f"{folder}/linked.png"
    other = new_image(34, 26)
    put(other.get_layers()[0], bytes(13 * i % 241 for i in range(34 * 26 * 4)))
    save(other, path)
    link = Gimp.LinkLayer.new(image, Gio.File.new_for_path(path))
    image.insert_layer(link, None, 0)
    link.set_offsets(-5, 60)
    return link


def _stack(found: list[Any]) -> list[Any]:
    """Returns all there is to know of layers and of those in them."""
    return [
        [
            type(layer).__name__,
            layer.get_name(),
            *layer.get_offsets()[1:],
            get(layer),
            _stack(layer.get_children()) if layer.is_group() else [],
        ]
        for layer in found
    ]


def _seen_alone(layer: Any) -> bytes:
    """Returns what GIMP itself shows of a layer without its mask, in the layer's own pixels."""
    shown = Gimp.Image.new(layer.get_width(), layer.get_height(), Gimp.ImageBaseType.RGB)
    copy = Gimp.Layer.new_from_drawable(layer, shown)
    shown.insert_layer(copy, None, 0)
    copy.set_offsets(0, 0)
    if copy.get_mask():
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    return get(Gimp.Layer.new_from_visible(shown, shown, "seen"))


def _visible(pixels: bytes) -> list[bytes]:
    return [pixels[i : i + 4] if pixels[i + 3] else b"" for i in range(0, len(pixels), 4)]
