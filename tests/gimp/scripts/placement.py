"""Where a painting goes among the layers, without an engine in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst_gimp.image import content_choice, layers, masks, placement, reorientation

from nst_contract.errors import NstError
from tests.gimp.harness.inside import Gimp, canvas, get, new_image, put
from tests.gimp.scripts.scenes import RED
from tests.gimp.scripts.unchanged import paint

BLUE = (20, 60, 200, 255)


def above_what_covers_it(folder: str) -> dict[str, Any]:
    """Paints a photograph under layers of several kinds; returns the stack, hidden ones in ()."""
    answers = {}
    for case in ("text", "copy", "style", "small style", "painted before", "half opaque"):
        image = new_image(64, 48, [("photo", RED)])
        (photo,) = image.get_layers()
        if case == "painted before":
            paint(photo, folder).attach_parasite(Gimp.Parasite.new(placement.PAINTING, 1, b"{}"))
        small = case in ("text", "small style")
        other = _layer(image, case, (16, 12) if small else (64, 48))
        if case == "half opaque":
            other.set_opacity(50)
        styles = [other] if "style" in case else []
        _painted(photo, folder, styles=styles)
        answers[case] = _stack(image)
    return answers


def blended(folder: str) -> dict[str, Any]:
    """Paints layers that let what lies below be seen; returns what that changes of the canvas."""
    answers = {}
    for case in (
        "multiply", "opacity", "alpha", "opaque", "pass-through", "locked", "opacity, locked",
    ):  # fmt: skip
        image = new_image(64, 48, [("ground", BLUE), ("photo", RED)])
        photo = image.get_layers()[0]
        if case == "multiply":
            photo.set_mode(Gimp.LayerMode.MULTIPLY)
        if case == "opacity":
            photo.set_opacity(40)
        if case == "alpha":
            put(photo, bytes([200, 60, 20, 128]) * (64 * 48))
        if case == "pass-through":
            photo = _in_a_group(image, photo)
        if case == "locked":
            photo.set_lock_content(True)
            photo.set_lock_position(True)
        if case == "opacity, locked":
            photo.set_opacity(40)
            photo.set_lock_visibility(True)
        before = canvas(image)
        layer = _painted(photo, folder)
        answers[case] = {
            "mode": layer.get_mode().value_nick,
            "opacity": round(layer.get_opacity()),
            "content visible": photo.get_visible(),
            "same canvas": canvas(image) == before,
        }
    return answers


def blended_in_part(folder: str) -> dict[str, Any]:
    """Paints two parts of a layer that is blended, one after the other, and then all of it."""
    answers = {}
    for case in ("multiply", "opacity", "masked"):
        image = new_image(64, 48, [("ground", BLUE), ("photo", RED)])
        photo = image.get_layers()[0]
        photo.set_opacity(40 if case == "opacity" else 100)
        photo.set_mode(Gimp.LayerMode.NORMAL if case == "opacity" else Gimp.LayerMode.MULTIPLY)
        if case == "masked":
            photo.add_mask(photo.create_mask(Gimp.AddMaskType.BLACK))
            image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 12, 30)
            photo.get_mask().edit_fill(Gimp.FillType.WHITE)
        before = canvas(image)
        for left in (4, 8):
            image.select_rectangle(Gimp.ChannelOps.REPLACE, left, 4, 20, 20)
            layer = _painted(photo, folder)
            layer.attach_parasite(Gimp.Parasite.new(placement.PAINTING, 1, b"{}"))
        in_parts, stack = canvas(image), _stack(image)
        group = layer.get_parent()
        Gimp.Selection.none(image)
        _painted(photo, folder).attach_parasite(Gimp.Parasite.new(placement.PAINTING, 1, b"{}"))
        all_of_it = _stack(image)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 2, 2, 20, 20)
        _painted(photo, folder)
        answers[case] = {
            "stack": stack,
            "in the group": [child.get_name() for child in group.get_children()],
            "mode": group.get_mode().value_nick,
            "opacity": round(group.get_opacity()),
            "worst": _worst(in_parts, before),
            "then all of it": all_of_it,
            "then a part": _stack(image),
            "worst of all": _worst(canvas(image), before),
        }
    return answers


def _worst(one: bytes, other: bytes) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def notices(folder: str) -> dict[str, list[str]]:
    """Paints what is not seen afterwards, and returns what the user is told."""
    answers = {}
    for case in ("seen", "hidden itself", "hidden group", "covered group"):
        image = new_image(64, 48, [("photo", RED)])
        (photo,) = image.get_layers()
        group = _in_a_group(image, photo) if "group" in case else photo
        if case == "hidden group":
            group.set_visible(False)
        if case == "hidden itself":
            photo.set_visible(False)
        if case == "covered group":
            _layer(image, "cover", (64, 48))
        layer = _painted(photo, folder)
        answers[case] = list(placement.notices(layer, photo, is_in_place=True))
    answers["changed"] = list(placement.notices(layer, photo, is_in_place=False))[:1]
    return answers


def changed_in_mid_run(folder: str) -> dict[str, Any]:
    """Turns, mirrors and scales a layer while it is painted; compares the painting with it."""
    turn, mirror = Gimp.RotationType, Gimp.OrientationType.HORIZONTAL
    changes: dict[str, Callable[[Any], object]] = {
        "nothing": lambda _image: None,
        "a quarter": lambda image: image.rotate(turn.DEGREES90),
        "a half": lambda image: image.rotate(turn.DEGREES180),
        "back": lambda image: image.rotate(turn.DEGREES270),
        "mirrored": lambda image: image.flip(mirror),
        "scaled": lambda image: image.scale(128, 96),
        "cropped": lambda image: image.crop(30, 20, 2, 25),
    }
    answers = {}
    for case, change in changes.items():
        for is_part in (False, True):
            image = new_image(64, 48, [("ground", BLUE), ("photo", RED)])
            photo = image.get_layers()[0]
            # Dark on the left, bright at the bottom: each way round looks different.
            put(photo, bytes(v for y in range(48) for x in range(64)
                             for v in (x * 3, y * 5, (x > 40) * (y < 20) * 255, 255)))  # fmt: skip
            if is_part:
                image.select_rectangle(Gimp.ChannelOps.REPLACE, 2, 2, 10, 20)
            look = reorientation.Look.of(photo)
            area = layers.area_to_paint(photo)
            mask = masks.read(photo, area, Path(folder))
            raster = layers.read(photo, Path(folder), "content.raw", area)
            change(image)
            found = reorientation.since(look, photo)
            before = get(photo), canvas(image)
            layer = layers.insert_above(
                photo, area, Path(folder), raster, "painting", mask, change=found
            )
            worst = _worst(canvas(image), before[1])
            answers[f"{case}, {'a part' if is_part else 'all'}"] = {
                "known": found is not None,
                "name": layer.get_name(),
                "worst": worst,
                "size": [layer.get_width(), layer.get_height()],
                "content untouched": get(photo) == before[0],
            }
    return answers


def odd_selections() -> dict[str, list[str]]:
    """Asks for the layer to paint where there is none, or it is not clear; returns what is said."""
    return {case: _refusal(*arranged()) for case, arranged in _ODD.items()}


def _refusal(image: Any, drawables: list[Any]) -> list[str]:
    try:
        content_choice.content_layer(image, drawables)
    except NstError as error:
        return [error.message, error.advice]
    return []


def _quick_mask() -> tuple[Any, list[Any]]:
    image = new_image(64, 48, [("photo", RED)])
    mask = Gimp.Channel.new(image, "Qmask", 64, 48, 50, Gimp.context_get_foreground())
    image.insert_channel(mask, None, 0)
    return image, [mask]


def _floating() -> tuple[Any, list[Any]]:
    image = new_image(64, 48, [("photo", RED)])
    (photo,) = image.get_layers()
    image.set_selected_layers([photo])
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 5, 5, 20, 20)
    Gimp.Selection.float(image, [photo], 3, 3)
    return image, [image.get_floating_sel()]


def _empty_group() -> tuple[Any, list[Any]]:
    image = new_image(64, 48, [("photo", RED)])
    group = Gimp.GroupLayer.new(image, "nothing")
    image.insert_layer(group, None, 0)
    return image, [group]


_ODD = {"quick mask": _quick_mask, "floating": _floating, "empty group": _empty_group}


def _painted(content: Any, folder: str, styles: list[Any] | None = None) -> Any:
    area, pixels = layers.area_to_paint(content), Path(folder)
    mask = masks.read(content, area, pixels)
    raster = layers.read(content, pixels, "content.raw", area)
    return layers.insert_above(content, area, pixels, raster, "painting", mask, styles=styles or ())


def _layer(image: Any, name: str, size: tuple[int, int]) -> Any:
    kind, mode = Gimp.ImageType.RGBA_IMAGE, Gimp.LayerMode.NORMAL
    layer = Gimp.Layer.new(image, name, *size, kind, 100, mode)
    image.insert_layer(layer, None, 0)
    put(layer, bytes(BLUE) * (size[0] * size[1]))
    return layer


def _in_a_group(image: Any, layer: Any) -> Any:
    """Puts a layer into a group that passes its layers through, and returns that."""
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.set_mode(Gimp.LayerMode.PASS_THROUGH)
    return group


def _stack(image: Any) -> list[str]:
    return [
        layer.get_name() if layer.get_visible() else f"({layer.get_name()})"
        for layer in image.get_layers()
    ]
