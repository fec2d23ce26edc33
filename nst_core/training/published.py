"""CIFAR-100 as its authors publish it (Krizhevsky 2009): what its files are, and their download."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from nst_contract.errors import BAD_INPUT, WEIGHTS, NstError
from nst_core.storage import download
from nst_core.storage.atomic_files import writing
from nst_core.storage.checksums import sha256_of_rest
from nst_core.storage.disk_errors import disk_error, reading_error
from nst_core.training.places import CHECKSUMS, FOLDER, PARTS, place_of_data

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SIZE = 169_001_437
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
# Of the files in it.
MD5 = {
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    "meta": "7973b15100ade9c7d40fb424638fde48",
}


def md5(data: bytes) -> str:
    """Returns the MD5 of a file's content, in hexadecimal digits."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def fetch(folder: Path, on_progress: Callable[[int, int], None]) -> None:
    """Downloads the archive unless its files are there, resuming if need be, and unpacks it.

    Args:
        folder: where the archive is kept, and its folder ``cifar-100-python`` is made.
        on_progress: receives the number of bytes so far, and of the whole archive.

    Raises:
        NstError: (bad-input) if it cannot be downloaded, or other files are where its own belong;
            (disk) if it cannot be stored.
    """
    present = _own_files(place_of_data(folder))
    if present == set(PARTS):
        return
    archive = folder / URL.rpartition("/")[2]
    try:
        if not archive.exists():
            _download(archive, on_progress)
        elif _sha256(archive) != SHA256:
            raise NstError(
                BAD_INPUT,
                f"{archive} is there already, and is not the archive of CIFAR-100.",
                "Choose another folder for --data, or move that file away.",
            )
        _unpack(archive, folder / FOLDER)
    except OSError as error:
        raise disk_error(
            folder / FOLDER, error, "The same command continues from there."
        ) from error


def _own_files(folder: Path) -> set[str]:
    """Returns which of the published files there are.

    Raises:
        NstError: (bad-input) if there is a data set that is not the published one.
    """
    present = [folder / name for name in (*PARTS, CHECKSUMS) if (folder / name).exists()]
    for path in present:
        if _md5_of(path) != MD5.get(path.name):
            raise NstError(
                BAD_INPUT,
                f"{path} is there already, and is no file of CIFAR-100.",
                "To train on that data set, leave --download out. Otherwise, choose another folder "
                "for --data, or move that file away.",
            )
    return {path.name for path in present}


def _md5_of(path: Path) -> str:
    try:
        return md5(path.read_bytes())
    except OSError as error:
        raise reading_error(path, error) from error


def _download(archive: Path, on_progress: Callable[[int, int], None]) -> None:
    try:
        download.fetch(URL, archive, SHA256, SIZE, on_progress)
    except NstError as error:
        if error.code != WEIGHTS:
            raise
        by_hand = f"The file may also come from elsewhere: put it there as {archive}."
        raise NstError(BAD_INPUT, error.message, f"{error.advice} {by_hand}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of_rest(file).hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix(f"{FOLDER}/")
            if name in PARTS and (content := tar.extractfile(member)):
                with writing(folder / name) as file:
                    shutil.copyfileobj(content, file)
