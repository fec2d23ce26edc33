"""What the dialog begins with, and what is left of it: somebody else answers in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from gi.repository import GLib
from nst_gimp.arguments import last_values, layer_records, style_places, suggestions
from nst_gimp.arguments.layer_records import LayerRecord
from nst_gimp.engine.again import GO_ON, IN_NORMAL
from nst_gimp.image import style_arguments, style_choices
from nst_gimp.image.style_choices import StyleChoice
from nst_gimp.procedure import transfer
from nst_gimp.windows import dialog, repeat_button, widgets

from nst_contract.errors import MEMORY, Cancelled, NstError
from nst_contract.protocol.requests import BuiltinStyle
from nst_contract.settings import Settings
from tests.gimp.harness.inside import Gimp, call, new_image
from tests.gimp.scripts.scenes import RED, TRANSFER, Scene, uniform

FIRST, SECOND, THIRD = style_arguments.ALL
Answer = Callable[[Any, Any, Any, Any], Any]


def after_an_error() -> dict[str, Any]:
    """Paints in the style of a layer, then in others, which fails; returns what each dialog had."""
    scene = _three_layers()
    mixed = scene.image.get_layers()[2]
    last = _arguments()
    StyleChoice(layer=scene.style).put(last)
    last_values.keep(last)

    def choose(config: Any, _selected: Any, content: Any, _opened_last: Any) -> Any:
        StyleChoice(builtin=BuiltinStyle("mosaic")).put(config)
        StyleChoice(layer=mixed).put(config, SECOND)
        config.set_property(SECOND.weight, 3.0)
        config.set_property("start-layer", mixed)
        return content, config

    seen, _told = _asked(scene.image, scene.photo, choose)
    return dict(zip(("first", "then"), seen, strict=True))


def swapped_back() -> list[Any]:
    """Swaps back what was taken for swapped, which fails; returns the photograph of each dialog."""
    image = new_image(64, 48, [("photo", RED), ("painting", (1, 200, 90, 255))])
    painting, _photo = image.get_layers()

    def swap(config: Any, selected: Any, content: Any, _opened_last: Any) -> Any:
        StyleChoice(layer=content).put(config)
        return selected, config

    seen, told = _asked(image, painting, swap)
    return [[about["photograph"] for about in seen], told]


def going_on() -> dict[str, Any]:
    """Goes on from a painted layer; returns what that took, and what the next dialog has."""
    scene = uniform()
    painted = _painted(scene, "style")
    config = _arguments()
    config.set_property("evaluations", 7)

    def go_on(_config: Any, selected: Any, content: Any, _opened_last: Any) -> Any:
        once = _arguments()
        record = layer_records.read(selected)
        assert record is not None
        record.paint_again(GO_ON, once, selected, content)
        return content, once

    used: list[Any] = []

    def paint(_engine: Any, _content: Any, arguments: Any, *more: Any) -> Any:
        used.append(_about(arguments))
        _settings, _windows, keep = more
        keep()
        return scene.photo

    with _answering(go_on), mock.patch.object(transfer, "_paint", paint):
        _transfer(scene.image, painted, config)
    repeated = _arguments()
    last_values.restore(repeated)
    return {"used": used[0], "kept": _about(config), "repeated": _about(repeated)}


def style_gone() -> dict[str, Any]:
    """Repeats what was painted in a style that is gone, in every way."""
    scene = _three_layers()
    painted = _painted(scene, "gone")
    record = layer_records.read(painted)
    assert record is not None
    config = _arguments()
    StyleChoice(builtin=BuiltinStyle("swirls")).put(config)
    with mock.patch.object(widgets, "tell") as tell:
        repeat_button.take(record, config, scene.photo, mock.Mock())
        GLib.MainContext.default().iteration(False)
    mixed = LayerRecord(**{**vars(record), "style_layer": "style", "more": [("lost", 2.0)]})
    unmasked = LayerRecord(**{**vars(record), "style_layer": "style", "strength_mask": "worn"})
    return {
        "told": tell.call_args.args[1:],
        "stays": _about(config)["styles"],
        "in the menu": call(f"plug-in-neural-style-{IN_NORMAL}", scene.image, [painted])[:2],
        "second style": _told_of(mixed, scene.photo),
        "strength mask": _told_of(unmasked, scene.photo),
    }


def suggested() -> dict[str, Any]:
    """Returns what is suggested where the only other layer was painted here, and where not."""
    scene = uniform()
    _painted(scene, "style")
    found = {"beside a style": _suggested(scene.photo)}
    scene.image.remove_layer(scene.style)
    found["beside a painting"] = _suggested(scene.photo)
    return found


def last_styles() -> dict[str, Any]:
    """Mixes two layers; paints one of them next, and repeats the run when the other one is gone."""
    scene = _three_layers()
    other = scene.image.get_layers()[2]
    last = _arguments()
    StyleChoice(layer=scene.style).put(last)
    StyleChoice(layer=other).put(last, SECOND)
    last.set_property(SECOND.weight, 3.0)
    last_values.keep(last)
    found: dict[str, Any] = {
        "the first is painted": _suggested(scene.style),
        "the second is painted": _suggested(other),
    }
    scene.image.remove_layer(other)
    again = Gimp.RunMode.WITH_LAST_VALS
    found["the second is gone"] = call(TRANSFER, scene.image, [scene.photo], again)[:2]
    return found


def change_places() -> list[Any]:
    """Makes a layer that is the second and the third style the photograph."""
    scene = _three_layers()
    config = _arguments()
    StyleChoice(layer=scene.image.get_layers()[2]).put(config)
    for at in (SECOND, THIRD):
        StyleChoice(layer=scene.style).put(config, at)
    style_places.change_places(config, scene.photo, scene.style)
    styles: list[Any] = _about(config)["styles"]
    return styles


def _asked(image: Any, selected: Any, answer: Answer) -> tuple[list[dict[str, Any]], list[Any]]:
    """Has painting fail once, and cancels the next dialog; returns what each dialog begins with."""
    seen: list[dict[str, Any]] = []
    told: list[Any] = []

    def asked(config: Any, selected: Any, content: Any, opened_last: Any) -> Any:
        seen.append({"photograph": content.get_name(), **_about(config)})
        told.append(opened_last and opened_last.get_name())
        return answer(config, selected, content, opened_last) if len(seen) == 1 else None

    def fail(*_arguments: Any) -> Any:
        raise NstError(MEMORY, "It is too large.", "Make it smaller.")

    with (
        _answering(asked),
        mock.patch.object(transfer, "_paint", fail),
        contextlib.suppress(Cancelled),
    ):
        _transfer(image, selected, _arguments())
    return seen, told


@contextlib.contextmanager
def _answering(answer: Answer) -> Iterator[None]:
    """Answers in the place of the dialog, without an engine."""

    def ask(
        _procedure: Any, config: Any, selected: Any, content: Any, _engine: Any, opened_last: Any
    ) -> Any:
        answered = answer(config, selected, content, opened_last)
        if answered is None:
            return None
        painted, arguments = answered
        return painted, arguments, content if arguments is not config else painted

    with (
        mock.patch.object(dialog, "ask", ask),
        mock.patch.object(transfer, "_engine", contextlib.nullcontext),
        # As if there were a screen for the dialog.
        mock.patch.object(transfer, "windows_are_possible", lambda: True),
    ):
        yield


def _transfer(image: Any, selected: Any, config: Any) -> None:
    procedure = Gimp.get_pdb().lookup_procedure(TRANSFER)
    interactive = Gimp.RunMode.INTERACTIVE
    transfer.transfer(procedure, interactive, image, [selected], config, lambda _error: None)


def _suggested(content: Any) -> list[Any]:
    config = _arguments()
    suggestions.suggest(config, content)
    styles: list[Any] = _about(config)["styles"]
    return styles


def _told_of(record: LayerRecord, content: Any) -> str | None:
    missing = record.repeat(_arguments(), content)
    return None if missing is None else missing.message


def _about(config: Any) -> dict[str, Any]:
    start = config.get_property("start-layer")
    return {
        "styles": [
            [_name(choice), at.weight and config.get_property(at.weight)]
            for at in style_arguments.ALL
            if (choice := style_choices.chosen(config, at)) is not None
        ],
        "start layer": start and start.get_name(),
        **{name: config.get_property(name) for name in ("start", "coarsest", "evaluations")},
    }


def _name(choice: StyleChoice) -> str:
    name: str = choice.layer.get_name() if choice.builtin is None else choice.builtin.style
    return name


def _arguments() -> Any:
    return Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()


def _three_layers() -> Scene:
    """Returns a photograph and a style above a third layer, "other"."""
    scene = uniform()
    other = Gimp.Layer.copy(scene.style)
    other.set_name("other")
    scene.image.insert_layer(other, None, 2)
    return scene


def _painted(scene: Scene, style: str) -> Any:
    """Returns a layer, at the top, that was painted from the photograph in a layer's style."""
    layer = Gimp.Layer.copy(scene.photo)
    layer.set_name("painted")
    scene.image.insert_layer(layer, None, 0)
    record = LayerRecord(
        *("1", Settings().as_dict(), "w", style, None, style, []),
        content="photo",
        content_tattoo=scene.photo.get_tattoo(),
        finest=17,
    )
    record.attach(layer, scene.photo)
    return layer
