"""Upgrading, repairing and removing beside engines at work, and after failures and kills."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from nst_contract import in_use
from nst_contract.errors import BUSY, DISK, NstError
from nst_install import install, launcher, link, plugin, prefix, replacement
from nst_install.options import CHECKOUT
from nst_install.plan import InstallPlan, InstallStep

from .conftest import Run

ENGINE = {"version": "1.2.3", "python": "/somewhere/bin/python", "repair": "./install.sh"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation whose environment is one program and one module."""
    folder = tmp_path / "Zoë's engine"
    programs = folder / prefix.VENV / "bin"
    modules = folder / prefix.VENV / "lib" / "python3" / "site-packages"
    programs.mkdir(parents=True)
    modules.mkdir(parents=True)
    (folder / prefix.VENV / "lib64").symlink_to("lib")
    (programs / "python").write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
    (programs / "python").chmod(0o755)
    (folder / prefix.VENV / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (modules / "engine.py").write_text("old")
    launcher.write(programs / "nst", programs / "python")
    return folder


def engine_in(venv: Path) -> str:
    return (venv / "lib64" / "python3" / "site-packages" / "engine.py").read_text()


def upgrade(folder: Path, *, fails: bool = False) -> InstallPlan:
    """A plan that brings a new engine, as pip does it, and a program that knows its folder."""
    old, new = folder / prefix.VENV, folder / prefix.NEXT_VENV

    def change() -> None:
        module = new / "lib" / "python3" / "site-packages" / "engine.py"
        module.unlink()
        module.write_text("new")
        launcher.write(new / "bin" / "nst", new / "bin" / "python")
        (new / "bin" / "tool").write_text(f"#!{new}/bin/python\n")
        if fails:
            raise NstError("internal", "There is no network.", "Try again.")

    steps = [
        InstallStep("Copy", lambda: replacement.copy(old, new)),
        InstallStep("Change", change),
    ]
    done = InstallStep("Record", lambda: (folder / prefix.RECORD).write_text("done"))
    return InstallPlan(engine=steps, rest=[done], replaces=True)


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {prefix.LOG, in_use.FILE, prefix.RECORD}


def test_an_upgrade_takes_the_old_ones_place_and_its_programs_name_that(folder: Path) -> None:
    install._carry_out(upgrade(folder), folder)
    venv = folder / prefix.VENV
    assert engine_in(venv) == "new"
    assert prefix.NEXT_VENV not in (venv / "bin" / "nst").read_text()
    run = subprocess.run([venv / "bin" / "nst", "show"], capture_output=True, text=True)
    called = run.stdout.splitlines()
    assert called[:2] == [str(venv / "bin" / "python"), "-I"]
    assert called[-1] == "show"
    assert (venv / "bin" / "tool").read_text() == f"#!{venv}/bin/python\n"
    assert os.access(venv / "bin" / "nst", os.X_OK)
    assert left_in(folder) == {prefix.VENV}


def test_an_upgrade_that_fails_leaves_the_old_environment_as_it_was(folder: Path) -> None:
    before = (folder / prefix.VENV / "bin" / "nst").read_text()
    with pytest.raises(NstError):
        install._carry_out(upgrade(folder, fails=True), folder)
    assert engine_in(folder / prefix.VENV) == "old"
    assert (folder / prefix.VENV / "bin" / "nst").read_text() == before
    assert left_in(folder) == {prefix.VENV}
    assert not prefix.is_interrupted(folder)
    assert not (folder / prefix.RECORD).exists()


def test_a_swap_that_fails_half_way_is_undone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == prefix.NEXT_VENV:
            raise OSError("full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="full"):
        install._carry_out(upgrade(folder), folder)
    assert engine_in(folder / prefix.VENV) == "old"


def killed_while_copying(folder: Path) -> None:
    (folder / prefix.NEXT_VENV / "bin").mkdir(parents=True)


def killed_between_the_two_renames(folder: Path) -> None:
    replacement.copy(folder / prefix.VENV, folder / prefix.NEXT_VENV)
    (folder / prefix.VENV).rename(folder / prefix.LAST_VENV)


def killed_while_removing_the_last(folder: Path) -> None:
    (folder / prefix.LAST_VENV / "bin").mkdir(parents=True)


@pytest.mark.parametrize(
    "kill", [killed_while_copying, killed_between_the_two_renames, killed_while_removing_the_last]
)
def test_whenever_an_upgrade_is_killed_the_next_call_finds_a_whole_environment(
    kill: Callable[[Path], None], folder: Path
) -> None:
    kill(folder)
    replacement.recover(folder)
    assert engine_in(folder / prefix.VENV) == "old"
    assert left_in(folder) == {prefix.VENV}


def refused(*_paths: Path) -> None:
    raise PermissionError


def test_without_hard_links_files_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refused)
    install._carry_out(upgrade(folder), folder)
    assert engine_in(folder / prefix.VENV) == "new"


def test_a_full_disk_is_said_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of the thousands of files."""
    tried = []

    def full(source: Path, _target: Path) -> None:
        tried.append(source)
        raise OSError(errno.ENOSPC, "No space left on device", str(source))

    monkeypatch.setattr(os, "link", lambda *_paths: full(*map(Path, _paths)))
    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(OSError, match="No space left") as caught:
        install._carry_out(upgrade(folder), folder)
    assert caught.value.errno == errno.ENOSPC
    assert len(set(tried)) == 1
    assert left_in(folder) == {prefix.VENV}


def test_what_a_copy_takes_counts_where_there_are_no_hard_links(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = folder / prefix.VENV
    (venv / "large").write_bytes(bytes(3_000_000))
    assert replacement.room_for_copy(venv) == 0
    monkeypatch.setattr(os, "link", refused)
    assert 3_000_000 < replacement.room_for_copy(venv) < 3_010_000
    disk = SimpleNamespace(free=2 * 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: disk)
    plan = upgrade(folder)
    install._count_copy(plan, folder)
    with pytest.raises(NstError, match="needs about 3 MB, but only 2 MB") as caught:
        install._check_room(plan, folder)
    assert caught.value.code == DISK
    assert left_in(folder) == {prefix.VENV}


# Engines at work ---------------------------------------------------------------------------------


def test_the_installer_waits_for_engines_at_work_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.close(in_use.take(folder) or -1)
    engines = [in_use.hold(folder) for _ in range(2)]
    changed = threading.Thread(target=install._carry_out, args=(upgrade(folder), folder))
    changed.start()
    for engine in engines:
        time.sleep(0.2)
        assert engine_in(folder / prefix.VENV) == "old"
        assert engine is not None
        os.close(engine)
    changed.join()
    assert engine_in(folder / prefix.VENV) == "new"
    assert "Waiting" in capsys.readouterr().out


def test_no_engine_starts_while_it_is_replaced(folder: Path) -> None:
    with replacement.at_rest(folder), pytest.raises(NstError, match="install") as caught:
        in_use.hold(folder)
    assert caught.value.code == BUSY
    assert in_use.hold(folder) is not None


def test_an_engine_that_no_installer_made_needs_no_lock(folder: Path) -> None:
    assert in_use.hold(folder) is None
    assert in_use.hold(folder / "missing") is None
    assert not (folder / in_use.FILE).exists()


def test_uninstalling_waits_for_an_engine_at_work(home: Path, install: Run) -> None:
    folder = home / ".local" / "share" / "gimp-neural-style"
    with prefix.locked(folder):
        (folder / prefix.VENV).mkdir()
    os.close(in_use.take(folder) or -1)
    engine = in_use.hold(folder)
    assert engine is not None
    removed: list[subprocess.CompletedProcess[str]] = []
    waiting = threading.Thread(target=lambda: removed.append(install("--uninstall")))
    waiting.start()
    waiting.join(3)
    assert (folder / prefix.VENV).exists()
    os.close(engine)
    waiting.join()
    assert "Waiting" in removed[0].stdout
    assert not folder.exists()


# Two at once, and places that cannot be written --------------------------------------------------


def test_two_installers_into_one_gimp_folder_leave_a_whole_plugin(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from nst_install import plugin\n"
        "for n in range(15): plugin.place(Path(sys.argv[1]), Path(sys.argv[2]),"
        " {'version': sys.argv[3], 'python': '/x', 'repair': ''})"
    )
    command = [sys.executable, "-c", script, str(CHECKOUT), str(tmp_path)]
    both = [
        subprocess.Popen([*command, version], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
        for version in ("1", "2")
    ]
    for process in both:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    folder = tmp_path / "plug-ins" / "neural-style"
    assert plugin.read_engine_file(folder)["version"] in ("1", "2")
    placed = {path.relative_to(folder) for path in folder.rglob("*.py")}
    whole = plugin.place(CHECKOUT, tmp_path / "other", ENGINE)
    assert placed == {path.relative_to(whole) for path in whole.rglob("*.py")}
    assert list(folder.parent.iterdir()) == [folder]


def test_an_installation_goes_on_where_the_link_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".local").write_text("a file in the folder's place")
    link.make(tmp_path / ".local" / "bin" / "nst", Path("/engine/bin/nst"))
    said = capsys.readouterr().out
    assert "cannot be made" in said
    assert "/engine/bin/nst" in said
