"""Layers with masks and soft selections, painted without an engine."""

from __future__ import annotations

import array
import struct
from typing import Any

from tests.gimp.harness.inside import Gegl, Gimp, canvas, get, new_image, put
from tests.gimp.scripts.unchanged import paint

# Of the canvas, and of the layer, which lies partly outside of it.
CANVAS = 180, 40
WIDTH, HEIGHT, LEFT, TOP = 200, 24, -10, 5
# As the masks themselves hold them.
FORMATS = {"U8": "B", "U16": "H", "U32": "I", "HALF": "e", "FLOAT": "f", "DOUBLE": "d"}


def painted(precision: str, folder: str) -> dict[str, Any]:
    """Paints a layer with its mask on, off, and both times with a selection, too."""
    image, photo = _scene(precision)
    own = _values(photo.get_mask(), precision)
    answer: dict[str, Any] = {"shades": len(set(own))}

    def painting() -> tuple[Any, list[float], dict[str, bool]]:
        layer = paint(photo, folder)
        seen = _on_the_content(layer, precision)
        return layer, seen, _flags(layer)

    layer, seen, flags = painting()
    answer["mask"] = {"same": seen == own, "flags": flags}
    answer["looks the same"] = _looks_the_same(image, photo, layer)
    image.remove_layer(layer)

    photo.set_apply_mask(False)
    layer, seen, flags = painting()
    answer["switched off"] = {"same": seen == own, "flags": flags}
    image.remove_layer(layer)

    chosen = _select(image, precision)
    layer, seen, flags = painting()
    answer["switched off, selection"] = {"same": seen == chosen, "flags": flags}
    image.remove_layer(layer)

    photo.set_apply_mask(True)
    layer, seen, flags = painting()
    found = list(zip(seen, own, chosen, strict=True))
    answer["mask, selection"] = {
        "flags": flags,
        "smaller": layer.get_width() < WIDTH,
        "wrong where wholly selected": sum(s != m for s, m, c in found if c == 1),
        "seen where not selected": sum(s != 0 for s, m, c in found if c == 0),
        "seen where masked off": sum(s != 0 for s, m, c in found if m == 0),
        "soft": sum(0 < c < 1 and 0 < m < 1 for s, m, c in found),
        "worst": max(abs(s - m * c) for s, m, c in found),
    }
    is_own = _values(photo.get_mask(), precision) == own
    answer["the content's own"] = {"same": is_own, "flags": _flags(photo)}
    return answer


def large(folder: str) -> dict[str, Any]:
    """Paints a layer whose pixels, mask and selection each cross in more than one strip."""
    width, height = 1100, 1000
    layers = [("photo", (0, 0, 0, 0))]
    image = new_image(width, height, layers, Gimp.Precision.DOUBLE_NON_LINEAR)
    (photo,) = image.get_layers()
    count = width * height
    put(photo, bytes(range(251)) * (4 * count // 251) + bytes(4 * count % 251))
    mask = photo.create_mask(Gimp.AddMaskType.WHITE)
    shades = array.array("d", (i % 1009 / 1008 for i in range(count)))
    put(mask, shades.tobytes(), "Y double")
    photo.add_mask(mask)
    layer = paint(photo, folder)
    answer = {
        "same pixels": get(layer, "R'G'B'A float") == get(photo, "R'G'B'A float"),
        "same mask": get(layer.get_mask(), "Y double") == get(mask, "Y double"),
    }
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, width - 1, height)
    seen = array.array("d", get(paint(photo, folder).get_mask(), "Y double"))
    for row in range(height):
        shades[(row + 1) * width - 1] = 0.0
    answer["same mask, but for what is not selected"] = seen == shades
    return answer


def _scene(precision: str) -> tuple[Any, Any]:
    layers = [("ground", (9, 90, 200, 255)), ("photo", (0, 0, 0, 0))]
    image = new_image(*CANVAS, layers, getattr(Gimp.Precision, precision))
    photo = image.get_layers()[0]
    photo.resize(WIDTH, HEIGHT, 0, 0)
    put(photo, bytes((7 * i + i // 9) % 251 for i in range(WIDTH * HEIGHT * 4)))
    photo.set_offsets(LEFT, TOP)
    mask = photo.create_mask(Gimp.AddMaskType.WHITE)
    put(mask, _shades(WIDTH * HEIGHT), "Y float")
    photo.add_mask(mask)
    photo.set_edit_mask(True)
    photo.set_show_mask(True)
    return image, photo


def _shades(count: int) -> bytes:
    """Black, white, and all that a mask can hold between them."""
    shades = [(i * 2654435761 % 2**32) / 2**32 * 1.5 - 0.25 for i in range(count)]
    return array.array("f", [min(1, max(0, shade)) for shade in shades]).tobytes()


def _select(image: Any, precision: str) -> list[float]:
    """Selects a part, softly; returns how much, for each of the layer's pixels."""
    width, height = CANVAS
    channel = Gimp.Channel.new(image, "soft", width, height, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    put(channel, _shades(width * height), "Y float")
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    image.select_rectangle(Gimp.ChannelOps.INTERSECT, 120, 3, 40, 30)
    chosen = _values(image.get_selection(), precision)
    return [
        chosen[(y + TOP) * width + x + LEFT] if 0 <= x + LEFT < width else 0
        for y in range(HEIGHT)
        for x in range(WIDTH)
    ]


def _values(channel: Any, precision: str) -> list[float]:
    """Returns the samples of a mask, 0..1, as it holds them itself."""
    kind = precision.split("_")[0]
    form = FORMATS[kind]
    top = 1 if form in "efd" else 2 ** (8 * struct.calcsize(form)) - 1
    samples = struct.iter_unpack(form, get(channel, f"Y {kind.lower()}"))
    return [sample / top for (sample,) in samples]


def _on_the_content(painting: Any, precision: str) -> list[float]:
    """Returns what the painting's mask shows, in the content's pixels; 0 where there is none."""
    _, x, y = painting.get_offsets()
    left, top, width = x - LEFT, y - TOP, painting.get_width()
    shown, seen = _values(painting.get_mask(), precision), [0.0] * (WIDTH * HEIGHT)
    for row in range(painting.get_height()):
        begin = (top + row) * WIDTH + left
        seen[begin : begin + width] = shown[row * width : (row + 1) * width]
    return seen


def _flags(layer: Any) -> dict[str, bool]:
    return {
        "applied": layer.get_apply_mask(),
        "edited": layer.get_edit_mask(),
        "shown": layer.get_show_mask(),
    }


def _looks_the_same(image: Any, photo: Any, painting: Any) -> bool:
    """Tells whether the painting in its content's place shows the same."""
    photo.set_show_mask(False)
    photo.set_visible(True)
    painting.set_visible(False)
    before = canvas(image, "RGBA double")
    painting.set_visible(True)
    photo.set_visible(False)
    same = canvas(image, "RGBA double") == before
    photo.set_visible(True)
    return same
