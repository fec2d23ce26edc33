"""The values of the last run, kept until GIMP ends.

GIMP keeps a procedure's last values itself, but loses all of them if there is a layer among them
(3.0.4 and 3.2.6), and GIMP 3.0.4 does not hand them to Filters > Repeat.
"""

from __future__ import annotations

import json
from typing import Any

from gi.repository import Gimp, Gio

from nst_gimp import arguments

_PARASITE = "neural-style-last-values"


def keep(config: Any) -> None:
    """Keeps the arguments of a run, and takes out of them the layer that GIMP cannot keep."""
    layer, file = config.get_property("style-layer"), config.get_property("style-file")
    values = {
        "settings": arguments.values(config),
        "style_layer": None if layer is None else layer.get_id(),
        "style_file": None if file is None else file.get_uri(),
    }
    # Flag 0: it ends with GIMP, as the numbers of layers do.
    Gimp.attach_parasite(Gimp.Parasite.new(_PARASITE, 0, json.dumps(values).encode()))
    config.set_property("style-layer", None)


def restore(config: Any) -> None:
    """Gives a run the arguments of the last one, if there was one in this session."""
    values = _read()
    if not values:
        return
    arguments.assign(config, values["settings"])
    uri = values["style_file"]
    config.set_property("style-file", None if uri is None else Gio.File.new_for_uri(uri))
    config.set_property("style-layer", style_layer())


def style_layer() -> Any | None:
    """Returns the layer that was the style of the last run, if it is still there."""
    number = _read().get("style_layer")
    if number is None or not Gimp.Item.id_is_drawable(number):
        return None
    return Gimp.Drawable.get_by_id(number)


def _read() -> dict[str, Any]:
    parasite = Gimp.get_parasite(_PARASITE)
    values: dict[str, Any] = {} if parasite is None else json.loads(bytes(parasite.get_data()))
    return values
