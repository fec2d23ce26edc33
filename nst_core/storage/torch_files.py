"""Files in torch's own format: written completely or not at all, and read as data only."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch

from nst_contract.errors import BAD_INPUT, DISK, NstError, first_line
from nst_core.storage.atomic_files import writing

_Content = TypeVar("_Content")
# What torch raises for files that are not its own, and what building from damaged content raises.
_DAMAGE = (
    OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError, TypeError,
    NstError,
)  # fmt: skip


def save(
    path: Path, kind: str, content: Mapping[str, Any], *, name: str, permissions: int = 0o666
) -> None:
    """Writes a file.

    Args:
        path: the file; an existing one is replaced once the new one is complete.
        kind: what the file holds, with its version; :func:`load` requires the same.
        content: tensors, numbers, text, and lists and dictionaries of them.
        name: what to call the file in an error ("checkpoint").
        permissions: of the file, before the user's umask.

    Raises:
        NstError: (disk) if it cannot be written.
    """
    try:
        with writing(path, permissions) as file:
            torch.save({"kind": kind, **content}, file)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        raise NstError(
            DISK,
            f"The {name} {path} cannot be written ({first_line(error)}).",
            "Check that its folder exists and that the disk is not full.",
        ) from error


def load(
    path: Path,
    kind: str,
    build: Callable[[dict[str, Any]], _Content],
    *,
    name: str,
    if_missing: str,
    if_damaged: str,
) -> _Content:
    """Reads a file; any code in it is not run.

    Args:
        path: the file.
        kind: as given to :func:`save`.
        build: turns the file's content into the value to return.
        name: what to call the file in an error ("checkpoint").
        if_missing, if_damaged: what to do if there is no file, or it cannot be read.

    Raises:
        NstError: (bad-input) if there is none, it is of a different kind, or it is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about files not written by torch
            content = torch.load(path, map_location="cpu", weights_only=True)
        if content["kind"] != kind:
            raise ValueError("it was written by another version")
        return build(content)
    except FileNotFoundError as error:
        raise NstError(BAD_INPUT, f"There is no {name} {path}.", if_missing) from error
    except _DAMAGE as error:
        raise NstError(
            BAD_INPUT, f"The {name} {path} cannot be read ({first_line(error)}).", if_damaged
        ) from error
