"""Runs that end before their time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from nst_gimp.image import content_choice
from nst_gimp.procedure import transfer

from nst_contract.errors import Cancelled, NstError
from tests.gimp.harness.inside import Gimp, call, get, put
from tests.gimp.scripts.scenes import TRANSFER, Scene, uniform


def long_run() -> dict[str, Any]:
    """Begins a run that would take hours; returns how it ended, and what is left."""
    scene = uniform(256, 256)
    before = get(scene.photo)
    put(scene.style, bytes(i * i % 251 for i in range(256 * 256 * 4)))
    status, error, _ = call(
        TRANSFER, scene.image, [scene.photo], style_layer=scene.style, evaluations=10000
    )
    return {
        "status": status,
        "error": error,
        "layers": [layer.get_name() for layer in scene.image.get_layers()],
        "content untouched": get(scene.photo) == before,
    }


def asked_without_a_window() -> str:
    """Asks for the dialog where there is no window."""
    scene = uniform()
    status, _error, _values = call(
        TRANSFER, scene.image, [scene.photo], Gimp.RunMode.INTERACTIVE, style_layer=scene.style,
        evaluations=1, size=32,
    )  # fmt: skip
    return status


def taken_away() -> dict[str, Any]:
    """Paints four times, and takes something away as soon as the engine is at work."""

    def select(scene: Scene) -> None:
        scene.image.select_rectangle(Gimp.ChannelOps.REPLACE, 3, 3, 5, 5)

    return {
        "style": _paint_and(lambda scene: scene.image.remove_layer(scene.style)),
        "content": _paint_and(lambda scene: scene.image.remove_layer(scene.photo)),
        "image": _paint_and(lambda scene: scene.image.delete()),
        "nothing, but selected": _paint_and(select),
    }


def _paint_and(take_away: Callable[[Scene], object]) -> dict[str, Any]:
    """Paints in this very process: GIMP does what one script asks for after the other."""
    procedure = Gimp.get_pdb().lookup_procedure(TRANSFER)
    scene, config = uniform(), procedure.create_config()
    for name, value in (("style-layer", scene.style), ("evaluations", 3), ("size", 32)):
        config.set_property(name, value)
    check_there, looks = content_choice.check_there, 0

    def take_away_and_check(image: Any, content: Any) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            take_away(scene)
        check_there(image, content)

    painted, mask, failure = None, None, None
    with mock.patch.object(content_choice, "check_there", take_away_and_check):
        try:
            mode = Gimp.RunMode.NONINTERACTIVE
            layer = transfer.transfer(
                procedure, mode, scene.image, [scene.photo], config, lambda _error: None
            )
            painted, mask = layer.get_name(), layer.get_mask() is not None
        except (Cancelled, NstError) as error:
            failure = [type(error).__name__, str(error)]
    is_there = scene.image.is_valid()
    left = [layer.get_name() for layer in scene.image.get_layers()] if is_there else None
    return {"painted": painted, "has a mask": mask, "failure": failure, "left": left}
