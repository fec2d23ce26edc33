"""A small data set in CIFAR-100's format, and what tests of training make of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nst_core.training import archive
from nst_core.training.archive import Archive
from nst_core.training.settings import TrainingSettings
from tests.helpers.cifar import FOLDER, write_cifar

# The smallest network on the smallest batches: learns little, but all it does is the real thing.
TINY = TrainingSettings(epochs=2, batch_size=50, width=4, device="cpu", precision="float32")


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that nobody may touch: 10 training and 2 test pictures of each class."""
    return write_cifar(tmp_path_factory.mktemp("cifar"), train=10, test=2)


@pytest.fixture
def data(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it to do harm to."""
    return Path(shutil.copytree(pristine, tmp_path / "data"))


@pytest.fixture
def inner(data: Path) -> Path:
    """The folder of the copy's files."""
    return data / FOLDER


@pytest.fixture(scope="session")
def small(pristine: Path) -> Archive:
    """The data set in memory."""
    return archive.load(pristine)
