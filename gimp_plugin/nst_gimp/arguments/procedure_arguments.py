"""The procedure's arguments, made from the engine's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import Gimp, GObject

from nst_contract.setting_spec import Spec
from nst_contract.settings import SPECS, Settings, values_of
from nst_gimp.engine.kept_record import WEIGHTS
from nst_gimp.image import builtin_style_choice, strength_mask
from nst_gimp.image.style_arguments import FIRST, MORE, StyleArguments
from nst_gimp.image.style_pixels import START
from nst_gimp.text.i18n import _

# What GIMP itself adds to the arguments of every procedure.
_GIMPS = ("procedure", "run-mode", "image", "drawables")
_READWRITE = GObject.ParamFlags.READWRITE
# Clearer than the engine's own words; other choices are shown as they are.
_WORDS = {
    ("color", "style"): _("The painting's"),
    ("color", "luminance"): _("The photograph's, its lightness painted"),
    ("color", "linear"): _("The photograph's, by their mean and spread"),
    ("color", "histogram"): _("The photograph's, by their histogram"),
    ("style_loss", "gram"): _("Gram matrices"),
    ("style_loss", "moments"): _("Gram matrices, means and deviations"),
    ("style_loss", "wasserstein"): _("Wasserstein distance"),
    ("style_loss", "neighbors"): _("Place by place"),
    ("orientations", "upright"): _("Upright"),
    ("orientations", "turned"): _("Turned, too"),
    ("orientations", "mirrored"): _("Turned and mirrored, too"),
    ("protect", "subject"): _("What stands out, and faces"),
    ("protect", "faces"): _("Faces"),
    ("protect", "nothing"): _("Nothing"),
    ("pooling", "max"): _("Maximum"),
    ("pooling", "average"): _("Average"),
    ("start", "content"): _("The photograph"),
    ("start", "recolored"): _("The photograph in the painting's colours"),
    ("start", "noise"): _("Noise"),
    ("start", "style-noise"): _("Noise in the painting's colours"),
    ("start", "picture"): _("Another picture"),
    ("optimizer", "lbfgs"): _("L-BFGS"),
    ("optimizer", "adam"): _("Adam (needs less memory)"),
    ("precision", "auto"): _("Automatic"),
    ("precision", "float32"): _("32 bits (float32)"),
    ("precision", "bfloat16"): _("16 bits (bfloat16)"),
}


def add(procedure: Any) -> None:
    """Adds all arguments and the return value to the procedure."""
    _add_styles(procedure)
    _add_start(procedure)
    _add_strength_mask(procedure)
    defaults = Settings().as_dict()
    for name, spec in SPECS.items():
        _add_setting(procedure, name, spec, defaults[name])
    add_result(procedure)


def add_result(procedure: Any) -> None:
    """Adds the return value of what paints."""
    procedure.add_layer_return_value("result", _("Result"), _("The new layer"), True, _READWRITE)


def _add_styles(procedure: Any) -> None:
    _add_style(
        procedure,
        FIRST,
        (_("Style layer"), _("The painting: a layer of this or any other open image")),
        (_("Style file"), _("The painting as a picture file; used if no style layer is chosen")),
        (
            _("Built-in style"),
            _("A style painted by this program; used if neither a layer nor a file is chosen"),
        ),
    )
    for number, further in enumerate(MORE, start=2):
        _add_style(
            procedure,
            further,
            (
                _("Style {number}").format(number=number),
                _(
                    "Another painting. The layer masks of the styles say where each of them is "
                    "painted"
                ),
            ),
            (
                _("Style {number} as a file").format(number=number),
                _("Another painting as a picture file; used if it is no layer"),
            ),
            (
                _("Style {number}, built-in").format(number=number),
                _("Another style painted by this program; used if it is neither layer nor file"),
            ),
        )
        procedure.add_double_argument(
            further.weight,
            _("Weight of style {number}").format(number=number),
            _("How much it counts, compared with the first style"),
            *WEIGHTS,
            1.0,
            _READWRITE,
        )


def _add_start(procedure: Any) -> None:
    layer, file = START
    procedure.add_drawable_argument(
        layer,
        _("Start layer"),
        _("The layer to start from, if the start is a picture"),
        True,
        _READWRITE,
    )
    procedure.add_file_argument(
        file,
        _("Start file"),
        _("The picture file to start from, if no start layer is chosen"),
        Gimp.FileChooserAction.OPEN,
        True,
        None,
        _READWRITE,
    )


def _add_strength_mask(procedure: Any) -> None:
    procedure.add_drawable_argument(
        strength_mask.ARGUMENT,
        _("Strength mask"),
        _(
            "With the style loss Place by place: a channel, or a layer whose layer mask is taken. "
            "The picture is painted in full where that is white, and stays like the photograph "
            "where it is black"
        ),
        True,
        _READWRITE,
    )


def _add_style(
    procedure: Any,
    at: StyleArguments,
    layer: tuple[str, str],
    file: tuple[str, str],
    builtin: tuple[str, str],
) -> None:
    """Adds the arguments of a style, of which each has a name and a description."""
    procedure.add_drawable_argument(at.layer, *layer, True, _READWRITE)
    procedure.add_file_argument(at.file, *file, Gimp.FileChooserAction.OPEN, True, None, _READWRITE)
    styles, none = builtin_style_choice.style_labels(), builtin_style_choice.NO_STYLE
    _add_choice(procedure, at.builtin, *builtin, styles, none)
    palettes, own = builtin_style_choice.palette_labels(), builtin_style_choice.OWN_PALETTE
    words = _("Colour palette"), _("The colours of the built-in style")
    _add_choice(procedure, at.palette, *words, palettes, own)


def add_check(procedure: Any) -> None:
    """Adds argument and return values of the check."""
    procedure.add_enum_argument(
        "run-mode",
        _("Run mode"),
        _("With a window or without"),
        Gimp.RunMode,
        Gimp.RunMode.NONINTERACTIVE,
        _READWRITE,
    )
    procedure.add_string_return_value("report", _("Report"), _("What was found"), "", _READWRITE)
    procedure.add_boolean_return_value(
        "well", _("OK"), _("Whether everything works"), False, _READWRITE
    )


def name_of(setting: str) -> str:
    """Returns what the argument of a setting is called."""
    return setting.replace("_", "-")


def values(config: Any) -> dict[str, Any]:
    """Returns the settings as the arguments have them."""
    return {setting: config.get_property(name_of(setting)) for setting in SPECS}


def assign(config: Any, settings: dict[str, Any]) -> None:
    """Gives arguments the values of settings; settings that are no longer known are ignored."""
    # The style loss first: what follows it in the dialog is then overridden.
    for setting, value in sorted(settings.items(), key=lambda item: item[0] != "style_loss"):
        if setting in SPECS:
            config.set_property(name_of(setting), value)


def copy(config: Any, other: Any) -> None:
    """Gives other arguments of the procedure the values of these; GIMP's own stay as they are."""
    for argument in config.list_properties():
        if argument.name not in _GIMPS:
            other.set_property(argument.name, config.get_property(argument.name))


