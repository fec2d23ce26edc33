"""``nst gimp install``: the plug-in of an engine that pip or pipx has installed."""

from __future__ import annotations

import sys
from pathlib import Path

from nst_contract import __version__
from nst_install import gimp_folders, plugin
from tests.helpers.in_process import nst


def test_the_plug_in_is_placed_with_this_engine_and_removed_again(tmp_path: Path) -> None:
    gimp = tmp_path / "GIMP" / "3.0"
    placed = nst("gimp", "install", "--gimp-dir", str(gimp))
    folder = gimp_folders.plugin_folder(gimp)
    assert placed.returncode == 0, placed.stderr
    assert str(folder) in placed.stdout
    engine = plugin.read_engine_file(folder)
    assert (engine["version"], engine["python"]) == (__version__, sys.executable)
    assert "nst_core gimp install" in engine["repair"]
    removed = nst("gimp", "remove", "--gimp-dir", str(gimp))
    assert removed.returncode == 0, removed.stderr
    assert not folder.exists()


def test_without_gimp_it_says_what_to_do(home: Path) -> None:
    assert home.exists()
    done = nst("gimp", "install")
    assert done.returncode == 1
    assert "--gimp-dir" in done.stderr
