"""Where a run may be saved: known without torch, which takes seconds to import."""

from __future__ import annotations

from pathlib import Path

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.storage import atomic_files, sealed_files
from nst_core.storage.disk_errors import disk_error

KIND = "gimp-neural-style checkpoint 5"
NAME = "checkpoint"


def check(path: Path) -> None:
    """Makes sure, before anything is painted, that a checkpoint may be written there.

    Raises:
        NstError: (bad-input) if the file is there and no checkpoint; (disk) if it cannot be
            written.
    """
    try:
        atomic_files.check_place(path)
        is_foreign = path.exists() and not sealed_files.is_of_kind(path, KIND)
    except OSError as error:
        raise disk_error(f"The {NAME} {path}", error) from error
    if is_foreign:
        raise NstError(
            BAD_INPUT,
            f"{path} is there already, and is no {NAME} of this version.",
            "Give --checkpoint another name.",
        )
