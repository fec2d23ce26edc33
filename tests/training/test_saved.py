"""nst_core.training.saved: an unfinished training comes back, and goes on only as it began."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_core.storage import torch_files
from nst_core.training import saved
from nst_core.training.archive import Archive
from nst_core.training.events import Epoch
from nst_core.training.places import KIND
from nst_core.training.saved import Saved
from tests.training.conftest import TINY

UNFINISHED = Saved(
    settings=TINY,
    data="checksum",
    history=[Epoch(1, 2, 4.5, 0.01, 4.4, 0.02, 0.1, 3.5, True)],
    learner={"model": {"weight": torch.rand(3)}, "generator": torch.zeros(4, dtype=torch.uint8)},
    best={"weight": torch.rand(3)},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "net.checkpoint"
    saved.save(path, UNFINISHED)
    return path


def test_what_is_saved_comes_back(path: Path) -> None:
    found = saved.load(path)
    assert (found.settings, found.data) == (UNFINISHED.settings, UNFINISHED.data)
    assert list(found.history) == UNFINISHED.history
    assert torch.equal(found.best["weight"], UNFINISHED.best["weight"])
    assert torch.equal(found.learner["model"]["weight"], UNFINISHED.learner["model"]["weight"])
    assert [path.name for path in path.parent.iterdir()] == [path.name]  # and nothing beside it


def test_settings_that_are_given_again_are_accepted() -> None:
    assert UNFINISHED.settings_with({"epochs": 2, "batch_size": 50}) == TINY


def test_the_place_may_change() -> None:
    assert UNFINISHED.settings_with({"threads": 1}) == replace(TINY, threads=1)


def test_other_settings_are_refused() -> None:
    with pytest.raises(NstError, match="began with epochs 2, but now 3 is given") as caught:
        UNFINISHED.settings_with({"epochs": 3})
    assert caught.value.code == BAD_SETTING
    assert "--overwrite" in caught.value.advice


def test_other_data_are_refused(small: Archive) -> None:
    replace(UNFINISHED, data=small.checksum).check(small)
    with pytest.raises(NstError, match="another data set") as caught:
        UNFINISHED.check(small)
    assert caught.value.code == BAD_INPUT


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NstError, match="no unfinished training") as caught:
        saved.load(tmp_path / "none.checkpoint")
    assert caught.value.code == BAD_INPUT


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    torch_files.save(path, "gimp-neural-style training 99", {}, name="unfinished training")
    with pytest.raises(NstError, match="another version") as caught:
        saved.load(path)
    assert "--overwrite" in caught.value.advice


def test_a_changed_byte_is_found(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(NstError, match="wrong checksum"):
        saved.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"epochs": "many"}},
        {"data": 5},
        {"history": []},
        {"history": [None]},
        {"history": [{"epoch": 1}]},
        {"history": [{**asdict(UNFINISHED.history[0]), "loss": "small"}]},
        {"history": [{**asdict(UNFINISHED.history[0]), "epoch": 2}]},
        {"history": [{**asdict(UNFINISHED.history[0]), "is_best": False}]},
        {"learner": None},
        {"best": {"weight": 1.0}},
    ],
    ids=str,
)
def test_values_of_wrong_types_are_refused(change: dict[str, object], path: Path) -> None:
    good = torch_files.load(path, KIND, dict, name="", if_missing="", if_damaged="")
    torch_files.save(path, KIND, {**good, **change}, name="unfinished training")
    with pytest.raises(NstError, match="cannot be read") as caught:
        saved.load(path)
    assert caught.value.code == BAD_INPUT
