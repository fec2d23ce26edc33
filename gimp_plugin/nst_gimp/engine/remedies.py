"""Changes of settings that make possible what the engine refuses. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nst_contract.errors import BAD_SETTING, MEMORY, WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.settings import SPECS, Settings
from nst_gimp.text.i18n import _

_DEFAULTS = Settings().as_dict()


@dataclass(frozen=True)
class Remedy:
    """Something that helps.

    Attributes:
        label: what it is called on a button.
        values: the settings that it changes, by name.
    """

    label: str
    values: dict[str, Any]


def remedies(error: NstError, settings: Mapping[str, Any]) -> list[Remedy]:
    """Returns what helps against an error that settings cause, the best first.

    Args:
        error: the engine's, with its messages as they came.
        settings: as chosen.
    """
    said = [text.values for text in (error.message, error.advice) if isinstance(text, Message)]
    values = {name: value for part in said for name, value in part.items()}
    if error.code == MEMORY:
        return _for_memory(values.get("size"), settings)
    if error.code == BAD_SETTING and values.get("setting") in SPECS:
        return _back_to_usual(settings, values["setting"])
    if error.code == WEIGHTS:
        return _back_to_usual(settings, "weights", "backbone")
    return []


def _for_memory(size: Any, settings: Mapping[str, Any]) -> list[Remedy]:
    found = []
    if settings["memory"]:
        found.append(Remedy(_("Use All Free _Memory"), {"memory": _DEFAULTS["memory"]}))
    if type(size) is int:
        found.append(Remedy(_("Paint at {size} _Pixels").format(size=size), {"size": size}))
    return found


def _back_to_usual(settings: Mapping[str, Any], *names: str) -> list[Remedy]:
    changed = [name for name in names if settings[name] != _DEFAULTS[name]]
    return [
        Remedy(_("Reset {setting}").format(setting=_(SPECS[name].label)), {name: _DEFAULTS[name]})
        for name in changed
    ]
