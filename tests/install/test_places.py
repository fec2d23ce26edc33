"""An installation is known again by whichever spelling of its folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nst_contract import __version__
from nst_install import gimp_folders, link, places, plugin, prefix, uninstall
from nst_install.install import nst_program, venv_in
from nst_install.options import CHECKOUT, Options, read_options


@pytest.fixture
def options(home: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    (home / "here").mkdir()
    monkeypatch.chdir(home / "here")
    return read_options(["--prefix", "../nst"], home, {})


def installed(options: Options, folder: Path, *plugins: Path) -> Path:
    """Puts in place what has to be removed, as if in that folder. Returns the link."""
    venv = venv_in(folder)
    venv.python.parent.mkdir(parents=True)
    # As in each environment: a link to one Python.
    venv.python.symlink_to(sys.executable)
    engine = {"version": __version__, "python": str(venv.python), "repair": "install.sh"}
    for gimp in plugins:
        plugin.place(CHECKOUT, gimp, engine)
    command = options.home / ".local" / "bin" / "nst"
    link.make(command, nst_program(folder))
    placed = [str(gimp_folders.plugin_folder(gimp)) for gimp in plugins]
    record = prefix.InstallRecord(__version__, "cpu", "all", placed, str(command), "", "install.sh")
    prefix.write_record(folder, record)
    return command


def test_a_folder_is_named_without_detours(options: Options, home: Path) -> None:
    assert options.prefix == home / "nst"


@pytest.mark.parametrize("spelling", ["here/../nst", "linked/nst"])
def test_another_spelling_removes_plugin_and_command(
    spelling: str, options: Options, home: Path
) -> None:
    (home / "linked").symlink_to(home)
    gimp = home / ".config" / "GIMP" / "3.0"
    same_gimp = home / "linked" / ".config" / "GIMP" / "3.0"
    command = installed(options, home / spelling, gimp, same_gimp)
    assert uninstall.run(options) == 0
    assert not gimp.exists()
    assert not os.path.lexists(command)


def test_the_plugin_of_another_engine_stays(options: Options, home: Path) -> None:
    gimp = home / ".config" / "GIMP" / "3.0"
    command = installed(options, home / "other", gimp)
    installed(options, options.prefix)
    link.make(command, nst_program(home / "other"))
    assert uninstall.run(options) == 0
    assert plugin.is_ours(gimp_folders.plugin_folder(gimp))
    assert os.path.lexists(command)


def test_a_folder_of_path_may_be_spelt_in_any_way(options: Options, home: Path) -> None:
    program = nst_program(options.prefix)
    command = home / ".local" / "bin" / "nst"
    link.make(command, program)
    for path, called in ((f"/usr/bin:{home}/.local/bin/", "nst"), ("/usr/bin:", str(program))):
        asked = read_options(["--prefix", str(options.prefix)], home, {"PATH": path})
        assert link.called_by(asked, program) == called


def test_places_that_do_not_exist_are_compared_too(tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(tmp_path)
    assert places.is_same(tmp_path / "linked" / "a" / ".." / "b", tmp_path / "b")
    assert not places.is_same(tmp_path / "a", tmp_path / "b")
