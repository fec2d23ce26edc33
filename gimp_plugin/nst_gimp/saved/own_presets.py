"""Presets of one's own: named sets of values for the settings that decide what a picture is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nst_gimp.engine import kept_record
from nst_gimp.saved import saved_files

KIND = "presets"
# What depends on the machine or on chance is no part of a preset.
_NOT_KEPT = ("device", "precision", "memory", "threads", "seed")
LONGEST_NAME = 60


def save(name: str, settings: Mapping[str, Any]) -> None:
    """Keeps settings under a name; what had that name is replaced.

    Raises:
        OSError: if they cannot be kept.
    """
    kept = {setting: value for setting, value in settings.items() if setting not in _NOT_KEPT}
    saved_files.write(KIND, _file_name(name), {"name": name, "settings": kept})


def remove(name: str) -> None:
    """Forgets a preset."""
    for path, values in saved_files.read_all(KIND):
        if values.get("name") == name:
            path.unlink(missing_ok=True)


def all_of() -> dict[str, dict[str, Any]]:
    """Returns the settings of each preset by its name, in the order of the alphabet."""
    found = {}
    for _path, values in saved_files.read_all(KIND):
        name, settings = values.get("name"), values.get("settings")
        if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and isinstance(settings, dict):
            usable = kept_record.usable_settings(settings)
            found[name] = {key: usable[key] for key in usable if key not in _NOT_KEPT}
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))


def name_in(presets: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> str | None:
    """Returns the name of the preset whose values these settings have, if there is one."""
    for name, values in presets.items():
        if values and all(settings[key] == value for key, value in values.items()):
            return name
    return None


def folder() -> Path:
    """Returns where presets are kept."""
    return saved_files.folder() / KIND


def _file_name(name: str) -> str:
    """Returns a name that every file system takes, whatever people call their preset."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
