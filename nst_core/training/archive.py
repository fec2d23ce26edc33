"""CIFAR-100's files (Krizhevsky 2009, the version for Python): checked, then read as data only."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError, first_line
from nst_contract.printable import printable
from nst_core.training import published
from nst_core.training.places import CHECKSUMS, PARTS, place_of_data

SIDE = 32
# Fewer pictures of a class could not be split 9:1.
_LEAST_OF_CLASS = {"train": 10, "test": 1}
# How many hexadecimal digits of a checksum are enough to tell data sets apart.
_DIGITS = 12
_SUM_UP = f"sha256sum {' '.join(PARTS)} > {CHECKSUMS}"
_REWRITE = f"Write it again in that folder: {_SUM_UP}"
_RESTORE = f"Bring the file back, or write the checksums again in that folder: {_SUM_UP}"
_FORMAT = (
    "Write it in that format: train and test with data and fine_labels, meta with fine_label_names."
)


@dataclass(frozen=True, eq=False)
class Part:
    """Pictures with their classes.

    Attributes:
        images: (count, 3, 32, 32), uint8, red first.
        labels: (count,), int64, class numbers.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indices: Tensor) -> Part:
        """Returns some of the pictures."""
        return Part(self.images[indices], self.labels[indices])

    def to(self, device: torch.device) -> Part:
        """Returns the same pictures on a device."""
        return Part(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Archive:
    """A data set in memory.

    Attributes:
        train, test: its two parts.
        classes: their names, by number, printable.
        name: "CIFAR-100", or for the user's own data set a name with digits of its checksum.
        checksum: of all files together.
    """

    train: Part
    test: Part
    classes: tuple[str, ...]
    name: str
    checksum: str


def load(folder: Path) -> Archive:
    """Reads a data set.

    Args:
        folder: contains ``cifar-100-python`` or is that folder itself. Its files must be the
            published ones, or match a ``SHA256SUMS`` beside them.

    Raises:
        NstError: (bad-input) if a file is missing, damaged, or not in CIFAR-100's format.
    """
    folder = place_of_data(folder)
    is_own = (folder / CHECKSUMS).is_file()
    digest, expected = (
        (_sha256, _own_checksums(folder)) if is_own else (published.md5, published.MD5)
    )
    files = {name: _read_checked(folder / name, digest, expected[name], is_own) for name in PARTS}
    classes = _class_names(folder / "meta", files["meta"])
    train, test = (
        _part(folder / name, files[name], classes, _LEAST_OF_CLASS[name])
        for name in ("train", "test")
    )
    checksum = _sha256(b"".join(hashlib.sha256(files[name]).digest() for name in PARTS))
    name = f"a data set like CIFAR-100 ({checksum[:_DIGITS]})" if is_own else "CIFAR-100"
    return Archive(train, test, classes, name, checksum)


# Checksums ----------------------------------------------------------------------------------------


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _own_checksums(folder: Path) -> dict[str, str]:
    path = folder / CHECKSUMS
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise NstError(BAD_INPUT, f"{path} cannot be read ({why}).", _REWRITE) from error
    found = {line[1].lstrip("*"): line[0].lower() for line in lines if len(line) == 2}
    for name in PARTS:
        if name not in found:
            raise NstError(
                BAD_INPUT,
                f"{path} has no checksum of {name}.",
                _REWRITE,
            )
    return found


def _read_checked(path: Path, digest: Callable[[bytes], str], expected: str, is_own: bool) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NstError(
            BAD_INPUT,
            f"{path} cannot be read ({error.strerror}).",
            _RESTORE if is_own else "Download the data set: nst train --download puts it there.",
        ) from error
    if digest(data) != expected:
        raise NstError(
            BAD_INPUT,
            f"{path} ({len(data)} bytes) is damaged"
            f"{'' if is_own else ' or not from CIFAR-100'}: wrong checksum.",
            _RESTORE
            if is_own
            else "Move that file away, and run the command again with --download. For a data set "
            f"of your own, write its checksums into that folder: {_SUM_UP}",
        )
    return data


# Contents -----------------------------------------------------------------------------------------


_FROM_BUFFER = np.empty(1).__reduce_ex__(5)[0]


class _DataUnpickler(pickle.Unpickler):
    """Reads numbers, text and numpy arrays, and refuses anything else that a pickle asks for."""

    _ALLOWED = frozenset(
        (module, name)
        for names, modules in {
            ("_reconstruct", "scalar"): ("numpy.core.multiarray", "numpy._core.multiarray"),
            ("_frombuffer",): ("numpy.core.numeric", "numpy._core.numeric"),
            ("ndarray", "dtype"): ("numpy",),
            ("encode",): ("_codecs",),
        }.items()
        for module in modules
        for name in names
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no data")
        # numpy moves it about; this is where it stands now.
        return _FROM_BUFFER if name == "_frombuffer" else super().find_class(module, name)


def _unpickle(path: Path, data: bytes) -> dict[str, Any]:
    try:
        # Python 2 wrote the files; with latin1 its strings come through unchanged.
        content = _DataUnpickler(io.BytesIO(data), encoding="latin1").load()
        if not isinstance(content, dict):
            raise ValueError("it does not hold a dictionary")
        return content
    except Exception as error:  # a damaged pickle can raise anything
        raise _not_cifar(path, first_line(error)) from error


def _class_names(path: Path, data: bytes) -> tuple[str, ...]:
    names = _unpickle(path, data).get("fine_label_names")
    if not isinstance(names, list) or len(names) < 2:
        raise _not_cifar(path, "fine_label_names is not a list of at least two names")
    return tuple(map(printable, names))


def _part(path: Path, data: bytes, classes: tuple[str, ...], least: int) -> Part:
    content = _unpickle(path, data)
    samples, labels = content.get("data"), _without_numpy(content.get("fine_labels"))
    bytes_each = 3 * SIDE * SIDE
    if (
        not isinstance(samples, np.ndarray)
        or samples.dtype != np.uint8
        or samples.shape[1:] != (bytes_each,)
    ):
        raise _not_cifar(path, f"its data are no rows of {bytes_each} bytes")
    if (
        not isinstance(labels, list)
        or len(labels) != len(samples)
        or not all(type(label) is int and 0 <= label < len(classes) for label in labels)
    ):
        raise _not_cifar(
            path, f"its fine_labels are no {len(samples)} numbers from 0 to {len(classes) - 1}"
        )
    counts = np.bincount(labels, minlength=len(classes))
    if counts.min() < least:
        rare = int(counts.argmin())
        raise NstError(
            BAD_INPUT,
            f'{path} has {counts[rare]} pictures of the class "{classes[rare]}".',
            f"Give at least {least} pictures of each class.",
        )
    images = torch.from_numpy(samples.reshape(-1, 3, SIDE, SIDE).copy())
    return Part(images, torch.tensor(labels))


def _without_numpy(labels: Any) -> Any:
    """Returns an array or a list of numpy's numbers as a list of Python's own."""
    if isinstance(labels, np.ndarray):
        return labels.tolist()
    if isinstance(labels, list):
        return [label.item() if isinstance(label, np.generic) else label for label in labels]
    return labels


def _not_cifar(path: Path, why: str) -> NstError:
    return NstError(BAD_INPUT, f"{path} is not in CIFAR-100's format: {why}.", _FORMAT)
