"""nst_core.training.published: CIFAR-100 arrives whole, and in place of nothing of the user's."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract.errors import BAD_INPUT, DISK, NstError
from nst_core.training import published
from tests.helpers import torchvision
from tests.helpers.in_process import nst
from tests.helpers.server import Server, serving

FILES = {name: f"{name} of CIFAR-100\n".encode() * 100_000 for name in ("train", "test", "meta")}


def packed() -> bytes:
    """The archive: as the published one, it holds more than is needed."""
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w:gz") as tar:
            for name, data in {"file.txt~": b"", **FILES}.items():
                member = tarfile.TarInfo(f"cifar-100-python/{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        return file.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        server.data = packed()
        url = server.url.replace("vgg19.pth", "cifar-100-python.tar.gz")
        monkeypatch.setattr(published, "URL", url)
        monkeypatch.setattr(published, "SIZE", len(server.data))
        monkeypatch.setattr(published, "SHA256", hashlib.sha256(server.data).hexdigest())
        monkeypatch.setattr(
            published, "MD5", {name: published.md5(data) for name, data in FILES.items()}
        )
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def inner(data: Path) -> Path:
    """The folder of the data set's files, which is empty."""
    inner = data / "cifar-100-python"
    inner.mkdir(parents=True)
    return inner


def fetch(data: Path) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    published.fetch(data, lambda have, size: told.append((have, size)))
    return told


def refused(data: Path, code: str = BAD_INPUT) -> NstError:
    with pytest.raises(NstError) as caught:
        fetch(data)
    assert caught.value.code == code
    return caught.value


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_addresses_and_checksums_are_those_that_torchvision_knows() -> None:
    theirs = torchvision.module("torchvision.datasets").CIFAR100
    files = dict([*theirs.train_list, *theirs.test_list])
    assert {**files, "meta": theirs.meta["md5"]} == published.MD5
    assert theirs.url == published.URL


def test_the_archive_is_fetched_and_unpacked(server: Server, data: Path) -> None:
    told = fetch(data)
    assert contents(data / "cifar-100-python") == FILES
    assert told[-1] == (len(server.data), len(server.data))


def test_people_and_programs_see_the_progress(server: Server, data: Path, tmp_path: Path) -> None:
    train = ("train", "--download", "--out", tmp_path / "net.safetensors", "--data")
    person = nst(*train, data)
    assert "100% |" in person.stderr
    assert "CIFAR-100 [" in person.stderr
    program = nst(*train, tmp_path / "other", "--json")
    *_, last, _ = (json.loads(line) for line in program.stdout.splitlines())
    assert (last["event"], last["bytes"], last["of"]) == ("download", *[len(server.data)] * 2)


def test_what_is_there_is_not_fetched_again(server: Server, data: Path) -> None:
    fetch(data)
    fetch(data)
    fetch(data / "cifar-100-python")
    (data / "cifar-100-python" / "meta").unlink()  # an interruption while unpacking
    fetch(data)
    assert contents(data / "cifar-100-python") == FILES
    assert len(server.asked) == 1


def test_an_interrupted_download_continues(server: Server, data: Path) -> None:
    server.cut = 1000
    error = refused(data)
    assert f"1000 of {len(server.data)} bytes" in error.message
    assert "continues from there" in error.advice
    assert str(data / "cifar-100-python.tar.gz") in error.advice
    fetch(data)
    assert server.asked == ["", "bytes=1000-"]
    assert contents(data / "cifar-100-python") == FILES


@pytest.mark.usefixtures("server")
def test_ctrl_c_says_that_the_download_continues(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nst_core.storage.download.os.fsync", interrupt)
    run = nst("train", "--download", "--data", data, "--out", tmp_path / "net.safetensors")
    assert run.returncode == 130
    assert "What has arrived is kept; the same command continues from there." in run.stderr


def test_nothing_is_fetched_over_plain_http(server: Server, data: Path) -> None:
    server.leads_to = "http://example.org/cifar-100-python.tar.gz"
    assert "not a safe address" in refused(data).message


def test_a_damaged_archive_is_told(server: Server, data: Path) -> None:
    server.data = server.data[:-1] + bytes([server.data[-1] ^ 1])
    assert "wrong checksum" in refused(data).message
    assert not (data / "cifar-100-python").exists()


@pytest.mark.parametrize("name", ["SHA256SUMS", "train", "test", "meta"])
@pytest.mark.parametrize("is_around", [True, False], ids=["around it", "itself"])
def test_a_data_set_of_ones_own_is_never_overwritten(
    name: str, is_around: bool, server: Server, data: Path, inner: Path
) -> None:
    before = {**FILES, name: b"hours of work"}
    for each, content in before.items():
        (inner / each).write_bytes(content)
    error = refused(data if is_around else inner)
    assert f"{inner / name} is there already, and is no file of CIFAR-100" in error.message
    assert "leave --download out" in error.advice
    assert contents(inner) == before
    assert server.asked == []


def test_another_archive_of_that_name_is_kept(server: Server, data: Path, inner: Path) -> None:
    (data / "cifar-100-python.tar.gz").write_bytes(b"hours of work")
    assert "is not the archive of CIFAR-100" in refused(data).message
    assert (data / "cifar-100-python.tar.gz").read_bytes() == b"hours of work"
    assert (server.asked, contents(inner)) == ([], {})


def test_a_disk_that_is_full_is_told(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("nst_core.training.published.shutil.copyfileobj", fail)
    assert "Make room" in refused(data, DISK).advice
    assert contents(data / "cifar-100-python") == {}
    assert len(server.asked) == 1
