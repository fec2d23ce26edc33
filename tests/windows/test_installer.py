"""install.cmd in a profile whose name has a space and letters outside ASCII."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract import __version__
from nst_contract.platforms import files
from nst_install import launcher, link, plugin, prefix, uninstall
from nst_install.install import nst_program
from nst_install.options import Options, read_options
from nst_install.systems import system, windows
from tests.helpers.processes import PATIENCE, REPOSITORY


@pytest.fixture
def profile() -> Iterator[Path]:
    # As short as a real one: an engine's folder may have no long path.
    with tempfile.TemporaryDirectory(
        prefix="Zoë Ü ", dir=Path(tempfile.gettempdir()).anchor
    ) as folder:
        profile = Path(folder)
        (profile / "AppData" / "Roaming" / "GIMP" / "3.0").mkdir(parents=True)
        (profile / "AppData" / "Local").mkdir()
        yield profile


def environment(profile: Path) -> dict[str, str]:
    return {
        **os.environ,
        "USERPROFILE": str(profile),
        "APPDATA": str(profile / "AppData" / "Roaming"),
        "LOCALAPPDATA": str(profile / "AppData" / "Local"),
        "NST_PYTHON": sys.executable,
    }


def install(profile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["cmd", "/c", str(REPOSITORY / "install.cmd"), *arguments],
        env=environment(profile),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )


def test_install_cmd_says_what_it_would_do_and_changes_nothing(profile: Path) -> None:
    done = install(profile, "--dry-run", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert f"engine in {profile}\\AppData\\Local\\neural-style" in done.stdout
    assert f"{profile}\\AppData\\Roaming\\GIMP\\3.0\\plug-ins\\neural-style" in done.stdout
    assert list((profile / "AppData" / "Local").iterdir()) == []


def test_a_prefix_that_is_too_long_is_refused_with_its_length(profile: Path) -> None:
    done = install(profile, "--dry-run", "--prefix", "C:\\" + "x" * 97)
    assert done.returncode == 2
    assert "has 100 characters" in done.stderr


def installed(options: Options) -> Path:
    """Puts in place what has to be removed. Returns the plug-in's folder."""
    python = system.python_in(options.prefix / prefix.VENV)
    gimp = options.home / "AppData" / "Roaming" / "GIMP" / "3.0"
    with prefix.locked(options.prefix):
        python.parent.mkdir(parents=True)
        python.touch()
        python.chmod(0o444)
        engine = {"version": __version__, "python": str(python), "repair": "install.cmd"}
        return plugin.place(REPOSITORY, gimp, engine)


def test_what_was_installed_is_removed_and_nothing_is_left(profile: Path) -> None:
    options = read_options(["--uninstall"], profile, environment(profile))
    folder = installed(options)
    assert uninstall.run(options) == 0
    assert not options.prefix.exists()
    assert not folder.parent.parent.exists()


def test_another_spelling_of_the_folder_removes_plugin_and_command(profile: Path) -> None:
    options = read_options(["--command-dir", str(profile)], profile, environment(profile))
    folder = installed(options)
    command = system.command_in(profile)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALAPPDATA", str(profile / "AppData" / "Local"))
        link.make(command, nst_program(options.prefix))
        record = prefix.InstallRecord(
            __version__, "cpu", "all", [str(folder)], str(command), "", ""
        )
        prefix.write_record(options.prefix, record)
        other = str(options.prefix)[0].swapcase() + str(options.prefix)[1:]
        given = ["--uninstall", "--prefix", other]
        assert uninstall.run(read_options(given, profile, environment(profile))) == 0
    assert not options.prefix.exists()
    assert not folder.exists()
    assert not command.exists()


def test_nst_is_ours_and_not_pips(tmp_path: Path) -> None:
    (tmp_path / "nst.exe").touch()
    launcher.write(tmp_path / "nst.cmd", tmp_path / "python.exe")
    assert [path.name for path in tmp_path.iterdir()] == ["nst.cmd"]


@pytest.mark.parametrize("program", [r"D:\100%\nst.cmd", r"C:\local\neural-style\nst.cmd"])
def test_a_command_says_which_program_it_runs(program: str) -> None:
    text = windows._forward(Path(program), r"C:\local").decode("oem")
    assert windows.named_in(text, r"C:\local") == Path(program)
    assert windows.named_in("@echo off\r\n" + text, r"C:\local") is None


def test_what_gimp_has_open_is_removed_once_it_has_closed_it(profile: Path) -> None:
    options = read_options(["--uninstall"], profile, environment(profile))
    folder = installed(options)
    with (folder / "neural-style.py").open("rb"):
        with pytest.raises(OSError, match=r".") as caught:
            uninstall.run(options)
        assert files.is_in_use(caught.value)
    assert uninstall.run(options) == 0
    assert not options.prefix.exists()
    assert not folder.parent.exists() or list(folder.parent.iterdir()) == []


def test_the_command_in_a_folder_of_path_runs_the_engines_nst(profile: Path) -> None:
    program = profile / "AppData" / "Local" / "neural-style" / "nst.cmd"
    program.parent.mkdir()
    program.write_bytes(b"@echo off\r\necho run %*\r\nexit /b 5\r\n")
    command = system.command_in(profile)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALAPPDATA", str(profile / "AppData" / "Local"))
        system.point(command, program)
        assert system.points_to(command, program)
    assert command.read_bytes().isascii()
    done = subprocess.run(
        ["cmd", "/c", str(command), "stylize"], env=environment(profile), capture_output=True
    )
    assert done.stdout.strip() == b"run stylize"


def test_a_library_says_its_version() -> None:
    number = sys.version_info[:2]
    assert windows.library_version("python{}{}.dll".format(*number)) == number
    assert windows.library_version("none-of-this-name.dll") is None


def test_a_new_file_that_a_scanner_looks_at_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace
    looked_at: set[Path] = set()

    def scanned(self: Path, target: Path) -> Path:
        if self not in looked_at:
            looked_at.add(self)
            raise OSError(None, "in use", str(self), 32)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", scanned)
    launcher.write(tmp_path / "nst.cmd", tmp_path / "python.exe")
    system.point(tmp_path / "command.cmd", tmp_path / "nst.cmd")
    record = prefix.InstallRecord(__version__, "cpu", "none", [], "", "", "install.cmd")
    prefix.write_record(tmp_path, record)
    assert {path.name for path in tmp_path.iterdir()} == {"nst.cmd", "command.cmd", prefix.RECORD}
    assert len(looked_at) == 3
