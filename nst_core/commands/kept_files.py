"""What a command reads stays: none of the files that it writes may be one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from nst_contract import backbone
from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import Settings
from nst_core.networks import weights_catalog
from nst_core.storage.same_file import identity

# What a file is to the command ("the content"), and its path.
Named = tuple[str, Path]


def check(written: Iterable[Named], read: Iterable[Named]) -> None:
    """Makes sure that no file is written twice, nor in place of one that is read.

    Links and other spellings of a name count as the same file.

    Args:
        written, read: the files of a command.

    Raises:
        NstError: (bad-input) if one is.
    """
    known = {_identity(path): what for what, path in read}
    for what, path in written:
        other = known.setdefault(_identity(path), what)
        if other != what:
            raise NstError(
                BAD_INPUT,
                f"{path} is to be {what}, but it is {other} as well.",
                f"Give {what} another name: nothing that is read is ever replaced.",
            )


def of_network(settings: Settings) -> list[Named]:
    """Returns the files of the network that a run looks with, so far as they have been named.

    Raises:
        NstError: (weights) if they are missing.
    """
    backbone.check(settings.backbone_choice)
    own = settings.backbone_choice.file
    weights = weights_catalog.located(settings.weights_choice)
    return [
        *([("the backbone", own)] if own else []),
        *([("the weights", weights)] if weights else []),
    ]


def _identity(path: Path) -> object:
    """Returns the file that a path leads to, or the place of one that is not there yet."""
    return identity(path) or os.path.realpath(path)
