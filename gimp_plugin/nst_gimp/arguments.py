"""The procedure's arguments, made from the engine's own settings."""

from __future__ import annotations

from typing import Any

from gi.repository import Gimp, GObject

from nst_core.settings import SPECS, Settings

# The settings that are arguments of the procedure, in the order of its dialog, with mnemonics that
# neither the dialog's own buttons nor each other use. The other settings keep the values of the
# default preset. An argument is called as its setting, with hyphens.
SETTINGS = {
    "size": "Si_ze",
    "evaluations": "_Evaluations",
    "style_weight": "Style _weight",
    "content_weight": "Co_ntent weight",
    "style_scale": "Style sc_ale",
    "seed": "See_d",
}
_READWRITE = GObject.ParamFlags.READWRITE


def add(procedure: Any) -> None:
    """Adds all arguments and the return value to the procedure."""
    procedure.add_drawable_argument(
        "style-layer",
        "Style la_yer",
        "The painting: a layer of this image or of any other open one",
        True,
        _READWRITE,
    )
    procedure.add_file_argument(
        "style-file",
        "Style _file",
        "A picture file with the painting; used when no style layer is chosen",
        Gimp.FileChooserAction.OPEN,
        True,
        None,
        _READWRITE,
    )
    defaults = Settings()
    for name, label in SETTINGS.items():
        spec, default = SPECS[name], getattr(defaults, name)
        whole = isinstance(default, int)
        add = procedure.add_int_argument if whole else procedure.add_double_argument
        number = int if whole else float
        argument = name.replace("_", "-")
        low, high = number(spec.low), number(spec.high)
        add(argument, label, spec.help, low, high, default, _READWRITE)
    procedure.add_layer_return_value("result", "Result", "The new layer", True, _READWRITE)
