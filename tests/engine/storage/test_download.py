"""nst_core.storage.download: a file arrives complete or not at all, whatever the server does."""

from __future__ import annotations

import contextlib
import fcntl
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract.errors import DISK, WEIGHTS, NstError
from nst_core.storage import download
from tests.helpers.server import DATA, SHA256, Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "folder of its own" / "vgg19.pth"


def part(target: Path) -> Path:
    return target.with_name("vgg19.pth.part")


def fetch(server: Server, target: Path, sha256: str = SHA256) -> list[tuple[int, int]]:
    """Downloads DATA; returns the reported progress."""
    told: list[tuple[int, int]] = []

    def on_progress(have: int, size: int) -> None:
        told.append((have, size))

    download.fetch(server.url, target, sha256, len(DATA), on_progress)
    return told


def refusal(server: Server, target: Path, code: str = WEIGHTS, sha256: str = SHA256) -> NstError:
    with pytest.raises(NstError) as caught:
        fetch(server, target, sha256)
    assert caught.value.code == code
    assert caught.value.advice
    assert not target.exists()
    return caught.value


def test_a_file_is_stored_completely_and_its_progress_reported(
    server: Server, target: Path
) -> None:
    told = fetch(server, target)
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == ["vgg19.pth"]
    counts = [have for have, _ in told]
    assert len(counts) > 3
    assert counts == sorted(counts)
    assert told[-1] == (len(DATA), len(DATA))


def test_an_interrupted_download_continues_where_it_stopped(server: Server, target: Path) -> None:
    server.cut = 2_000_000
    error = refusal(server, target)
    assert "2000000 of 5120000 bytes" in error.message
    assert "continues from there" in error.advice
    assert part(target).read_bytes() == DATA[:2_000_000]

    told = fetch(server, target)
    assert server.asked == ["", "bytes=2000000-"]
    assert told[0][0] > 2_000_000
    assert target.read_bytes() == DATA
    assert not part(target).exists()


def test_a_file_already_complete_before_an_interruption_is_not_downloaded_again(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    part(target).write_bytes(DATA)
    fetch(server, target)
    assert server.asked == []
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("rest", [DATA[:1000], DATA + b"more"], ids=["less", "more"])
def test_without_ranges_or_with_too_long_a_part_the_download_starts_again(
    rest: bytes, server: Server, target: Path
) -> None:
    server.knows_ranges = False
    target.parent.mkdir()
    part(target).write_bytes(rest)
    fetch(server, target)
    assert target.read_bytes() == DATA


def test_a_wrong_checksum_leaves_nothing_behind(server: Server, target: Path) -> None:
    server.data = b"?" + DATA[1:]
    assert "wrong checksum" in refusal(server, target).message
    assert not part(target).exists()
    server.data = DATA
    fetch(server, target)
    assert target.read_bytes() == DATA


def test_a_part_of_a_different_file_is_detected_and_dropped(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part(target).write_bytes(b"?" * 1000)
    assert "wrong checksum" in refusal(server, target).message
    fetch(server, target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("have", [0, 1000])
def test_a_file_of_a_different_size_is_refused_before_it_is_downloaded(
    have: int, server: Server, target: Path
) -> None:
    target.parent.mkdir()
    part(target).write_bytes(DATA[:have])
    server.data = DATA * 2
    assert "a different file" in refusal(server, target).message
    assert part(target).read_bytes() == DATA[:have]


def test_a_server_that_sends_the_wrong_part_is_refused(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part(target).write_bytes(DATA[:1000])
    server.says = {"Content-Range": f"bytes 0-{len(DATA) - 1}/{len(DATA)}"}
    assert "a different file" in refusal(server, target).message


def test_a_server_that_does_not_stop_is_cut_off(server: Server, target: Path) -> None:
    server.data = DATA * 4
    server.says = {"Content-Length": ""}
    told: list[int] = []
    with pytest.raises(NstError, match="wrong checksum"):
        download.fetch(server.url, target, SHA256, len(DATA), lambda have, _: told.append(have))
    assert told[-1] < 2 * len(DATA)
    assert not part(target).exists()


@pytest.mark.parametrize("status", [403, 404, 416, 503])
def test_the_servers_refusal_is_reported(status: int, server: Server, target: Path) -> None:
    server.status = status
    error = refusal(server, target)
    assert str(status) in error.message
    assert server.url in error.message


def test_an_unreachable_server_is_reported(server: Server, target: Path) -> None:
    server.shutdown()
    server.server_close()
    error = refusal(server, target)
    assert "refused" in error.message
    assert "network" in error.advice


@pytest.mark.parametrize(
    "url", ["http://example.org/vgg19.pth", "ftp://127.0.0.2/x", "file:///etc/passwd"]
)
def test_everything_is_downloaded_by_https(url: str, server: Server, target: Path) -> None:
    with pytest.raises(NstError, match="not a safe address"):
        download.fetch(url, target, SHA256, len(DATA), lambda *_: None)
    server.leads_to = url.replace("file://", "http://example.org")
    assert "not a safe address" in refusal(server, target).message


def test_two_downloads_at_once_do_not_mix(server: Server, target: Path) -> None:
    target.parent.mkdir()
    with part(target).open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "Another process" in refusal(server, target).message
    fetch(server, target)
    assert target.read_bytes() == DATA


def test_a_folder_that_cannot_be_created_is_reported(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal(server, tmp_path / "file" / "folder" / "vgg19.pth", DISK)
    assert "cannot be written" in error.message


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Keeps files from growing beyond ``size`` bytes, even for root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_continues_after_a_full_disk(server: Server, target: Path) -> None:
    with full_disk(2 * 2**20):
        advice = refusal(server, target, DISK).advice
        assert advice == "Make room: its disk is full. The same command continues from there."
    assert 0 < part(target).stat().st_size <= 2 * 2**20
    fetch(server, target)
    assert server.asked[1] == f"bytes={2 * 2**20}-"
    assert target.read_bytes() == DATA
