"""nst_core.storage.torch_files: what is saved comes back complete or not at all; no code is run."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_core.storage import torch_files

KIND = "letter 1"
CONTENT = {"text": "Grüße", "tensor": torch.arange(3000.0)}


def load(path: Path) -> dict[str, Any]:
    return torch_files.load(
        path, KIND, dict, name="letter", if_missing="Look again.", if_damaged="Write anew."
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch_files.save(tmp_path / "letter", KIND, CONTENT, name="letter")
    return tmp_path / "letter"


def test_what_is_saved_comes_back(path: Path) -> None:
    found = load(path)
    assert found["text"] == "Grüße"
    assert torch.equal(found["tensor"], torch.arange(3000.0))
    assert [path.name for path in path.parent.iterdir()] == [path.name]  # and nothing beside it


def test_a_private_file_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    torch_files.save(tmp_path / "diary", KIND, CONTENT, name="diary", permissions=0o600)
    assert (tmp_path / "diary").stat().st_mode & 0o777 == 0o600


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NstError, match=r"There is no letter .*none\. Look again\.") as caught:
        load(tmp_path / "none")
    assert caught.value.code == BAD_INPUT


@pytest.mark.parametrize("length", [0, 10, 1000])
def test_a_truncated_file_is_refused(length: int, path: Path) -> None:
    os.truncate(path, length)
    with pytest.raises(NstError, match=r"letter cannot be read .*Write anew\.") as caught:
        load(path)
    assert caught.value.code == BAD_INPUT


def test_something_else_is_not_thrown_away_but_looked_for(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"no letter")
    with pytest.raises(NstError, match=r"cannot be read \(this program .*Look again\."):
        load(tmp_path / "photo.jpg")
    torch_files.save(tmp_path / "diary", "gimp-neural-style diary 1", CONTENT, name="diary")
    with pytest.raises(NstError, match=r"cannot be read \(it is of another kind.*Look again\."):
        load(tmp_path / "diary")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "permissions of the file"),
        (IsADirectoryError(errno.EISDIR, "Is a directory"), "name of a file"),
        (OSError(errno.EIO, "Input/output error"), "disk or the connection"),
    ],
)
def test_a_file_that_the_system_cannot_read_need_not_be_damaged(
    error: OSError, remedy: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(NstError) as caught:
        load(path)
    assert f"letter {path} cannot be read ({error.strerror})." in caught.value.message
    assert remedy in caught.value.advice
    assert "Write anew" not in caught.value.advice


def test_a_folder_and_a_name_that_cannot_be_are_told_as_such(path: Path) -> None:
    with pytest.raises(NstError) as caught:
        load(path.parent)
    assert "name of a file" in caught.value.advice
    for name in (path / "x", path.parent / ("x" * 300)):
        with pytest.raises(NstError, match=r"There is no letter .*Look again\."):
            load(name)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_memory_that_runs_out_while_reading_says_nothing_about_the_file(
    error: Exception, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(type(error)):
        load(path)


def test_content_that_does_not_fit_is_refused(path: Path) -> None:
    def build(content: dict[str, Any]) -> Tensor:
        return Tensor(content["another"])

    with pytest.raises(NstError, match=r"cannot be read \(it lacks 'another'\)"):
        torch_files.load(path, KIND, build, name="letter", if_missing="", if_damaged="")


def test_another_version_is_refused(tmp_path: Path) -> None:
    torch_files.save(tmp_path / "letter", "letter 2", CONTENT, name="letter")
    with pytest.raises(NstError, match="another version"):
        load(tmp_path / "letter")


class Malicious:
    """What a pickle can do if it is read carelessly."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("owned",)


@pytest.mark.parametrize(
    "save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))]
)
def test_a_file_from_a_stranger_runs_no_code(
    save: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save({"kind": KIND, "text": Malicious()}, tmp_path / "letter")
    with pytest.raises(NstError, match="cannot be read"):
        load(tmp_path / "letter")
    assert not (tmp_path / "owned").exists()


def test_a_full_disk_is_reported_and_the_older_file_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def fail(_: object, file: Any) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(NstError, match="No space left") as caught:
        torch_files.save(path, KIND, {}, name="letter")
    assert caught.value.code == DISK
    assert path.read_bytes() == before
    assert [path.name for path in path.parent.iterdir()] == [path.name]
