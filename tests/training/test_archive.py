"""nst_core.training.archive: CIFAR-100's files are checked, and read as data alone."""

from __future__ import annotations

import io
import os
import pickle
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.training import archive, published
from nst_core.training.archive import Archive
from tests.helpers import torchvision
from tests.helpers.cifar import FOLDER, content, dump, write_checksums

CIFAR100 = torchvision.module("torchvision.datasets").CIFAR100
PICTURES = np.random.default_rng(0).integers(0, 256, (1000, 3, 32, 32)).astype(np.uint8)
LABELS = list(range(100)) * 10


@pytest.fixture
def as_published(inner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the copy the published data set, as far as checksums tell."""
    (inner / "SHA256SUMS").unlink()
    md5 = {name: published.md5((inner / name).read_bytes()) for name in ("train", "test", "meta")}
    monkeypatch.setattr(published, "MD5", md5)
    monkeypatch.setattr(CIFAR100, "train_list", [["train", md5["train"]]])
    monkeypatch.setattr(CIFAR100, "test_list", [["test", md5["test"]]])
    monkeypatch.setattr(CIFAR100, "meta", {**CIFAR100.meta, "md5": md5["meta"]})


# The good case -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_published")
@pytest.mark.parametrize("is_training", [True, False])
def test_pictures_and_labels_are_those_that_torchvision_reads(
    is_training: bool, data: Path
) -> None:
    theirs = CIFAR100(data, train=is_training)
    ours = archive.load(data)
    part = ours.train if is_training else ours.test
    assert np.array_equal(part.images.permute(0, 2, 3, 1).numpy(), theirs.data)
    assert part.labels.tolist() == theirs.targets
    assert list(ours.classes) == theirs.classes
    assert ours.name == "CIFAR-100"


def test_the_folder_of_the_files_may_be_named_itself(data: Path, small: Archive) -> None:
    found = archive.load(data / FOLDER)
    assert torch.equal(found.train.images, small.train.images)
    assert found.checksum == small.checksum


def test_a_data_set_of_ones_own_is_not_called_cifar_100(data: Path) -> None:
    found = archive.load(data)
    assert found.name == f"a data set like CIFAR-100 ({found.checksum[:12]})"


def test_the_checksum_changes_with_every_file(inner: Path, small: Archive) -> None:
    dump(inner / "meta", {"fine_label_names": [f"class {number}" for number in range(100)]})
    write_checksums(inner)
    assert archive.load(inner).checksum != small.checksum


def pickled(value: object, protocol: int, module: str) -> bytes:
    """Pickles as a version of numpy does that has its arrays in this module."""

    def whichmodule(thing: object, name: str) -> str:
        return re.sub(r"numpy\._?core", module, find(thing, name))

    find = pickle.whichmodule  # type: ignore[attr-defined]
    file = io.BytesIO()
    with warnings.catch_warnings(), mock.patch("pickle.whichmodule", whichmodule):
        warnings.simplefilter("ignore")  # the other name is deprecated
        pickle._Pickler(file, protocol).dump(value)
    return file.getvalue()


@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "kind",
    [list, lambda labels: list(np.array(labels)), lambda labels: np.array(labels, np.uint8)],
    ids=["list", "list of numpy's", "array"],
)
def test_a_data_set_of_ones_own_may_be_pickled_in_any_way(
    kind: Callable[[list[int]], Any], protocol: int, module: str, inner: Path
) -> None:
    made = {"data": PICTURES.reshape(1000, -1), "fine_labels": kind(LABELS)}
    (inner / "train").write_bytes(pickled(made, protocol, module))
    write_checksums(inner)
    found = archive.load(inner).train
    assert np.array_equal(found.images.numpy(), PICTURES)
    assert found.labels.tolist() == LABELS


# Damage ------------------------------------------------------------------------------------------


def refused(folder: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        archive.load(folder)
    assert caught.value.code == BAD_INPUT
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("name", ["train", "test", "meta"])
def test_a_wrong_checksum_is_told(name: str, inner: Path) -> None:
    damaged = bytearray((inner / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (inner / name).write_bytes(damaged)
    error = refused(inner)
    assert str(inner / name) in error.message
    assert "wrong checksum" in error.message
    assert "--download" not in error.advice  # the data set is the user's own
    assert "sha256sum train test meta > SHA256SUMS" in error.advice


def test_a_truncated_file_is_told_by_its_checksum(inner: Path) -> None:
    os.truncate(inner / "train", 1000)
    error = refused(inner)
    assert "train (1000 bytes) is damaged" in error.message


def test_a_file_that_was_truncated_before_its_checksum_was_taken_is_told(inner: Path) -> None:
    os.truncate(inner / "train", 1000)
    write_checksums(inner)
    error = refused(inner)
    assert f"{inner / 'train'} is not in CIFAR-100's format" in error.message
    assert "--download" not in error.advice


def test_files_without_checksums_of_their_own_must_be_the_published_ones(inner: Path) -> None:
    (inner / "SHA256SUMS").unlink()
    error = refused(inner)
    assert "wrong checksum" in error.message
    assert "sha256sum train test meta > SHA256SUMS" in error.advice


@pytest.mark.parametrize(
    "spoil", [lambda p: p.write_bytes(b"\xff\xfe"), lambda p: p.write_text("")]
)
def test_checksums_that_say_nothing_are_told(spoil: Callable[[Path], object], inner: Path) -> None:
    spoil(inner / "SHA256SUMS")
    error = refused(inner)
    assert str(inner / "SHA256SUMS") in error.message
    assert "sha256sum train test meta > SHA256SUMS" in error.advice


def test_a_missing_checksum_is_told(inner: Path) -> None:
    lines = (inner / "SHA256SUMS").read_text().splitlines()
    (inner / "SHA256SUMS").write_text("\n".join(lines[:2]))
    assert "no checksum of meta" in refused(inner).message


@pytest.mark.parametrize("name", ["train", "test", "meta"])
def test_a_missing_file_is_told(name: str, inner: Path) -> None:
    (inner / name).unlink()
    error = refused(inner)
    assert f"{inner / name} cannot be read" in error.message
    assert "--download" not in error.advice


def test_a_missing_class_is_named(inner: Path) -> None:
    labels = [label if label != 23 else 24 for label in LABELS]
    dump(inner / "train", content("train", PICTURES, labels))
    write_checksums(inner)
    error = refused(inner)
    assert '0 pictures of the class "lime_columns"' in error.message
    assert "at least 10 pictures of each class" in error.advice


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"data": None}, "no rows of 3072 bytes"),
        ({"data": PICTURES}, "no rows of 3072 bytes"),
        ({"data": PICTURES.reshape(1000, -1)[:, :3000]}, "no rows of 3072 bytes"),
        ({"data": PICTURES.reshape(1000, -1).astype(np.float32)}, "no rows of 3072 bytes"),
        ({"fine_labels": LABELS[1:]}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": [100, *LABELS[1:]]}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": [-1, *LABELS[1:]]}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": ["0", *LABELS[1:]]}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": np.array(LABELS, np.float64)}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": np.array(LABELS)[:, None]}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": np.array(7)}, "no 1000 numbers from 0 to 99"),
        ({"fine_labels": [np.True_, *LABELS[1:]]}, "no 1000 numbers from 0 to 99"),
    ],
    ids=[
        "none", "shape", "short rows", "floats", "too few labels", "label 100", "label -1", "text",
        "float labels", "a column of labels", "one label", "true",
    ],
)  # fmt: skip
def test_contents_of_another_kind_are_told(change: dict[str, Any], why: str, inner: Path) -> None:
    dump(inner / "test", {**content("test", PICTURES, LABELS), **change})
    write_checksums(inner)
    error = refused(inner)
    assert str(inner / "test") in error.message
    assert why in error.message


def test_meta_without_names_is_told(inner: Path) -> None:
    dump(inner / "meta", {"label_names": ["airplane", "automobile"]})
    write_checksums(inner)
    assert "fine_label_names" in refused(inner).message


def test_names_of_classes_are_printable(inner: Path) -> None:
    names = ["cat\n\x1b[31m", "\udcff", *map(str, range(98))]
    (inner / "meta").write_bytes(pickle.dumps({"fine_label_names": names}))
    write_checksums(inner)
    assert archive.load(inner).classes[:2] == (r"cat\n\x1b[31m", r"\udcff")


class Malicious:
    """What a pickle can do when it is read carelessly."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("name", ["train", "meta"])
def test_a_file_from_a_stranger_runs_no_code(
    name: str, inner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (inner / name).write_bytes(pickle.dumps({"data": Malicious()}, protocol=2))
    write_checksums(inner)
    assert "posix.mkdir, which is no data" in refused(inner).message
    assert not (tmp_path / "owned").exists()
