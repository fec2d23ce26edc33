"""What is kept with a painted layer, as it lies in the image's file. Standard library only.

People publish images: what is kept in them names files without their folders. And images come from
strangers: what is read from them is checked before anything else sees it.
"""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import fields
from typing import Any

from nst_contract.builtin_style_names import CONTENT, PALETTES, STYLES
from nst_contract.errors import NstError
from nst_contract.protocol.limits import LONGEST_PATH, is_number, is_whole
from nst_contract.setting_spec import check
from nst_contract.settings import SPECS, Settings

MOST_BYTES = 100_000
# Range of a style's weight against the first one's, and how many further styles there may be.
WEIGHTS = (0.01, 100.0)
_MORE = 2
# GIMP numbers layers with 32 bits.
_MOST = 2**32 - 1
_FILES = ("style_file", "start_file")
# Of the further styles, in their order.
_MORE_FILES = "more_files"
_ALL_FILES = (*_FILES, _MORE_FILES)
_TEXTS = ("version", "weights", "style")
_OPTIONAL = (
    *_FILES, "style_layer", "style_builtin", "start_layer", "strength_mask", "content",
    "content_key",
)  # fmt: skip
_NUMBERS = ("content_tattoo", "finest")
_DEFAULTS = {field.name: field.default for field in fields(Settings)}


def without_folders(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Takes what only this machine has out of a record.

    Args:
        values: of a record, by name.

    Returns:
        The same with the names of files alone, and the values that these stand for.
    """
    whole = {name: values[name] for name in _FILES if values.get(name)}
    names: dict[str, Any] = {name: _name_in(address) for name, address in whole.items()}
    further = values.get(_MORE_FILES, [])
    if any(further):
        whole[_MORE_FILES] = further
        names[_MORE_FILES] = [address and _name_in(address) for address in further]
    paths, settings = {}, dict(values["settings"])
    for name, value in values["settings"].items():
        if name in SPECS and SPECS[name].files:
            choice = SPECS[name].parse(name, value)
            if choice.file is not None:
                paths[name] = value
                settings[name] = str(choice.without_folder())
    return {**values, **names, "settings": settings}, {**whole, "settings": paths}


def values_in(data: bytes, files: bytes = b"{}") -> dict[str, Any] | None:
    """Returns the values of a record; None if it is damaged, or of a version too different.

    Args:
        data: the first of what :func:`without_folders` returned, as JSON.
        files: the second one, if this machine still knows it.
    """
    values, whole = _object(data), _object(files)
    if values is None or not all(_is_text(values.get(name)) for name in _TEXTS):
        return None
    if not isinstance(values.get("settings"), dict):
        return None
    whole = whole or {}
    paths = whole.pop("settings", {})
    settings = {**values["settings"], **(paths if isinstance(paths, dict) else {})}
    known = {**values, **{name: whole[name] for name in _ALL_FILES if name in whole}}
    texts = {name: known.get(name) for name in _OPTIONAL}
    palette, palettes = values.get("style_palette", ""), (CONTENT, *PALETTES)
    return {
        **{name: values[name] for name in _TEXTS},
        **{name: text if _is_text(text) else None for name, text in texts.items()},
        **{name: _number(values.get(name)) for name in _NUMBERS},
        "style_builtin": _one_of(STYLES, texts["style_builtin"], None),
        "style_palette": _one_of(palettes, palette, ""),
        "settings": usable_settings(settings),
        "more": _further_styles(_few(values, "more")),
        _MORE_FILES: [text if _is_text(text) else None for text in _few(known, _MORE_FILES)],
        "more_builtins": [_one_of(STYLES, name, None) for name in _few(values, "more_builtins")],
        "more_palettes": [_one_of(palettes, name, "") for name in _few(values, "more_palettes")],
    }


def usable_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Returns those of the values that are of settings known here, and that these may have."""
    return {name: value for name, value in values.items() if _is_setting(name, value)}


def _object(data: bytes) -> dict[str, Any] | None:
    if len(data) > MOST_BYTES:
        return None
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _further_styles(pairs: list[Any]) -> list[tuple[str | None, float]]:
    """Returns name and weight of each, in their order; an unusable one is nobody's, with 1."""
    return [
        (pair[0], float(pair[1]))
        if isinstance(pair, list)
        and len(pair) == 2
        and (pair[0] is None or _is_text(pair[0]))
        and is_number(pair[1], *WEIGHTS)
        else (None, 1.0)
        for pair in pairs
    ]


def _few(values: dict[str, Any], name: str) -> list[Any]:
    """Returns a list in a record, of as many as there may be further styles at most."""
    found = values.get(name)
    return found[:_MORE] if isinstance(found, list) else []


def _is_setting(name: str, value: Any) -> bool:
    """Tells whether it is a setting that is known here, with a value that it may have."""
    if name not in SPECS or (isinstance(value, str) and not _is_text(value)):
        return False
    try:
        check(name, SPECS[name], _DEFAULTS[name], value)
    except NstError:
        return False
    return True


def _is_text(value: Any) -> bool:
    """Tells whether GIMP's library takes it as a text: neither half characters nor zero bytes."""
    if not isinstance(value, str) or len(value) > LONGEST_PATH or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: Any) -> int | None:
    return value if is_whole(value, 1, _MOST) else None


def _one_of(names: Any, value: Any, otherwise: str | None) -> str | None:
    return value if isinstance(value, str) and value in names else otherwise


def _name_in(address: str) -> str:
    return urllib.parse.unquote(address.rstrip("/").rpartition("/")[2])
