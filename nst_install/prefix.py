"""The folder of an installation: whether it is ours, what it records, and who is working on it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nst_contract import in_use
from nst_contract.errors import BAD_SETTING, DISK, NstError
from nst_contract.platforms import files, locks
from nst_install.own_folders import PRODUCT
from nst_install.systems import system

RECORD = "install.json"
NEXT_RECORD = f"{RECORD}.new"
MARKER = "installing"
LOCK = "install.lock"
LOG = "install.log"
SCRATCH = "scratch"
VENV = "venv"
# The environment that an upgrade prepares, and the one that it replaces.
NEXT_VENV = "venv.next"
LAST_VENV = "venv.last"
DEMO = "demo"
NOTEBOOK = "notebook"

LOCKS = (in_use.FILE, LOCK)
# Seconds for what a killed installer had started to end: a program in the middle of writing to a
# busy disk ends some seconds after it was killed.
PATIENCE = 20.0
_LOOK_AGAIN = 0.2
# Everything that an installation may put into its folder; uninstalling removes only these.
CONTENTS = (
    VENV, NEXT_VENV, LAST_VENV, DEMO, NOTEBOOK, SCRATCH, RECORD, NEXT_RECORD, LOG, MARKER, *LOCKS,
)  # fmt: skip


@dataclass(frozen=True)
class InstallRecord:
    """What was installed, so that exactly this can be uninstalled, and for the doctor.

    Attributes:
        version: of the project.
        device: "cpu", "cuda" or "rocm".
        gimp: "all", "none" or the requested GIMP user folder.
        plugins: folders of the plug-in.
        link: where ``nst`` was linked, or empty.
        source: the checkout that it came from.
        repair: the command line that installs it again in the same way.
    """

    version: str
    device: str
    gimp: str
    plugins: list[str]
    link: str
    source: str
    repair: str


def read_record(prefix: Path) -> InstallRecord | None:
    """Returns the record of an installation, or None if there is no readable one."""
    try:
        values = json.loads((prefix / RECORD).read_text(encoding="utf-8"))
        if values.get("product") != PRODUCT:
            return None
        return InstallRecord(**{field.name: values[field.name] for field in fields(InstallRecord)})
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def write_record(prefix: Path, record: InstallRecord) -> None:
    """Writes the record, completely or not at all."""
    text = json.dumps({"product": PRODUCT, **asdict(record)}, indent=2, ensure_ascii=False)
    staged = prefix / NEXT_RECORD
    staged.write_text(text + "\n", encoding="utf-8")
    files.replace(staged, prefix / RECORD)


def is_ours(prefix: Path) -> bool:
    """Tells whether the folder holds an installation, finished or not."""
    if read_record(prefix) is not None:
        return True
    return any(_reads(prefix / name, PRODUCT) for name in (MARKER, LOCK))


def is_interrupted(prefix: Path) -> bool:
    """Tells whether an installation began here and did not finish."""
    return (prefix / MARKER).exists()


def check_usable(prefix: Path) -> None:
    """Refuses a folder where an installation would fail or do harm.

    Raises:
        NstError: (bad-setting) naming the folder.
    """
    advice = "Choose another folder with --prefix, one that does not exist yet."
    if why := system.why_unusable(prefix):
        raise NstError(BAD_SETTING, f"--prefix is {str(prefix)!r}, {why}.", advice)
    if not prefix.exists():
        return
    if not prefix.is_dir():
        raise NstError(BAD_SETTING, f"--prefix is {prefix}, which is not a folder.", advice)
    if any(prefix.iterdir()) and not is_ours(prefix):
        raise NstError(
            BAD_SETTING, f"--prefix is {prefix}, which contains files of something else.", advice
        )


@contextlib.contextmanager
def locked(prefix: Path) -> Iterator[int]:
    """Creates the folder and keeps every other installer out of it.

    Yields:
        The lock's file descriptor. Child processes inherit it, so that a process left running by
        a killed installer still keeps the next one out.

    Raises:
        NstError: (disk) if the folder cannot be created, or another installer is running and does
            not end within :data:`PATIENCE` seconds.
    """
    try:
        descriptor = _take_lock(prefix)
    except BlockingIOError as error:
        raise NstError(
            DISK,
            f"Another installation into {prefix} is already running.",
            "Wait until it has finished, then try again.",
        ) from error
    except OSError as error:
        raise NstError(
            DISK,
            f"{prefix} cannot be written to: {error.strerror}.",
            "Choose a folder that belongs to you with --prefix, or make room on the disk.",
        ) from error
    try:
        os.write(descriptor, PRODUCT.encode())
        os.set_inheritable(descriptor, True)
        yield descriptor
    finally:
        locks.release(descriptor, lambda: _remove_if_unused(prefix))


def _take_lock(prefix: Path) -> int:
    """Returns the locked file's descriptor.

    Raises:
        BlockingIOError: if somebody else keeps it for too long.
        OSError: if there cannot be such a file.
    """
    end = time.monotonic() + PATIENCE
    while (descriptor := _lock_now(prefix)) is None:
        if time.monotonic() >= end:
            raise BlockingIOError
        time.sleep(_LOOK_AGAIN)
    return descriptor


def _lock_now(prefix: Path) -> int | None:
    prefix.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(prefix / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    is_locked = False
    try:
        locks.lock(descriptor)
        # Whoever had it may just have removed it, with everything else.
        is_locked = os.path.samestat(os.fstat(descriptor), (prefix / LOCK).stat())
    except (BlockingIOError, FileNotFoundError):
        pass
    finally:
        if not is_locked:
            os.close(descriptor)
    return descriptor if is_locked else None


@contextlib.contextmanager
def marked(prefix: Path) -> Iterator[None]:
    """Leaves a marker behind unless the work in between is completed."""
    marker = prefix / MARKER
    marker.write_text(PRODUCT, encoding="utf-8")
    yield
    marker.unlink()


def _remove_if_unused(prefix: Path) -> None:
    """Removes the locks if there is nothing of ours beside them, and the folder if it is empty."""
    if any(os.path.lexists(prefix / name) for name in CONTENTS if name not in LOCKS):
        return
    for name in LOCKS:
        (prefix / name).unlink(missing_ok=True)
    if prefix.is_dir() and not any(prefix.iterdir()):
        prefix.rmdir()


def _reads(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return False
