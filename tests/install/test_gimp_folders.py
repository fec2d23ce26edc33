"""GIMP's user folders are found wherever a platform keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_install import gimp_folders, own_folders
from nst_install.systems import posix, windows


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", ".config/GIMP/3.0"),
        ("linux", ".config/GIMP/3.2"),
        ("linux", ".var/app/org.gimp.GIMP/config/GIMP/3.0"),
        ("linux", "snap/gimp/current/.config/GIMP/3.0"),
        ("darwin", "Library/Application Support/GIMP/3.2"),
        ("win32", "AppData/Roaming/GIMP/3.2"),
        ("win32", "AppData/Local/Packages/GIMP.GIMP_x/LocalCache/Roaming/GIMP/3.0"),
    ],
)
def test_a_gimp_3_folder_is_found(
    home: Path, platform: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gimp_folders, "system", windows if platform == "win32" else posix)
    monkeypatch.setattr(posix, "_ON_MAC", platform == "darwin")
    (home / folder).mkdir(parents=True)
    assert gimp_folders.gimp_folders(home, {}) == [home / folder]


@pytest.mark.parametrize(
    ("program", "folder"),
    [
        ("/usr/bin/gimp-console-3.0", ".config/GIMP"),
        ("/snap/bin/gimp", "snap/gimp/current/.config/GIMP"),
        ("/var/lib/snapd/snap/bin/gimp", "snap/gimp/current/.config/GIMP"),
    ],
)
def test_a_gimp_that_was_never_started_has_its_own_folder(
    home: Path, program: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posix, "_ON_MAC", False)
    assert posix.gimp_base(program, home, {}) == home / folder


def test_several_gimps_are_all_found_native_ones_first(home: Path) -> None:
    wanted = [
        home / ".config/GIMP/3.0",
        home / ".config/GIMP/3.2",
        home / ".var/app/org.gimp.GIMP/config/GIMP/3.2",
    ]
    for folder in wanted:
        folder.mkdir(parents=True)
    assert gimp_folders.gimp_folders(home, {}) == wanted


def test_older_gimps_and_plain_files_are_ignored(home: Path) -> None:
    (home / ".config/GIMP/2.10").mkdir(parents=True)
    (home / ".config/GIMP/3.0").write_text("")
    assert gimp_folders.gimp_folders(home, {}) == []


def test_xdg_folders_are_respected_if_absolute(home: Path, tmp_path: Path) -> None:
    (tmp_path / "conf/GIMP/3.0").mkdir(parents=True)
    env = {"XDG_CONFIG_HOME": str(tmp_path / "conf"), "XDG_DATA_HOME": "not/absolute"}
    assert gimp_folders.gimp_folders(home, env) == [tmp_path / "conf/GIMP/3.0"]
    assert own_folders.default_prefix(home, env) == home / ".local/share/gimp-neural-style"


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("GNU Image Manipulation Program version 3.0.4", "3.0"),
        ("GNU Image Manipulation Program version 3.2.6", "3.2"),
        ("GNU Image Manipulation Program version 2.10.34", None),
        (b"GNU: \xaf\xe0\xae\xa3\xe0\xa0\xac\xac\xa0, 3.0.4", "3.0"),  # Russian, code page 866
    ],
)
def test_a_gimp_is_asked_for_its_version(
    tmp_path: Path, says: str | bytes, version: str | None
) -> None:
    program = tmp_path / "gimp"
    words = says if isinstance(says, bytes) else says.encode()
    program.write_bytes(b"#!/bin/sh\necho '" + words + b"'\n")
    program.chmod(0o755)
    assert gimp_folders.gimp_version(str(program)) == version
