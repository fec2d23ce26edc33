"""nst_gimp.engine.job_folder: two GIMPs that make and sweep folders at once leave each other's."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nst_gimp.engine import job_folder

from .conftest import PLUG_IN


def test_a_folder_is_private_while_it_is_used_and_gone_afterwards(tmp_path: Path) -> None:
    with job_folder.folder(tmp_path / "jobs") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        job_folder.sweep(tmp_path / "jobs")
        assert folder.exists()
    assert list((tmp_path / "jobs").iterdir()) == []


def test_what_a_killed_plugin_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / "neural-style-left"
    left.mkdir()
    (left / "lock").touch()
    with job_folder.folder(tmp_path) as folder:
        assert [folder] == list(tmp_path.iterdir())


@pytest.mark.parametrize("moment", ["before its lock is made", "before its lock is taken"])
def test_a_folder_that_another_gimp_sweeps_while_it_is_made_is_made_again(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name = (os, "open") if moment == "before its lock is made" else (fcntl, "flock")
    original = getattr(module, name)
    swept: list[Path] = []

    def sweeping(*arguments: Any, **options: Any) -> int | None:
        for path in tmp_path.glob("neural-style-*"):
            if not swept:
                swept.append(path)
                shutil.rmtree(path)
        result: int | None = original(*arguments, **options)
        return result

    monkeypatch.setattr(module, name, sweeping)
    with job_folder.folder(tmp_path) as folder:
        monkeypatch.setattr(module, name, original)
        assert swept
        assert folder != swept[0]
        (folder / "content.raw").write_bytes(b"pixels")


def test_where_the_file_system_has_no_locks_folders_are_made_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    left = tmp_path / "neural-style-left"
    left.mkdir()
    (left / "lock").touch()
    with job_folder.folder(tmp_path) as folder:
        job_folder.sweep(tmp_path)
        assert folder.exists()
        assert left.exists()  # nobody can tell whether it is in use
        os.utime(left / "lock", (0, 0))
        job_folder.sweep(tmp_path)
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_gimps_that_work_at_once_never_lose_a_folder(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path; from nst_gimp.engine import job_folder\n"
        "for n in range(150):\n"
        "    with job_folder.folder(Path(sys.argv[3])) as folder:\n"
        "        (folder / 'x').write_text('x'); assert (folder / 'lock').exists()\n"
    )
    command = [sys.executable, "-c", script, str(PLUG_IN.parent), str(PLUG_IN), str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []
