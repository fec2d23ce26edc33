"""Strength masks of all kinds: what of them the engine gets, and what is kept of them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from nst_gimp.image import layers, strength_mask

from tests.gimp.harness.inside import Gegl, Gimp, call, new_image, put
from tests.gimp.scripts.errors import Answer, attempt
from tests.gimp.scripts.painting import paint, record_of
from tests.gimp.scripts.scenes import RED, TRANSFER, Scene

WIDTH, HEIGHT = 64, 48
NEIGHBORS = {"style_loss": "neighbors", "evaluations": 1, "device": "cpu"}


def written(precision: str, folder: str) -> dict[str, Any]:
    """Returns what is written for each kind of mask: size, and the values at 8, 24, 40, 56."""
    scene = _scene(precision)
    photo, style = scene.photo, scene.style
    channel = _channel(scene.image)
    other = new_image(4, 2, [("small", RED)])
    (small,) = other.get_layers()
    _mask(small, [1.0, 1.0, 0.0, 0.0])
    answer = {
        "a layer's": _written(scene, photo, folder),
        "the mask itself": _written(scene, photo.get_mask(), folder),
        "another layer's, where it lies": _written(scene, style, folder),
        "a channel": _written(scene, channel, folder),
        "another image's": _written(scene, small, folder),
        "none": _written(scene, None, folder),
    }
    photo.set_apply_mask(False)
    answer["switched off"] = _written(scene, photo, folder)
    scene.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 1, HEIGHT)
    # 64 pixels beyond what is selected are seen, which is all.
    answer["with a selection"] = _written(scene, photo, folder)
    return answer


def refused() -> dict[str, Answer]:
    """Attempts to paint with strength masks that will not do."""
    scene = _scene("U8_NON_LINEAR")
    scene.photo.remove_mask(Gimp.MaskApplyMode.DISCARD)
    without = {"style_layer": scene.style, "strength_mask": scene.photo}
    whole = {"style_layer": scene.style, "strength_mask": _channel(scene.image)}
    photos = [scene.photo]
    return {
        "no mask": attempt(scene.image, photos, **without, **NEIGHBORS),
        "no places": attempt(scene.image, photos, **whole, style_loss="gram"),
    }


def painted() -> dict[str, Any]:
    """Paints with a channel as the strength mask, then as in the last run, by Filters > Repeat."""
    scene = _scene("U8_NON_LINEAR")
    scene.photo.remove_mask(Gimp.MaskApplyMode.DISCARD)
    channel = _channel(scene.image)
    first = paint(scene, style_layer=scene.style, strength_mask=channel, **NEIGHBORS)
    status, _, values = call(TRANSFER, scene.image, [scene.photo], Gimp.RunMode.WITH_LAST_VALS)
    return {
        "record": record_of(first)["strength_mask"],
        "repeated": [status, record_of(values[0])["strength_mask"] if values else None],
    }


def found(name: str) -> list[str]:
    """Returns what a record's name stands for: the kind of item, and the name of its image."""
    scene = _scene("U8_NON_LINEAR")
    other = new_image(WIDTH, HEIGHT, [("elsewhere", RED)])
    (elsewhere,) = other.get_layers()
    _mask(elsewhere, [1.0])
    _channel(other)
    _channel(scene.image)
    item = strength_mask.find(name, scene.photo)
    if item is None:
        return []
    own = item.get_image().get_id() == scene.image.get_id()
    return [type(item).__name__, "own" if own else "other"]


def _scene(precision: str) -> Scene:
    """A photograph with a layer mask in four shades, over a style with one, 16 pixels further."""
    colours = [("style", (1, 200, 90, 255)), ("photo", RED)]
    image = new_image(WIDTH, HEIGHT, colours, getattr(Gimp.Precision, precision))
    photo, style = image.get_layers()
    style.set_offsets(16, 0)
    for layer in (photo, style):
        _mask(layer, _shades())
    return Scene(image, photo, style)


def _shades() -> list[float]:
    """White, two greys and black, in strips of 16 pixels; all of them fit into 8 bits."""
    return [(255, 153, 51, 0)[x // 16] / 255 for x in range(WIDTH)] * HEIGHT


def _mask(layer: Any, values: list[float]) -> None:
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    count = layer.get_width() * layer.get_height()
    values = (values * count)[:count]
    put(mask, struct.pack(f"{count}f", *values), "Y float")
    layer.add_mask(mask)


def _channel(image: Any) -> Any:
    """A channel that selects as much as the layer mask of the photograph shows."""
    image.select_item(Gimp.ChannelOps.REPLACE, image.get_layers()[0])
    Gimp.Selection.none(image)
    channel = Gimp.Channel.new(image, "faces", WIDTH, HEIGHT, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    shades = struct.pack(f"{WIDTH * HEIGHT}f", *_shades())
    is_perceptual = image.get_precision() == Gimp.Precision.U8_NON_LINEAR
    put(channel, shades, "Y' float" if is_perceptual else "Y float")
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    selected = (
        image.get_selection()
        .get_buffer()
        .get(Gegl.Rectangle.new(24, 24, 1, 1), 1.0, "Y float", Gegl.AbyssPolicy.NONE)
    )
    Gimp.Selection.none(image)
    # What a channel's values mean is what GIMP makes of them when they are selected.
    (value,) = struct.unpack("f", selected)
    if abs(value - 0.6) > 1e-6:
        raise RuntimeError(f"the channel selects {value} instead of 0.6")
    return channel


def _written(scene: Scene, drawable: Any, folder: str) -> Any:
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    config.set_property("style-loss", "neighbors")
    config.set_property("strength-mask", drawable)
    area = layers.area_to_paint(scene.photo)
    raster = strength_mask.read(config, Path(folder), scene.photo, area)
    if raster is None:
        return None
    samples = (Path(folder) / raster.file).read_bytes()
    values = struct.unpack(f"{raster.width * raster.height}f", samples)
    row = values[(raster.height // 2) * raster.width :][: raster.width]
    places = [round((place + 0.5) * raster.width / 4 - 0.5) for place in range(4)]
    return [raster.width, raster.height, [row[place] for place in places]]
