"""Files in torch's own format, sealed: written completely or not at all, read as data only."""

from __future__ import annotations

import errno
import os
import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import torch

from nst_contract.errors import BAD_INPUT, NstError, first_line, is_out_of_memory
from nst_core.storage.disk_errors import NO_SUCH_FILE, disk_error, reading_error
from nst_core.storage.sealed_files import NotOurs, SealedWriter, sealing, unsealed

_Content = TypeVar("_Content")


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
        with sealing(path, kind, permissions) as file:
            _save(content, file)
    except OSError as error:
        raise disk_error(f"The {name} {path}", error) from error


def _save(content: Mapping[str, Any], file: SealedWriter) -> None:
    try:
        torch.save(dict(content), cast(IO[bytes], file))
    except RuntimeError:  # torch's own, whatever went wrong
        if file.error is not None:
            raise file.error from None
        raise


def load(
    path: Path,
    kind: str,
    build: Callable[[dict[str, Any]], _Content],
    *,
    name: str,
    if_missing: str,
    if_damaged: str,
) -> _Content:
    """Reads a file whose checksum is right; any code in it is not run.

    Args:
        path: the file.
        kind: as given to :func:`save`.
        build: turns the file's content into the value to return.
        name: what to call the file in an error ("checkpoint").
        if_missing: what to do if there is no such file, or it is something else altogether.
        if_damaged: what to do if it is damaged, or of another version.

    Raises:
        NstError: (bad-input) if there is none, it is of a different kind, it is damaged, or the
            system cannot read it.
    """
    try:
        with unsealed(path, kind) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(file, map_location="cpu", weights_only=True)
        return build(content)
    except OSError as error:
        if error.errno in NO_SUCH_FILE:
            raise NstError(BAD_INPUT, f"There is no {name} {path}.", if_missing) from error
        if path.is_dir():  # which Windows says in other words
            error = IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise reading_error(f"The {name} {path}", error) from error
    except Exception as error:  # content that is none of ours can make its reader fail in any way
        if is_out_of_memory(error):
            raise
        advice = if_missing if isinstance(error, NotOurs) else if_damaged
        raise NstError(
            BAD_INPUT, f"The {name} {path} cannot be read ({_why(error)}).", advice
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        return "it holds something else than data"
    if isinstance(error, KeyError):
        return f"it lacks {first_line(error)}"
    return first_line(error)
