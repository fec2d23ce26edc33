"""What the gallery of styles remembers for next time. Standard library only.

It is a JSON file beside the logs: the pictures that were chosen last, the newest first, and the
folder with one's own paintings.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from nst_gimp.engine import install_info

MOST_RECENT = 12
_NAME = "gallery.json"


@dataclass(frozen=True)
class GalleryMemory:
    """What is remembered.

    Attributes:
        recent: addresses (URIs) of the files that were chosen last, the newest first.
        folder: path of the folder with one's own paintings; "" if there is none.
    """

    recent: list[str] = field(default_factory=list)
    folder: str = ""

    def with_recent(self, *addresses: str) -> GalleryMemory:
        """Returns the same with these chosen now."""
        others = [address for address in self.recent if address not in addresses]
        return replace(self, recent=[*addresses, *others][:MOST_RECENT])


def path() -> Path:
    """Returns the file."""
    return install_info.log_file().parent.parent / _NAME


def read() -> GalleryMemory:
    """Returns what is remembered: nothing if there is no file, or it is damaged."""
    try:
        values = json.loads(path().read_text(encoding="utf-8"))
        recent, folder = values["recent"], values["folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return GalleryMemory()
    if not isinstance(recent, list) or not all(isinstance(text, str) for text in [*recent, folder]):
        return GalleryMemory()
    return GalleryMemory(recent[:MOST_RECENT], folder)


def keep(memory: GalleryMemory) -> None:
    """Remembers it; where nothing can be written, nothing is remembered."""
    file = path()
    part = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(memory)), encoding="utf-8")
        part.replace(file)
