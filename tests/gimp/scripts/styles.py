"""Paint in styles of all kinds, and start from all kinds of pictures."""

from __future__ import annotations

from typing import Any

from nst_gimp.arguments import layer_records
from nst_gimp.image import layers, style_choices

from nst_contract.errors import NstError
from tests.gimp.harness.inside import Gimp, Gio, call, get, new_image, put
from tests.gimp.scripts.painting import paint, record_of
from tests.gimp.scripts.scenes import RED, TRANSFER, Scene, save, uniform


def built_in(palette: str) -> dict[str, Any]:
    """Paints in the style of the stained glass, and of nothing else than that."""
    image = new_image(64, 48, [("photo", (120, 120, 120, 255))])
    (photo,) = image.get_layers()
    palettes = {"style_palette": palette} if palette else {}
    layer = paint(
        Scene(image, photo, None),
        style_builtin="stained-glass",
        evaluations=3,
        start="style-noise",
        **palettes,
    )
    pixels = get(layer)
    colours = [pixels[i : i + 3] for i in range(0, len(pixels), 4)]
    return {
        "name": layer.get_name(),
        "record": record_of(layer),
        "vividness": sum(max(colour) - min(colour) for colour in colours) / len(colours),
    }


def own_picture_on(device: str) -> dict[str, Any]:
    """Paints a layer in its own style, though a built-in one is named, too."""
    image = new_image(64, 48, [("photo", RED)])
    (photo,) = image.get_layers()
    layer = paint(
        Scene(image, photo, photo),
        style_layer=photo,
        style_builtin="stained-glass",
        evaluations=1,
        device=device,
    )
    record = record_of(layer)
    return {"name": layer.get_name(), "record": record, "layers": len(image.get_layers())}


def of_three_kinds(pictures: str) -> dict[str, Any]:
    """Paints in the styles of a layer, a file and a built-in one; takes the layer's settings."""
    scene = uniform()
    file = Gio.File.new_for_path(f"{pictures}/style.png")
    layer = paint(
        scene,
        style_layer=scene.style,
        second_file=file,
        second_weight=2.0,
        third_builtin="mosaic",
        third_palette="ocean",
        evaluations=0,
    )
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    record = layer_records.read(layer)
    if record is not None:
        record.repeat(config, scene.photo)
    found = config.get_property("second-file")
    return {
        "name": layer.get_name(),
        "kept": record_of(layer)["more_files"],
        "repeated": [
            config.get_property("style-layer").get_name(),
            found and found.get_path(),
            *map(config.get_property, ("second-weight", "third-builtin", "third-palette")),
        ],
    }


def from_a_picture(pictures: str) -> dict[str, Any]:
    """Looks at what painting starts from: with one evaluation, nothing else is seen."""
    scene = uniform()
    sketch = Gimp.Layer.new(
        scene.image, "sketch", 100, 80, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL
    )
    scene.image.insert_layer(sketch, None, 0)
    put(sketch, (b"\xff\0\0\xff" * 50 + b"\0\0\xff\xff" * 50) * 80)
    sketch.set_offsets(-30, -9)  # red ends at 20
    file = Gio.File.new_for_path(f"{pictures}/style.png")

    def start(**arguments: Any) -> bytes:
        # Neighbours would bring the only picture into the colours of the style.
        common = {"style_layer": scene.style, "style_loss": "gram", "evaluations": 1}
        return get(paint(scene, device="cpu", **common, **arguments))

    photo = get(scene.photo)
    drawn = start(start="picture", start_layer=sketch)
    of_file = start(start="picture", start_file=file)
    nothing = {"style_layer": scene.style, "start": "picture"}
    status, error, _ = call(TRANSFER, scene.image, [scene.photo], **nothing)
    return {
        "at 8": list(drawn[(24 * 64 + 8) * 4 :][:3]),
        "at 32": list(drawn[(24 * 64 + 32) * 4 :][:3]),
        "a file is another start": of_file not in (drawn, photo),
        "a layer named for nothing": start(start="content", start_layer=sketch) == photo,
        "without a picture": [status, error],
    }


def of_file(path: str) -> dict[str, Any]:
    """Returns what is shown of a picture file, and what GIMP makes of it."""
    file = Gio.File.new_for_path(path)
    tile = style_choices.of_file(file)
    layer = layers.load_style(file)
    seen = {
        "shown": tile.describe(),
        "is higher": tile.thumbnail.get_height() > tile.thumbnail.get_width(),
        "layer": [layer.get_name(), layer.get_width(), layer.get_height()],
        "alike": style_choices.looks_like(tile, layer),
    }
    layer.get_image().delete()
    return seen


def of_no_picture(path: str) -> list[str]:
    """Returns how a file that is no picture is called in the gallery, and when it is refused."""
    file = Gio.File.new_for_path(path)
    return [style_choices.of_file(file).name, _refusal(file)]


def of_hidden_layers(path: str) -> dict[str, Any]:
    """Loads an image with nothing to be seen as a style; returns what is said, and what is left."""
    scene = uniform()
    for layer in scene.image.get_layers():
        layer.set_visible(False)
    save(scene.image, path)
    scene.image.delete()
    message = _refusal(Gio.File.new_for_path(path))
    return {"message": message, "images": len(Gimp.get_images())}


def _refusal(file: Any) -> str:
    """Returns why a file cannot be a style."""
    try:
        layers.load_style(file)
    except NstError as error:
        return str(error.message)
    return ""


def two_with_masks() -> dict[str, Any]:
    """Paints in two styles, each with a layer mask that is white over half of the photograph."""
    layers = [("blue", (0, 0, 0, 255)), ("red", (0, 0, 0, 255)), ("photo", (0, 0, 0, 255))]
    image = new_image(96, 64, layers)
    photo, red, blue = image.get_layers()
    places = range(96 * 64)
    for layer, colour in ((red, (220, 30, 30)), (blue, (30, 30, 220))):
        stripes = (colour if (i // 4) % 3 else (9, 9, 9) for i in places)
        put(layer, b"".join(bytes([*stripe, 255]) for stripe in stripes))
    put(photo, b"".join(bytes([60 + i % 96, 60 + i // 96, 128, 255]) for i in places))
    # Half a layer wide, off its image's origin: the mask counts where it lies.
    red.set_offsets(-48, 0)
    for layer, left in ((red, 0), (blue, 48)):
        layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
        image.select_rectangle(Gimp.ChannelOps.REPLACE, left, 0, 48, 64)
        layer.get_mask().edit_fill(Gimp.FillType.WHITE)
    Gimp.Selection.none(image)
    layer = paint(
        Scene(image, photo, red), style_layer=red, second_style=blue, evaluations=12, device="cpu"
    )
    pixels = get(layer)

    def mean(left: int, right: int) -> list[float]:
        columns = [(y * 96 + x) * 4 for y in range(8, 56) for x in range(left, right)]
        return [sum(pixels[i + channel] for i in columns) / len(columns) for channel in range(3)]

    return {"name": layer.get_name(), "left": mean(4, 40), "right": mean(56, 92)}
