"""nst_contract.platforms on Windows: what only a Windows can show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nst_contract.platforms import files, folders, locks, machine, pipes, processes
from nst_core.storage.atomic_files import check_place, sweep, writing
from nst_core.storage.folder_lock import locked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Zoë Müller"
    folder.mkdir()
    return folder


def test_a_file_is_locked_against_others_and_can_still_be_read(folder: Path) -> None:
    one = files.create(folder / "lock")
    os.write(one, b"text\n")
    locks.lock(one)
    other = files.open_existing(folder / "lock")
    with pytest.raises(BlockingIOError):
        locks.lock(other)
    assert (folder / "lock").read_bytes() == b"text\n"
    os.close(one)
    locks.lock(other)
    os.close(other)


def test_a_lock_can_be_shared(folder: Path) -> None:
    one = files.create(folder / "lock")
    other = files.open_existing(folder / "lock")
    locks.lock(one, shared=True)
    locks.lock(other, shared=True)
    third = files.open_existing(folder / "lock")
    with pytest.raises(BlockingIOError):
        locks.lock(third)
    for descriptor in (one, other, third):
        os.close(descriptor)


def test_a_folder_is_locked_until_the_end_of_the_block(folder: Path) -> None:
    with locked(folder) as first, locked(folder) as second:
        assert (first, second) == (True, False)
    with locked(folder) as third:
        assert third
    assert list(folder.iterdir()) == []


def test_a_file_takes_an_old_ones_place_and_leaves_nothing_behind(folder: Path) -> None:
    for content in (b"old", b"new"):
        with writing(folder / "file") as file:
            file.write(content)
            sweep(folder)
    assert (folder / "file").read_bytes() == b"new"
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_target_that_is_open_stays_and_the_error_says_so(folder: Path) -> None:
    (folder / "file").write_bytes(b"old")
    with (folder / "file").open("rb"):
        with pytest.raises(OSError, match=r".") as caught, writing(folder / "file") as file:
            file.write(b"new")
        assert files.is_in_use(caught.value)
    assert (folder / "file").read_bytes() == b"old"
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_file_is_removed_if_there_is_one(folder: Path) -> None:
    (folder / "file").touch()
    for _ in range(2):
        files.remove(folder / "file")
        assert list(folder.iterdir()) == []


def test_a_target_that_is_open_is_found_out_before(folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(b"old")
    check_place(path)
    with path.open("rb"), pytest.raises(OSError, match="another program has it open"):
        check_place(path)
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_what_cannot_take_an_open_ones_place_is_kept_beside_it(folder: Path) -> None:
    path = folder / "file.png"
    for name in ("file.png", "file (2).png"):
        (folder / name).write_bytes(b"old")
    with (
        path.open("rb"),
        pytest.raises(OSError, match=r"is in file \(3\).png"),
        writing(path, or_beside=True) as file,
    ):
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert (folder / "file (3).png").read_bytes() == b"new"
    assert len(list(folder.iterdir())) == 3


def test_a_folder_goes_with_the_lock_that_is_open_in_it(folder: Path) -> None:
    lock = files.create(folder / "lock")
    locks.lock(lock)
    files.remove_with_lock(folder, lock)
    assert not folder.exists()


def test_what_is_write_protected_is_removed_too(folder: Path) -> None:
    (folder / "file").touch()
    (folder / "file").chmod(0o444)
    files.remove_tree(folder)
    assert not folder.exists()


def test_a_pipe_is_read_as_it_fills_and_to_its_end() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"line\r\n")
    assert pipes.read(reader, 100) == b"line\r\n"
    os.close(writer)
    assert pipes.read(reader, 100) == b""
    os.close(reader)


def test_what_is_started_finds_the_systems_libraries_and_ends_as_it_says() -> None:
    script = "import os, sys; sys.stdout.buffer.write(os.environ['PATH'].encode()); os._exit(3)"
    own = f"{sys.prefix}\\Scripts"
    process = processes.start_in_background(
        [sys.executable, *processes.PYTHON_OPTIONS, "-c", script],
        {**os.environ, "PATH": f"{own};{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
    )
    path, _ = process.communicate()
    assert own not in path.decode()
    assert processes.ending(process.returncode) == "exit code 3"
    assert processes.ending(0xC0000005) == "Windows error 0xc0000005"


def test_the_machine_tells_its_memory_and_lets_itself_be_slowed() -> None:
    assert machine.total_memory() > 2**30
    assert machine.cores() >= 1
    machine.lower_priority()


def test_engine_logs_and_jobs_lie_apart_from_each_other() -> None:
    home = Path(r"C:\Users\Zoë Müller")
    engine, logs, jobs = (find(home, {}) for find in (folders.engine, folders.logs, folders.jobs))
    assert not any(place.is_relative_to(engine) for place in (logs, jobs))
    assert not logs.is_relative_to(jobs)
    assert all(place.is_relative_to(home / "AppData" / "Local") for place in (engine, logs, jobs))


def test_a_private_folder_is_as_open_as_the_profile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python closes one of mode 0o700 to all but its owner: the administrators, as one of them."""
    made: list[int] = []
    monkeypatch.setattr(os, "mkdir", lambda _path, mode=0o777: made.append(mode))
    files.make_private_folder(folder / "private")
    assert made == [0o777]
