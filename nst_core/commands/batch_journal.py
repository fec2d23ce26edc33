"""The journal of a batch: the settings and styles that the results of a folder are painted with.

It lies beside the results, so that no call mixes results of two kinds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.printable import printable
from nst_contract.settings import Settings
from nst_core.commands.style_sources import StyleSource
from nst_core.storage.atomic_files import writing
from nst_core.storage.disk_errors import disk_error

JOURNAL = "nst-batch.json"
_KIND = "gimp-neural-style batch 1"
# Where and how fast it is computed does not change the picture: an interrupted batch may continue
# with more memory or on another device.
_FREE_TO_CHANGE = ("device", "memory", "threads")
_REMEDY = "Name another folder for the results."
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Journal:
    """How all results in a folder are painted.

    Attributes:
        values: what is written down: version, settings, names and checksums of the styles.
    """

    values: dict[str, Any]

    @classmethod
    def of(cls, settings: Settings, styles: Sequence[StyleSource]) -> Journal:
        """Returns the journal of a batch."""
        return cls(
            {
                "kind": _KIND,
                "version": __version__,
                "settings": settings.as_dict(),
                "styles": [{"name": style.name, "sha256": style.digest()} for style in styles],
            }
        )

    def is_kept_in(self, results: Path) -> bool:
        """Tells whether the folder of the results has a journal, which then is like this one.

        Raises:
            NstError: if the results there are painted otherwise; (bad-input) if their journal is
                damaged.
        """
        path = results / JOURNAL
        if not os.path.lexists(path):
            return False
        _compare(_read(path), self.values, path)
        return True

    def keep_in(self, results: Path) -> None:
        """Writes the journal beside the results, whole or not at all; once it is there, nothing.

        Raises:
            NstError: (disk) if it cannot be written.
        """
        path = results / JOURNAL
        try:
            with contextlib.suppress(NstError):  # another one, or a damaged one, is replaced
                if self.is_kept_in(results):
                    return
            with writing(path) as file:
                file.write(f"{json.dumps(self.values, indent=2)}\n".encode())
        except OSError as error:
            raise disk_error(path, error) from error

    def made_from(self, picture: Path) -> str:
        """Returns a checksum of all that a picture's result is made from; "" if its file cannot be
        read.
        """
        settings = self.values["settings"]
        ways = {name: value for name, value in settings.items() if name not in _FREE_TO_CHANGE}
        styles = [style["sha256"] for style in self.values["styles"]]
        digest = hashlib.sha256()
        try:
            with picture.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except OSError:
            return ""
        parts = [digest.hexdigest(), self.values["version"], styles, sorted(ways.items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


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
            BAD_INPUT,
            f"The journal {path} is damaged ({type(error).__name__}: {error}).",
            "Move it away: results that are painted alike are recognised without it.",
        ) from error


def _compare(old: dict[str, Any], new: dict[str, Any], path: Path) -> None:
    """Raises NstError, with the first difference, unless both journals paint alike."""

    def refuse(code: str, what: str) -> NstError:
        # Others may have written the journal.
        what = printable(what)
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
