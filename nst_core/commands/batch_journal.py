"""The journal of a batch: the settings and styles that the results of a folder are painted with.

It lies beside the results, so that no call mixes results of two kinds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, BAD_SETTING, DISK, NstError
from nst_contract.settings import Settings
from nst_core.commands.style_sources import StyleSource
from nst_core.storage.atomic_files import writing

JOURNAL = "nst-batch.json"
_KIND = "gimp-neural-style batch 1"
# Where and how fast it is computed does not change the picture: an interrupted batch may continue
# with more memory or on another device.
_FREE_TO_CHANGE = ("device", "memory", "threads")
_REMEDY = "Name another folder for the results, or start over with --overwrite."


def keep(
    results: Path,
    names: Sequence[str],
    settings: Settings,
    styles: Sequence[StyleSource],
    overwrite: bool,
) -> None:
    """Makes sure that all results in a folder are painted alike, and writes that down.

    Args:
        results: the folder, which is there.
        names: of the results that belong there.
        settings, styles: how they are to be painted.
        overwrite: whether to start over: removes earlier results.

    Raises:
        NstError: if the folder holds results that are painted otherwise, or that no batch has
            painted; (bad-input) if the journal is damaged; (disk) if it cannot be written.
    """
    path = results / JOURNAL
    journal = _journal(settings, styles)
    there = [name for name in names if os.path.lexists(results / name)]
    try:
        if overwrite:
            # Before the journal: after an interruption none of them must pass for a new one.
            for name in there:
                (results / name).unlink()
        elif os.path.lexists(path):
            _compare(_read(path), journal, path)
            return
        elif there:
            raise NstError(
                BAD_INPUT,
                f"{results / there[0]} is there already, and no batch has painted it.",
                _REMEDY,
            )
        _write(journal, path)
    except OSError as error:
        raise disk_error(path, error) from error


def _journal(settings: Settings, styles: Sequence[StyleSource]) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "version": __version__,
        "settings": settings.as_dict(),
        "styles": [{"name": style.name, "sha256": style.digest()} for style in styles],
    }


def _read(path: Path) -> dict[str, Any]:
    """Reads a journal.

    Raises:
        NstError: (bad-input) if it is damaged.
    """
    try:
        journal = json.loads(path.read_text(encoding="utf-8"))
        if journal["kind"] != _KIND:
            raise ValueError("it is of another kind")
        return {
            "version": str(journal["version"]),
            "settings": dict(journal["settings"]),
            "styles": [
                {"name": str(style["name"]), "sha256": str(style["sha256"])}
                for style in journal["styles"]
            ],
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NstError(
            BAD_INPUT, f"The journal {path} is damaged ({type(error).__name__}: {error}).", _REMEDY
        ) from error


def _compare(old: dict[str, Any], new: dict[str, Any], path: Path) -> None:
    """Raises NstError, with the first difference, unless both journals paint alike."""

    def refuse(code: str, what: str) -> NstError:
        return NstError(code, f"The results in {path.parent} were painted with {what}.", _REMEDY)

    for name, value in new["settings"].items():
        before = old["settings"].get(name)
        if name not in _FREE_TO_CHANGE and value != before:
            raise refuse(BAD_SETTING, f"{name} {before}, but now it is {value}")
    if len(old["styles"]) != len(new["styles"]):
        raise refuse(
            BAD_INPUT, f"{len(old['styles'])} style(s), but now there are {len(new['styles'])}"
        )
    for before, style in zip(old["styles"], new["styles"], strict=True):
        if style["sha256"] != before["sha256"]:
            raise refuse(
                BAD_INPUT,
                f'the style "{before["name"]}", but now "{style["name"]}" is another picture',
            )
    if old["version"] != new["version"]:
        raise refuse(BAD_INPUT, f"nst {old['version']}, but this is {new['version']}")


def _write(journal: dict[str, Any], path: Path) -> None:
    """Writes a journal, whole or not at all."""
    with writing(path) as file:
        file.write(f"{json.dumps(journal, indent=2)}\n".encode())


def disk_error(path: Path, error: OSError) -> NstError:
    """Returns the error of something in the folder of the results that cannot be written."""
    return NstError(
        DISK,
        f"{path} cannot be written ({error.strerror}).",
        "Check that you may write there, and that the disk is not full.",
    )
