"""Layers of every kind of pixel there is: their way out of GIMP and back."""

from __future__ import annotations

import array
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst_gimp.image import layers, style_choices
from nst_gimp.image.pixels import Area
from nst_gimp.image.sketch_pictures import SketchPictures
from nst_gimp.windows import preview

from nst_contract.protocol.requests import Raster
from tests.gimp.harness.inside import Gimp, get, new_image, put
from tests.gimp.scripts.scenes import RED

WIDTH, HEIGHT = 16, 12
PROFILES: dict[tuple[str, str], Callable[[], Any] | None] = {
    ("RGB", "sRGB"): None,
    ("RGB", "Adobe RGB"): Gimp.ColorProfile.new_rgb_adobe,
    ("RGB", "linear"): Gimp.ColorProfile.new_rgb_srgb_linear,
    ("GRAY", "sRGB"): None,
    ("GRAY", "linear"): Gimp.ColorProfile.new_d65_gray_linear,
    ("GRAY", "lightness"): Gimp.ColorProfile.new_d50_gray_lab_trc,
}


def write(folder: str) -> dict[str, dict[str, Any]]:
    """Makes a layer of each kind and hands out its pixels, as for the engine.

    Returns:
        The rasters by the layers' names.
    """
    rasters: dict[str, dict[str, Any]] = {}
    for (base, profile), precision, has_alpha in _cases():
        layer = _layer(base, profile, precision, has_alpha)
        raster = layers.read(layer, Path(folder), f"{len(rasters)}.raw")
        rasters[layer.get_name()] = vars(raster)
    return rasters


def compare(folder: str, rasters: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Inserts what has become of the pixels above the layers, and compares.

    Args:
        folder: where the pixels are.
        rasters: by the layers' names.
    """
    answers = {}
    for image in Gimp.get_images():
        (layer,) = image.get_layers()
        raster = Raster(**rasters[layer.get_name()])
        area = Area.whole(layer)
        new = layers.insert_above(layer, area, Path(folder), raster, "new")
        copy = layer.copy()
        image.insert_layer(copy, None, 0)
        put(copy, get(layer, "RGBA float"), "RGBA float")
        answers[layer.get_name()] = {
            "worst": _difference(layer, new),
            "GIMP's own worst": _difference(layer, copy),
            "same alpha": _floats(layer)[3::4] == _floats(new)[3::4],
            "same type": new.type() == layer.type(),
            "gallery": _unlike(layer, style_choices.of_layer(layer, "").thumbnail),
            "preview": _unlike(layer, preview.of(layer, Area.whole(layer))),
            "sketch": _unlike(layer, _of_a_sketch(layer, Path(folder))),
        }
    return answers


def selected() -> dict[str, Any]:
    """Returns the size and the colours of the picture that a window shows of a part of a layer."""
    image = new_image(60, 40, [("photo", RED)])
    (photo,) = image.get_layers()
    put(photo, (bytes((20, 60, 200, 255)) * 30 + bytes(RED) * 30) * 40)
    picture = preview.of(photo, Area(30, 0, 30, 40))
    channels, samples = picture.get_n_channels(), picture.get_pixels()
    colors = {tuple(samples[at : at + channels]) for at in range(0, len(samples), channels)}
    return {
        "shape": picture.get_width() / picture.get_height(),
        "is red": colors == {tuple(RED)},
    }


def _cases() -> itertools.product[tuple[Any, ...]]:
    precisions = [
        f"{kind}_{curve}"
        for kind in ("U8", "U16", "U32", "HALF", "FLOAT", "DOUBLE")
        for curve in ("LINEAR", "NON_LINEAR", "PERCEPTUAL")
    ]
    return itertools.product(PROFILES, precisions, (True, False))


def _layer(base: str, profile: str, precision: str, has_alpha: bool) -> Any:
    """Makes an image with one layer, named for what it is."""
    kind = getattr(Gimp.Precision, precision)
    image = Gimp.Image.new_with_precision(40, 30, getattr(Gimp.ImageBaseType, base), kind)
    maker = PROFILES[base, profile]
    if maker and not image.set_color_profile(maker()):
        raise RuntimeError(f"{base} does not take the profile {profile}")
    name = f"{base} {profile} {kind.value_nick} {'with' if has_alpha else 'without'} alpha"
    image_type = getattr(Gimp.ImageType, f"{base}{'A' if has_alpha else ''}_IMAGE")
    layer = Gimp.Layer.new(image, name, WIDTH, HEIGHT, image_type, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    put(layer, _values().tobytes(), "R'G'B'A float")
    return layer


def _values() -> array.array[float]:
    """Returns a little more than what sRGB can show, and every alpha."""
    values = array.array("f")
    for i in range(WIDTH * HEIGHT):
        values.extend((i * factor % 50) / 36 - 0.2 for factor in (7, 11, 3))
        values.append((i * 5 % 256) / 255)
    return values


def _floats(layer: Any) -> array.array[float]:
    return array.array("f", get(layer, "R'G'B'A float"))


def _difference(one: Any, other: Any) -> float:
    pairs = zip(_floats(one), _floats(other), strict=True)
    return max(abs(a - b) for i, (a, b) in enumerate(pairs) if i % 4 != 3)


def _of_a_sketch(layer: Any, folder: Path) -> Any:
    """Returns the photograph that the dialog shows beside its sketch, and sketches."""
    area = Area.whole(layer)
    return preview.of_samples(*SketchPictures(None, layer, area, folder).photograph())


def _unlike(layer: Any, picture: Any) -> int:
    """Returns how much a window's picture of a layer differs at most where nothing shows through.

    Where the picture is larger, the middle of what was a pixel is looked at.
    """
    pixels, row, channels = picture.get_pixels(), picture.get_rowstride(), picture.get_n_channels()
    across, down = picture.get_width() / WIDTH, picture.get_height() / HEIGHT
    expected = get(layer, "R'G'B'A u8")
    worst = 0
    for i in range(WIDTH * HEIGHT):
        if expected[4 * i + 3] == 255:
            x, y = int((i % WIDTH + 0.5) * across), int((i // WIDTH + 0.5) * down)
            seen = pixels[y * row + x * channels :][:3]
            worst = max(worst, *(abs(a - b) for a, b in zip(seen, expected[4 * i :], strict=False)))
    return worst
