"""How a layer was painted, kept with the layer so that it can be repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gi.repository import Gimp, Gio

from nst_contract import __version__
from nst_contract.builtin_style_names import STYLES
from nst_contract.protocol.events import Done
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp.arguments import procedure_arguments
from nst_gimp.image import strength_mask, style_choices, style_pixels

_PARASITE = "neural-style"
# Kept in the image's file.
_PERSISTENT = 1


@dataclass(frozen=True)
class LayerRecord:
    """How a layer was painted.

    Attributes:
        version: of this program.
        settings: of the engine, all of them, the seed included.
        weights: name of the network's weights.
        style: name of the style.
        style_file: its address, if it was a picture file.
        style_layer: name of the layer, if it was one.
        more: name of the layer and weight of each further style.
        style_builtin, style_palette: names of the built-in style, if it was one, and its palette.
        start_file, start_layer: as for the style: the picture that it started from, if it did.
        strength_mask: name of the layer whose mask it was, or of the channel, if there was one.
    """

    version: str
    settings: dict[str, Any]
    weights: str
    style: str
    style_file: str | None
    style_layer: str | None
    more: list[tuple[str, float]]
    style_builtin: str | None = None
    style_palette: str = ""
    start_file: str | None = None
    start_layer: str | None = None
    strength_mask: str | None = None

    @classmethod
    def of_run(cls, config: Any, done: Done, style: str) -> LayerRecord:
        """Returns the record of a run that is done."""
        choice = style_choices.chosen(config) or style_choices.StyleChoice()
        builtin = choice.builtin
        return cls(
            __version__,
            done.settings,
            done.weights,
            style,
            None if choice.file is None else choice.file.get_uri(),
            None if choice.layer is None else choice.layer.get_name(),
            [(layer.get_name(), weight) for layer, weight in style_pixels.more(config)],
            None if builtin is None else builtin.style,
            "" if builtin is None else builtin.palette,
            *_start(config),
            strength_mask.name_of(config),
        )

    def attach(self, layer: Any) -> None:
        """Keeps the record with a layer."""
        text = json.dumps(asdict(self)).encode()
        layer.attach_parasite(Gimp.Parasite.new(_PARASITE, _PERSISTENT, text))

    def repeat(self, config: Any, content: Any) -> None:
        """Sets the arguments as they were in that run, the style too if it can still be found."""
        procedure_arguments.assign(config, self.settings)
        layers = {style.name: style.choice.layer for style in style_choices.of_open_images(content)}
        style_file = _file(self.style_file)
        if style_file is not None:
            style_choices.StyleChoice(file=style_file).put(config)
        elif self.style_layer in layers:
            style_choices.StyleChoice(layer=layers[self.style_layer]).put(config)
        elif self.style_builtin is not None and self.style_builtin in STYLES:
            builtin = BuiltinStyle(self.style_builtin, self.style_palette)
            style_choices.StyleChoice(builtin=builtin).put(config)
        layer, file = style_pixels.START
        config.set_property(layer, layers.get(self.start_layer or ""))
        config.set_property(file, _file(self.start_file))
        strength = strength_mask.find(self.strength_mask, content)
        config.set_property(strength_mask.ARGUMENT, strength)
        for number, (layer, weight) in enumerate(style_pixels.MORE):
            name, value = self.more[number] if number < len(self.more) else (None, 1.0)
            config.set_property(layer, layers.get(name or ""))
            config.set_property(weight, value)


def _start(config: Any) -> tuple[str | None, str | None]:
    """Returns address or name of the picture that a run started from."""
    layer, file = (config.get_property(name) for name in style_pixels.START)
    if config.get_property("start") != "picture":
        return None, None
    if layer is not None:
        return None, layer.get_name()
    return (None if file is None else file.get_uri()), None


def _file(uri: str | None) -> Any | None:
    """Returns the file of an address, if it is still there."""
    file = None if uri is None else Gio.File.new_for_uri(uri)
    return file if file is not None and file.query_exists(None) else None


def read(layer: Any) -> LayerRecord | None:
    """Returns a layer's record; None if it was not painted here, or by a version too different."""
    parasite = layer.get_parasite(_PARASITE)
    if parasite is None:
        return None
    try:
        return LayerRecord(**json.loads(bytes(parasite.get_data())))
    except (ValueError, TypeError):
        return None


def all_of(image: Any) -> Iterator[tuple[str, LayerRecord]]:
    """Yields the name and the record of each painted layer of an image."""
    for layer in style_choices.with_children(image.get_layers()):
        record = read(layer)
        if record is not None:
            yield layer.get_name(), record
