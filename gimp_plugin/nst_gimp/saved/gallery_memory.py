"""What the gallery of styles remembers for next time. Standard library only.

The pictures that were chosen last, and the folder with one's own paintings.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field, replace

from nst_gimp.saved import saved_files

MOST_RECENT = 12
_KIND, _NAME = "gallery", "styles"


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


def read() -> GalleryMemory:
    """Returns what is remembered: nothing if there is no file, or it is damaged."""
    for _path, values in saved_files.read_all(_KIND):
        recent, folder = values.get("recent"), values.get("folder")
        if isinstance(recent, list) and all(isinstance(text, str) for text in (*recent, folder)):
            return GalleryMemory(recent[:MOST_RECENT], str(folder))
    return GalleryMemory()


def keep(memory: GalleryMemory) -> None:
    """Remembers it; where nothing can be written, nothing is remembered."""
    with contextlib.suppress(OSError):
        saved_files.write(_KIND, _NAME, asdict(memory))
