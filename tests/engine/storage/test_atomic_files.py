"""nst_core.storage.atomic_files: whole or not at all, and never in place of what must stay."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nst_core.storage import atomic_files
from nst_core.storage.atomic_files import check_place, discard_unfinished, sweep, writing
from tests.helpers.processes import environment

NEW = b"new content"


def write(path: Path, content: bytes = NEW, permissions: int = 0o666) -> None:
    with writing(path, permissions) as file:
        file.write(content)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208 (names in any bytes)


# A file and its permissions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["plain", "Zoë 画像.png", "caf\udce9.png", "%s {0}\n.tif", "x" * 255]
)
def test_a_file_of_any_name_is_written_and_nothing_beside_it(name: str, tmp_path: Path) -> None:
    check_place(tmp_path / name)
    assert names(tmp_path) == []
    write(tmp_path / name)
    assert (tmp_path / name).read_bytes() == NEW
    assert names(tmp_path) == [name]


def test_it_is_private_until_it_is_complete(tmp_path: Path) -> None:
    ordinary, path = tmp_path / "ordinary", tmp_path / "file"
    ordinary.touch()
    with writing(path) as file:
        (hidden,) = tmp_path.glob(".nst-*")
        assert mode(hidden) == 0o600
        file.write(NEW)
    assert mode(path) == mode(ordinary)


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.touch(0o600)
    write(path)
    assert mode(path) == 0o600


def test_a_private_file_stays_private_whatever_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    path.touch(0o644)
    write(path, permissions=0o600)
    assert mode(path) == 0o600


def test_nobody_gets_between_the_name_and_the_first_write(tmp_path: Path) -> None:
    # What is put in the hidden file's place while it is written, as another user could do in a
    # folder that is open to all, is not written to.
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    with writing(tmp_path / "file") as file:
        (hidden,) = tmp_path.glob(".nst-*")
        hidden.unlink()
        hidden.symlink_to(mine)
        file.write(NEW)
    assert mine.read_bytes() == b"mine"


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), writing(path) as file:
        file.write(NEW)
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


# What must stay -----------------------------------------------------------------------------------


def assert_kept(path: Path, why: str) -> None:
    """Asserts that a file is refused as a place, before and when writing, and is as it was."""
    before = path.lstat()
    for refused in (check_place, write):
        with pytest.raises(OSError, match=why) as caught:
            refused(path)
        assert caught.value.strerror
    after = path.lstat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not list(path.parent.glob(".nst-*"))


def test_a_write_protected_file_stays_even_from_root(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch(0o444)
    assert_kept(path, "write-protected")


def test_a_folder_and_a_pipe_stay(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert_kept(tmp_path / "folder", "a folder")
    assert_kept(tmp_path / "pipe", "no ordinary file")


@pytest.mark.parametrize("folder_mode", [0o1777, 0o777])
def test_what_others_own_in_a_sticky_folder_stays(
    folder_mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.touch(0o666)
    tmp_path.chmod(folder_mode)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)  # somebody else is writing
    monkeypatch.setattr(os, "access", lambda *_: True)
    if folder_mode & stat.S_ISVTX:
        assert_kept(path, "another user")
    else:
        write(path)


def test_a_link_stays_and_leads_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(Path("there") / "target")
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == NEW
    assert names(tmp_path / "there") == ["target"]


def test_a_link_to_nothing_yet_leads_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    write(tmp_path / "link")
    assert (tmp_path / "target").read_bytes() == NEW


def test_a_link_to_what_must_stay_is_no_way_around(tmp_path: Path) -> None:
    (tmp_path / "target").touch(0o444)
    (tmp_path / "link").symlink_to("target")
    assert_kept(tmp_path / "link", "write-protected")


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    assert_kept(tmp_path / "link", os.strerror(errno.ELOOP))


def test_a_strangers_link_in_a_folder_open_to_all_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link").symlink_to(tmp_path / "mine")
    os.lchown(shared / "link", os.getuid(), -1)
    shared.chmod(0o1777)
    owner = shared.stat().st_uid
    real = Path.stat

    def of_a_third_user(self: Path, **options: bool) -> os.stat_result:
        status = real(self, **options)
        values = list(status)
        values[stat.ST_UID] = owner + 2 if self == shared else status.st_uid
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", of_a_third_user)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match="another user"):
        write(shared / "link")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("none/file", errno.ENOENT),
        ("old/file", errno.ENOTDIR),
        ("x" * 256, errno.ENAMETOOLONG),
        ("x" * 300 + "/file", errno.ENAMETOOLONG),
    ],
)
def test_a_place_that_cannot_be_is_found_out_before(name: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    with pytest.raises(OSError, match=r".") as caught:
        check_place(tmp_path / name)
    assert caught.value.errno == code
    assert names(tmp_path) == ["old"]


# Left behind --------------------------------------------------------------------------------------

WRITES_FOR_EVER = """
import sys, time
from pathlib import Path
from nst_core.storage.atomic_files import writing
with writing(Path(sys.argv[1])) as file:
    file.write(bytes(100))
    print("begun", flush=True)
    time.sleep(1000)
"""


def being_written(path: Path) -> subprocess.Popen[str]:
    """Starts a process that is in the middle of writing a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES_FOR_EVER, path],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.stdout.close()
    return process


def test_what_a_killed_process_left_is_swept_up_by_the_next_file(tmp_path: Path) -> None:
    process = being_written(tmp_path / "file")
    process.kill()
    process.wait()
    assert len(names(tmp_path)) == 1
    write(tmp_path / "another")
    assert names(tmp_path) == ["another"]


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    process = being_written(tmp_path / "file")
    before = names(tmp_path)
    sweep(tmp_path)
    assert names(tmp_path) == before
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    "name", [".nst-settings", ".nst-0123456789abcdef", "nst-0123456789abcdef-a.tmp", ".nst-1-a.tmp"]
)
def test_files_of_similar_names_are_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    sweep(tmp_path)
    assert names(tmp_path) == [name]


def test_links_are_left_alone_and_so_is_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    link = tmp_path / f".nst-{'0' * 16}-file.tmp"
    link.symlink_to("mine")
    sweep(tmp_path)
    assert names(tmp_path) == [link.name, "mine"]


def test_a_file_that_is_swept_up_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Path] = []

    def lock(*_: int) -> None:
        if not swept:  # another process is quicker
            swept.extend(tmp_path.glob(".nst-*"))
            swept[0].unlink()

    monkeypatch.setattr(fcntl, "flock", lock)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == NEW
    assert names(tmp_path) == ["file"]


def test_where_files_cannot_be_locked_they_are_written_and_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    left = tmp_path / f".nst-{'0' * 16}-file.tmp"
    left.touch()
    write(tmp_path / "file")
    assert names(tmp_path) == [left.name, "file"]


def test_what_is_being_written_can_be_discarded_by_another_thread(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "file") as file:
        file.write(NEW)
        discard_unfinished()
    assert names(tmp_path) == []


def test_room_is_that_of_the_folder(tmp_path: Path) -> None:
    assert 0 < atomic_files.room(tmp_path / "file") <= os.statvfs(tmp_path).f_blocks * 2**16
