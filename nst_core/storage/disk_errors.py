"""What to say when a file cannot be written: why, and what helps against that."""

from __future__ import annotations

import errno
from pathlib import Path

from nst_contract.errors import DISK, NstError
from nst_contract.messages import Message

_REMEDIES = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): Message("Make room: its disk is full."),
    (errno.ENOENT, errno.ENOTDIR): Message(
        "Check that its folder exists, and the spelling of its name."
    ),
    (errno.EACCES, errno.EPERM, errno.EROFS): Message(
        "Give another name, or choose a folder that you can write to."
    ),
    (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ): Message("Give it another, shorter name."),
    (errno.EISDIR,): Message("Give the name of a file."),
}
_ANY_REMEDY = Message(
    "Check that its folder exists, that you can write there, and that the disk is not full."
)


def disk_error(file: Path | str, error: OSError | str) -> NstError:
    """Returns the error of a file that cannot be written.

    Args:
        file: its path, or what it is and its path ("The checkpoint ...").
        error: why; in words if that is all that is known.
    """
    if isinstance(error, str):
        return NstError(
            DISK,
            Message("{file} cannot be written ({error}).", file=file, error=error),
            _ANY_REMEDY,
        )
    remedy = next((text for codes, text in _REMEDIES.items() if error.errno in codes), _ANY_REMEDY)
    return NstError(
        DISK,
        Message("{file} cannot be written ({why}).", file=file, why=error.strerror or error),
        remedy,
    )
