"""The plug-in's folder is complete, finds its engine, and never displaces what is not ours."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nst_contract.errors import DISK, NstError
from nst_contract.platforms import files
from nst_install import gimp_folders, plugin
from nst_install.options import CHECKOUT

ENGINE = {"version": "1.2.3", "python": "/somewhere/bin/python", "repair": "./install.sh"}


@pytest.fixture
def gimp(home: Path) -> Path:
    return home / ".config" / "GIMP" / "3.0"


def test_the_folder_has_everything_that_gimp_needs(gimp: Path) -> None:
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    assert folder == gimp / "plug-ins" / "neural-style"
    assert os.access(folder / "neural-style.py", os.X_OK)
    assert (folder / "nst_gimp").is_dir()
    assert plugin.read_engine_file(folder) == ENGINE
    assert (folder / "locale" / "de" / "LC_MESSAGES" / "neural-style.mo").is_file()
    assert not list(folder.rglob("__pycache__"))


def test_the_users_guide_is_included_with_all_its_pictures_and_pages(gimp: Path) -> None:
    page = plugin.place(CHECKOUT, gimp, ENGINE) / "help" / "index.html"
    text = page.read_text(encoding="utf-8")
    pictures = re.findall('<img[^>]* src="([^"]+)"', text)
    pages = [link for link in re.findall('href="([^"#]+)', text) if "://" not in link]
    assert len(pictures) >= 3
    assert pages
    for file in (*pictures, *pages):
        assert (page.parent / file).is_file(), file


def test_the_contract_files_work_without_the_engine(gimp: Path) -> None:
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    placed = [path for path in folder.glob("nst_contract/**/*") if path.is_file()]
    sources = CHECKOUT.glob("nst_contract/**/*.py")
    assert {str(path.relative_to(folder)) for path in placed} == {
        str(path.relative_to(CHECKOUT)) for path in sources
    }
    imports = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import nst_contract.protocol.events"
    )
    # -S: without help from installed packages.
    subprocess.run([sys.executable, "-I", "-S", "-B", "-c", imports], check=True)


def test_a_new_version_replaces_the_old_one_and_leaves_nothing_behind(gimp: Path) -> None:
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    (folder / "left over.py").write_text("")
    (gimp / "plug-ins" / ".neural-style.cut-off").mkdir()
    plugin.place(CHECKOUT, gimp, {**ENGINE, "version": "1.2.4"})
    assert not (folder / "left over.py").exists()
    assert plugin.read_engine_file(folder)["version"] == "1.2.4"
    assert list((gimp / "plug-ins").iterdir()) == [folder]


def test_someone_elses_plugin_with_that_name_stays(gimp: Path) -> None:
    folder = gimp_folders.plugin_folder(gimp)
    folder.mkdir(parents=True)
    (folder / "neural-style.py").write_text("mine")
    with pytest.raises(NstError) as caught:
        plugin.place(CHECKOUT, gimp, ENGINE)
    assert caught.value.code == DISK
    plugin.remove(folder)
    assert (folder / "neural-style.py").read_text() == "mine"


def test_a_link_to_a_developers_checkout_stays(gimp: Path) -> None:
    folder = gimp_folders.plugin_folder(gimp)
    folder.parent.mkdir(parents=True)
    folder.symlink_to(CHECKOUT / "gimp_plugin")
    with pytest.raises(NstError):
        plugin.place(CHECKOUT, gimp, ENGINE)
    assert folder.is_symlink()


def test_a_failure_leaves_the_old_plugin_untouched(gimp: Path, tmp_path: Path) -> None:
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    with pytest.raises(NstError) as caught:
        plugin.place(tmp_path / "no checkout", gimp, ENGINE)
    assert caught.value.code == DISK
    assert plugin.read_engine_file(folder) == ENGINE


def test_a_new_version_that_cannot_take_its_place_gives_it_back(
    gimp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a virus scanner holds one of the new files on Windows."""
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    rename = files.rename

    def fail(source: Path, target: Path) -> None:
        if target == folder and source.name != "old":
            raise PermissionError(errno.EACCES, "in use")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "rename", fail)
        with pytest.raises(NstError):
            plugin.place(CHECKOUT, gimp, {**ENGINE, "version": "1.2.4"})
    assert plugin.read_engine_file(folder) == ENGINE


def test_the_old_version_outlives_an_installer_that_is_killed_and_a_next_one_that_fails(
    gimp: Path, tmp_path: Path
) -> None:
    folder = plugin.place(CHECKOUT, gimp, ENGINE)
    (folder.parent / ".neural-style.cut-off").mkdir()
    folder.rename(folder.parent / ".neural-style.cut-off" / "old")
    with pytest.raises(NstError):
        plugin.place(tmp_path / "no checkout", gimp, ENGINE)
    assert plugin.read_engine_file(folder) == ENGINE


def test_the_folder_is_as_open_as_any_that_is_made(
    gimp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows keeps who may enter a folder when it is renamed; one of mode 0o700 is closed."""
    rename = files.rename
    modes: set[int] = set()

    def noted(source: Path, target: Path) -> None:
        modes.update(stat.S_IMODE(folder.stat().st_mode) for folder in (source, target.parent))
        rename(source, target)

    monkeypatch.setattr(files, "rename", noted)
    before = os.umask(0o027)
    try:
        for _ in range(2):
            plugin.place(CHECKOUT, gimp, ENGINE)
        plugin.remove(gimp_folders.plugin_folder(gimp))
    finally:
        os.umask(before)
    assert modes == {0o750}


def test_sources_that_are_write_protected_give_a_plugin_that_is_not(
    gimp: Path, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("gimp_plugin", plugin.GUIDE_PICTURES, plugin.CONTRACT):
        shutil.copytree(CHECKOUT / name, checkout / name)
    for path in checkout.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)
    folder = plugin.place(checkout, gimp, ENGINE)
    assert all(path.stat().st_mode & stat.S_IWUSR for path in folder.rglob("*"))
