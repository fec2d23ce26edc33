"""Who uses an installation: engines share a lock, and the installer waits until it has it alone.

A run that finds its own modules gone, or replaced by another version's, would lose its picture at
the very end. The lock is the system's own: it ends with the process, however that ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from nst_contract.errors import BUSY, NstError
from nst_contract.messages import Message
from nst_contract.platforms import installer, locks

# In the installation's folder. The installer makes it; without it, nothing was installed there.
FILE = "in-use.lock"


def hold(prefix: Path) -> int | None:
    """Keeps the installer from changing an installation for as long as this process lives.

    Args:
        prefix: its folder.

    Returns:
        The lock's descriptor, to be closed for an earlier end; None where nothing needs one.

    Raises:
        NstError: (busy) if the installer is changing it just now.
    """
    try:
        descriptor = os.open(prefix / FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        locks.lock(descriptor, shared=True)
    except BlockingIOError as error:
        os.close(descriptor)
        raise NstError(
            BUSY,
            Message(
                "Neural Style in {prefix} is being installed or removed just now.", prefix=prefix
            ),
            Message(
                "Wait until {installer} has finished, then try again.", installer=installer.SCRIPT
            ),
        ) from error
    except OSError:  # a file system without locks
        os.close(descriptor)
        return None
    return descriptor


def take(prefix: Path) -> int | None:
    """Takes an installation for the installer alone.

    Args:
        prefix: its folder, which exists.

    Returns:
        The lock's descriptor, to be closed at the end; None while an engine is at work there.

    Raises:
        OSError: if the folder cannot be written to.
    """
    descriptor = os.open(prefix / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        locks.lock(descriptor)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # a file system without locks
        pass
    return descriptor
