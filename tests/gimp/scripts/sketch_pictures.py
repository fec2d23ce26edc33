"""What the dialog hands to the engine for its sketches, as choices change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_gimp.image.pixels import Area
from nst_gimp.image.sketch_pictures import SketchPictures
from nst_gimp.image.style_choices import StyleChoice

from nst_contract.errors import NstError
from nst_contract.protocol.requests import BuiltinStyle, Request
from tests.gimp.harness.inside import Gimp
from tests.gimp.scripts.scenes import TRANSFER, Scene, uniform


def seeds(folder: str) -> dict[str, int]:
    """Changes the seed; returns which one a built-in style is to be painted with."""
    scene = uniform()
    config, pictures = _pictures(scene, folder)
    config.set_property("style-builtin", "mosaic")
    seen = {}
    for seed in (1, 2):
        config.set_property("seed", seed)
        seen[f"after {seed}"] = _seed_in(pictures.request())
    choice = StyleChoice(builtin=BuiltinStyle("swirls")).as_painted("", 3)
    seen["in the gallery"] = _seed_in(pictures.request_in(choice))
    return seen


def unchanged(folder: str) -> list[bool]:
    """Changes a setting, and then the style; returns whether the request stays what it was."""
    scene = uniform()
    config, pictures = _pictures(scene, folder)
    config.set_property("style-layer", scene.style)
    requests = []
    for name, value in (("strength", 0.3), ("balance", 0.3), ("style-layer", scene.photo)):
        config.set_property(name, value)
        requests.append(pictures.request())
    return [request is requests[0] for request in requests]


def gone(folder: str) -> dict[str, Any]:
    """Removes the layer that is the style, or the picture to start from; returns what is said."""
    seen: dict[str, Any] = {}
    for argument in ("style-layer", "start-layer", "strength-mask"):
        scene = uniform()
        config, pictures = _pictures(scene, folder)
        config.set_property("style-builtin", "mosaic")
        config.set_property("start", "picture")
        config.set_property(argument, scene.style)
        scene.image.remove_layer(scene.style)
        try:
            pictures.request()
            seen[argument] = ""
        except NstError as error:
            seen[argument] = str(error.message)
    seen["there"] = [StyleChoice(layer=layer).is_there() for layer in (scene.photo, scene.style)]
    return seen


def _seed_in(request: Request) -> int:
    picture = request.styles[0].picture
    assert isinstance(picture, BuiltinStyle)
    return picture.seed


def _pictures(scene: Scene, folder: str) -> tuple[Any, SketchPictures]:
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    area = Area.whole(scene.photo)
    return config, SketchPictures(config, scene.photo, area, Path(folder))
