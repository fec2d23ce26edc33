"""Layers with effects, GIMP's filters that are kept beside the pixels: as content and as style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_gimp.image import layer_effects, layers, style_choices, thumbnails

from tests.gimp.harness.inside import Gimp, get, new_image, put
from tests.gimp.scripts import kinds_of_layer
from tests.gimp.scripts.painting import paint
from tests.gimp.scripts.scenes import Scene
from tests.gimp.scripts.unchanged import paint as paint_unchanged

GREY, INVERTED = "gegl:c2g", "gegl:invert-gamma"


def add(layer: Any, operation: str) -> Any:
    """Gives a layer an effect."""
    effect = Gimp.DrawableFilter.new(layer, operation, operation)
    layer.append_filter(effect)
    return effect


def in_all_kinds_of_layer(folder: str) -> dict[str, Any]:
    """Makes each kind of layer grey by an effect, and looks at what the engine would get of it."""
    _image, kinds = kinds_of_layer._scene(folder)
    for number, layer in enumerate(kinds["group"].get_children()):
        if number:
            add(layer, GREY)
    kinds["group"].get_children()[0].set_visible(False)
    answers = {"group of grey layers": _looked_at(kinds["group"], folder)}
    kinds["group"].set_mode(Gimp.LayerMode.PASS_THROUGH)
    kinds["group"].get_children()[0].set_visible(True)
    for name, layer in kinds.items():
        layer.set_lock_position(True)
        add(layer, GREY)
        answers[name] = _looked_at(layer, folder)
    return answers


def in_precision(precision: str, folder: str) -> dict[str, Any]:
    """Inverts a layer by an effect in an image of that precision; reads it, and paints it."""
    image = new_image(16, 12, [("photo", (0, 0, 0, 255))], getattr(Gimp.Precision, precision))
    (photo,) = image.get_layers()
    put(photo, bytes((5 * i) % 251 | (i % 4 == 3) * 255 for i in range(16 * 12 * 4)))
    before = get(photo)
    effect = add(photo, INVERTED)
    painting = paint_unchanged(photo, folder)
    inverted = bytes(value if i % 4 == 3 else 255 - value for i, value in enumerate(before))
    worst = max(abs(a - b) for a, b in zip(get(painting), inverted, strict=True))
    effect.set_visible(False)
    effect.update()
    with layer_effects.applied(photo) as seen:
        is_itself = seen is photo
    return {
        "worst": worst,
        "effects of the painting": len(painting.get_filters()),
        "content untouched": get(photo) == before and len(photo.get_filters()) == 1,
        "switched off": is_itself,
    }


def painted_by_the_engine() -> dict[str, Any]:
    """Paints a colourful layer that an effect makes grey, in a style made grey alike."""
    image = new_image(64, 48, [("style", (0, 0, 0, 255)), ("photo", (0, 0, 0, 255))])
    photo, style = image.get_layers()
    for layer in (photo, style):
        put(layer, bytes((i * i) % 251 | (i % 4 == 3) * 255 for i in range(64 * 48 * 4)))
        # Not Color to Gray, which is another grey each time.
        add(layer, "gegl:mono-mixer")
    images = len(Gimp.get_images())
    layer = paint(
        Scene(image, photo, style), style_layer=style, evaluations=3, size=48, device="cpu",
        protect="nothing",  # which leaves a little of the colours on the way
    )  # fmt: skip
    return {"vividness": _vividness(get(layer)), "more images": len(Gimp.get_images()) - images}


def merged_into_a_mask() -> list[int]:
    """Inverts a layer mask by a filter, which GIMP puts into its pixels at once."""
    image = new_image(16, 12, [("photo", (0, 0, 0, 255))])
    (photo,) = image.get_layers()
    photo.add_mask(photo.create_mask(Gimp.AddMaskType.BLACK))
    mask = photo.get_mask()
    mask.merge_filter(Gimp.DrawableFilter.new(mask, "gegl:invert-linear", "inverted"))
    return [len(mask.get_filters()), *set(get(mask, "Y u8"))]


def _looked_at(layer: Any, folder: str) -> dict[str, Any]:
    image = layer.get_image()
    images, before = len(Gimp.get_images()), kinds_of_layer._stack(image.get_layers())
    raster = layers.read(layer, Path(folder), "seen.raw")
    pixels = (Path(folder) / raster.file).read_bytes()
    small = thumbnails.of(layer, thumbnails.SMALL)
    rows = thumbnails.samples(small)
    tile = style_choices.of_layer(layer, "").thumbnail
    return {
        "vividness": _vividness(pixels),
        "same shape": pixels[3::4] == get(layer)[3::4],
        "colours of its picture": max(_spread(pixel) for row in rows for pixel in row),
        "tile alike": tile.get_pixels() == small.get_pixels(),
        "image untouched": kinds_of_layer._stack(image.get_layers()) == before,
        "more images": len(Gimp.get_images()) - images,
    }


def _vividness(pixels: bytes) -> int:
    """Returns how far red, green and blue differ at most."""
    return max(_spread(tuple(pixels[i : i + 3])) for i in range(0, len(pixels), 4) if pixels[i + 3])


def _spread(samples: tuple[int, ...]) -> int:
    return max(samples) - min(samples)
