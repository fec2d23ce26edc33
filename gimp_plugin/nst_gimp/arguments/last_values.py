"""The values of the last run, kept until GIMP ends.

GIMP keeps a procedure's last values itself, but loses all of them if there is a layer among them
(3.0.4 and 3.2.6), and GIMP 3.0.4 does not hand them to Filters > Repeat.
"""

from __future__ import annotations

import json
from typing import Any

from gi.repository import Gimp, Gio

from nst_gimp.arguments import procedure_arguments
from nst_gimp.image import strength_mask, style_arguments, style_pixels
from nst_gimp.image.style_pixels import START

_PARASITE = "neural-style-last-values"
_STYLES = style_arguments.ALL
_LAYERS = (START[0], strength_mask.ARGUMENT, *(style.layer for style in _STYLES))
_FILES = (START[1], *(style.file for style in _STYLES))
_BUILTIN = tuple(name for style in _STYLES for name in (style.palette, style.builtin))
_WEIGHTS = tuple(style.weight for style in _STYLES if style.weight is not None)


def keep(config: Any) -> None:
    """Keeps the arguments of a run, and takes out of them the layers that GIMP cannot keep."""
    values = {
        "settings": procedure_arguments.values(config),
        "layers": {name: _number(config.get_property(name)) for name in _LAYERS},
        "weights": {name: config.get_property(name) for name in _WEIGHTS},
        "files": {name: _address(config.get_property(name)) for name in _FILES},
        "builtin": {name: config.get_property(name) for name in _BUILTIN},
    }
    # Flag 0: it ends with GIMP, as the numbers of layers do.
    Gimp.attach_parasite(Gimp.Parasite.new(_PARASITE, 0, json.dumps(values).encode()))
    for name in _LAYERS:
        config.set_property(name, None)


def restore(config: Any) -> None:
    """Gives a run the arguments of the last one, if there was one in this session.

    Raises:
        NstError: (bad-input) if a layer among them is no longer there.
    """
    values = _read()
    if not values:
        return
    procedure_arguments.assign(config, values["settings"])
    for name, uri in values["files"].items():
        config.set_property(name, None if uri is None else Gio.File.new_for_uri(uri))
    for name, value in values["builtin"].items():
        config.set_property(name, value)
    restore_layers(config)
    for name in style_pixels.arguments_that_count(config):
        if values["layers"][name] is not None and config.get_property(name) is None:
            raise style_pixels.layer_gone()


def restore_layers(config: Any) -> None:
    """Gives a run the layers of the last one, as far as they are still there."""
    values = _read()
    for name, number in values.get("layers", {}).items():
        config.set_property(name, _layer(number))
    for name, weight in values.get("weights", {}).items():
        config.set_property(name, weight)


def _number(layer: Any) -> int | None:
    return None if layer is None else int(layer.get_id())


def _address(file: Any) -> str | None:
    return None if file is None else str(file.get_uri())


def _layer(number: int | None) -> Any | None:
    if number is None or not Gimp.Item.id_is_drawable(number):
        return None
    layer = Gimp.Drawable.get_by_id(number)
    return layer if layer.is_valid() else None


def _read() -> dict[str, Any]:
    parasite = Gimp.get_parasite(_PARASITE)
    values: dict[str, Any] = {} if parasite is None else json.loads(bytes(parasite.get_data()))
    return values