def values_for_script(config: Any) -> dict[str, Any]:
    """Returns the settings of a call by a script.

    A script names a preset and the settings that differ from it; GIMP does not tell which were
    named. Those that have their default value follow the preset and the style loss.
    """
    given, defaults = values(config), Settings().as_dict()
    is_named = given["style_loss"] != defaults["style_loss"]
    own = values_of(given["preset"], given["style_loss"] if is_named else None)
    return {"preset": given["preset"]} | {
        name: value for name, value in given.items() if value != defaults[name] or name not in own
    }


def _add_choice(
    procedure: Any, name: str, label: str, text: str, labels: dict[str, str], default: str
) -> None:
    """Adds an argument with one of several values, given with their labels."""
    choice = Gimp.Choice.new()
    for index, (word, shown) in enumerate(labels.items()):
        choice.add(word, index, shown, "")
    procedure.add_choice_argument(name, label, text, choice, default, _READWRITE)


def _add_setting(procedure: Any, name: str, spec: Spec, default: Any) -> None:
    argument, label, text = name_of(name), _(spec.label), _(spec.help)
    if spec.is_closed:
        labels = {word: _WORDS.get((name, word), word) for word in spec.choices}
        _add_choice(procedure, argument, label, text, labels, default)
    elif isinstance(default, bool):
        procedure.add_boolean_argument(argument, label, text, default, _READWRITE)
    elif isinstance(default, str):
        procedure.add_string_argument(argument, label, text, default, _READWRITE)
    else:
        whole = isinstance(default, int)
        add: Callable[..., None] = (
            procedure.add_int_argument if whole else procedure.add_double_argument
        )
        number = int if whole else float
        low, high = number(spec.low), number(spec.high)
        add(argument, label, text, low, high, default, _READWRITE)
