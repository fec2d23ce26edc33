"""The weights to choose from: the embedded ones, torchvision's once downloaded, or any file.

Checking a choice and downloading work without torch, which takes seconds to import.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.setting_spec import Choice
from nst_contract.settings import SPECS
from nst_core.storage import download

if TYPE_CHECKING:
    from nst_core.networks.embedded_weights import Weights

EMBEDDED = "caffe"


@dataclass(frozen=True)
class Published:
    """Weights that can be downloaded.

    Attributes:
        choice: the value of the setting ``weights`` that stands for them.
        kind: how pictures must be prepared: one of NORMALIZATIONS.
        url, sha256, size: of the file; the size in bytes.
        about: what they are, in words for the user.
    """

    choice: str
    kind: str
    url: str
    sha256: str
    size: int
    about: str

    @property
    def path(self) -> Path:
        """Where the file is once downloaded."""
        return folder() / self.url.rpartition("/")[2]


# The address of torchvision.models.VGG19_Weights.IMAGENET1K_V1 in torchvision 0.28, without the
# 3 seconds of importing it. The name contains the first digits of the checksum.
TORCHVISION = Published(
    choice="torchvision",
    kind="torchvision",
    url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    size=574_673_361,
    about="retrained for torchvision (VGG19_Weights.IMAGENET1K_V1)",
)
PUBLISHED = (TORCHVISION,)


def folder() -> Path:
    """Returns where downloads are kept; it need not exist yet."""
    # A separate folder: the engine's may be elsewhere, and is removed along with the engine.
    return platformdirs.user_data_path("gimp-neural-style-weights", appauthor=False)


@dataclass(frozen=True)
class Entry:
    """One choice in the list.

    Attributes:
        choice: the value of the setting ``weights``.
        about: what they are, in words for the user.
        size: of the file, in bytes.
        path: where the file is or will be.
        is_installed: whether it is there.
    """

    choice: str
    about: str
    size: int
    path: Path
    is_installed: bool


def entries() -> list[Entry]:
    """Returns the choices apart from the user's own files."""
    from nst_core.networks import embedded_weights

    embedded = embedded_weights.locate()
    size = embedded.stat().st_size if embedded.is_file() else 0
    about = "the original of Simonyan and Zisserman, embedded (the default)"
    return [
        Entry(EMBEDDED, about, size, embedded, is_installed=size > 0),
        *(
            Entry(one.choice, one.about, one.size, one.path, one.path.is_file())
            for one in PUBLISHED
        ),
    ]


def check(choice: Choice) -> None:
    """Makes sure, before anything slow happens, that the weights are there.

    Raises:
        NstError: (weights) if they are not; it says what to do about it.
    """
    located(choice)


def located(choice: Choice) -> Path | None:
    """Returns the file of weights that are there; None for those that are embedded.

    Raises:
        NstError: (weights) as for :func:`check`.
    """
    return None if choice == Choice(EMBEDDED) else _located(choice)[0]


def load(choice: Choice) -> Weights:
    """Reads the weights that a value of the setting ``weights`` stands for.

    Raises:
        NstError: (weights) if they are missing, damaged, or not those of VGG19; (installation) if
            they are the embedded ones.
    """
    from nst_core.networks import embedded_weights

    if choice == Choice(EMBEDDED):
        return embedded_weights.load()

    from nst_core.networks import weight_files

    path, kind, expected = _located(choice)
    sha256 = weight_files.checksum(path)
    if expected and sha256 != expected:
        raise NstError(
            WEIGHTS,
            Message("The weights in {path} are damaged: wrong checksum.", path=path),
            Message(
                "Delete the file, then download it again: {command}", command=_command(choice.word)
            ),
        )
    return weight_files.read(path, kind, sha256)


def fetch(published: Published, on_progress: Callable[[int, int], None]) -> Path:
    """Downloads weights unless they are already there, resuming if need be; returns the file.

    Args:
        on_progress: receives the number of bytes so far, and of the whole file.

    Raises:
        NstError: (weights) if they cannot be downloaded, (disk) if they cannot be stored.
    """
    if not published.path.is_file():
        download.fetch(published.url, published.path, published.sha256, published.size, on_progress)
    return published.path


def _located(choice: Choice) -> tuple[Path, str | None, str]:
    """Returns the file that a choice stands for, its kind if given, and its checksum if known."""
    if choice.file is None:
        (published,) = (one for one in PUBLISHED if one.choice == choice.word)
        if not published.path.is_file():
            raise NstError(
                WEIGHTS,
                Message(
                    "The weights {word} are not downloaded yet ({size:.0f} MB).",
                    word=choice.word,
                    size=published.size / 1e6,
                ),
                Message("Download them: {command}", command=_command(choice.word)),
            )
        return published.path, published.kind, published.sha256
    # Unlike Path.is_file, it answers for names that no file can have, too.
    if os.path.isfile(choice.file):  # noqa: PTH113
        return choice.file, choice.word or None, ""
    if os.path.exists(choice.file) and not os.path.isdir(choice.file):  # noqa: PTH110, PTH112
        raise NstError(
            WEIGHTS,
            Message(
                "{file} is a pipe or a device, and weights are read more than once.",
                file=choice.file,
            ),
            Message("Save them in a file first."),
        )
    raise NstError(
        WEIGHTS,
        Message("There is no file of weights {file!r}.", file=str(choice.file)),
        Message(
            "Choose {choices}, or the path of a file.", choices=", ".join(SPECS["weights"].choices)
        ),
    )


def _command(word: str) -> str:
    return f"nst weights download {word}"
