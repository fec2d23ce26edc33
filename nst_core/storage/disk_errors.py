"""What to say when a file cannot be written or read: why, and what helps against that."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_contract.messages import Message

_REMEDIES = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): Message("Make room: its disk is full."),
    (errno.ENOENT, errno.ENOTDIR): Message(
        "Check that its folder exists, and the spelling of its name."
    ),
    (errno.EACCES, errno.EPERM, errno.EROFS): Message(
        "Give another name, or choose a folder that you can write to."
    ),
    (errno.EBUSY,): Message("Give another name, or close the program that has it open."),
    (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ): Message("Give it another, shorter name."),
    (errno.EISDIR,): Message("Give the name of a file."),
}
_ANY_REMEDY = Message(
    "Check that its folder exists, that you can write there, and that the disk is not full."
)
# What the system says of a name that no file has, or can have.
NO_SUCH_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
_READING_REMEDIES = {
    (errno.EACCES, errno.EPERM): Message("Change the permissions of the file or of its folder."),
    (errno.EISDIR,): Message("Give the name of a file."),
}
_ANY_READING_REMEDY = Message("Check the disk or the connection that it is on.")


def disk_error(file: Path | str, error: OSError | str, then: str = "") -> NstError:
    """Returns the error of a file that cannot be written.

    Args:
        file: its path, or what it is and its path ("The checkpoint ...").
        error: why; in words if that is all that is known.
        then: a sentence that says how to go on after that.
    """
    if isinstance(error, str):
        why, code = error, 0
    else:
        why, code = error.strerror or str(error), error.errno or 0
    remedy = _remedy(code, _REMEDIES, _ANY_REMEDY)
    return NstError(
        DISK,
        Message("{file} cannot be written ({why}).", file=file, why=why),
        Message("{remedy} {then}", remedy=remedy, then=then) if then else remedy,
    )


def reading_error(file: Path | str, error: OSError) -> NstError:
    """Returns the error of a file that is there but cannot be read.

    Args:
        file: as for :func:`disk_error`.
        error: why.
    """
    return NstError(
        BAD_INPUT,
        Message("{file} cannot be read ({why}).", file=file, why=error.strerror or str(error)),
        _remedy(error.errno or 0, _READING_REMEDIES, _ANY_READING_REMEDY),
    )


def _remedy(code: int, remedies: Mapping[tuple[int, ...], Message], otherwise: Message) -> Message:
    return next((text for codes, text in remedies.items() if code in codes), otherwise)
