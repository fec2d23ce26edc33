"""A folder that one process at a time works in."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from nst_contract.platforms import locks

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Locks a folder, however its path is written, until the end of the block or of the process.

    Nothing is written into it. Where the file system knows no locks of folders, as some in the
    network do not, the folder counts as free.

    Yields:
        Whether the folder was free.
    """
    with contextlib.ExitStack() as stack:
        is_free = True
        try:
            stack.enter_context(locks.locked_folder(folder))
        except BlockingIOError:
            is_free = False
        except OSError:
            _log.warning("%s cannot be locked", folder, exc_info=True)
        yield is_free
