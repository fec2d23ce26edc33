"""What install.sh refuses, and that neither a refusal nor a dry run changes anything."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import threading
from pathlib import Path

import pytest

from nst_contract import __version__
from nst_contract.errors import DISK, NstError
from nst_install import prefix
from nst_install.install import install as install_engine
from nst_install.options import CHECKOUT, read_options

from .conftest import Run, environment, files_below


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--device", "gpu"], "gpu"),
        (["--prefix", ""], "empty"),
        (["--prefix", "a:b"], ":"),
        (["--prefix", "/dev/null"], "/dev/null"),
        (["--gimp-dir", "x", "--no-gimp"], "--no-gimp"),
        (["--demo", "--uninstall"], "--uninstall"),
        (["--frobnicate"], "--frobnicate"),
        (["--", "-k", "engine"], "--test"),
    ],
)
def test_a_wrong_option_is_named_and_exits_with_2(
    install: Run, home: Path, arguments: list[str], named: str
) -> None:
    done = install(*arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert files_below(home) == {}


@pytest.mark.parametrize("action", [[], ["--uninstall"]])
def test_a_folder_that_is_not_ours_is_refused(install: Run, home: Path, action: list[str]) -> None:
    (home / "thesis.txt").write_text("years of work")
    (home / "venv").mkdir()
    done = install("--prefix", str(home), *action)
    assert done.returncode == 2
    assert str(home) in done.stderr
    assert sorted(path.name for path in home.iterdir()) == ["thesis.txt", "venv"]


@pytest.mark.parametrize("action", [[], ["--demo"], ["--test"], ["--gimp-dir", "gimp"]])
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(
    install: Run, home: Path, action: list[str]
) -> None:
    (home / ".config/GIMP/3.0").mkdir(parents=True)
    before = files_below(home), files_below(CHECKOUT / "nst_install")
    done = install("--dry-run", *action)
    assert done.returncode == 0, done.stderr
    assert "Would do: " in done.stdout
    assert (files_below(home), files_below(CHECKOUT / "nst_install")) == before


def test_the_dry_run_names_every_place(install: Run, home: Path) -> None:
    gimp = home / ".config/GIMP/3.0"
    gimp.mkdir(parents=True)
    said = install("--dry-run").stdout
    for place in (gimp / "plug-ins/neural-style", home / ".local/share/gimp-neural-style"):
        assert str(place) in said
    assert "To download: about" in said


def test_checking_and_uninstalling_change_nothing_if_nothing_is_installed(
    install: Run, home: Path
) -> None:
    checked = install("--check")
    assert checked.returncode == 1
    assert "install.sh" in checked.stderr
    assert install("--uninstall").returncode == 0
    assert files_below(home) == {}


def test_an_engine_whose_python_is_gone_is_reported_with_the_remedy(
    install: Run, home: Path
) -> None:
    program = home / ".local/share/gimp-neural-style/venv/bin/nst"
    program.parent.mkdir(parents=True)
    program.write_text("#!/nowhere/python\n")
    checked = install("--check")
    assert checked.returncode == 1
    assert "no working engine" in checked.stderr
    assert "install.sh" in checked.stderr


def test_a_python_that_is_too_old_is_named_with_the_remedy(install: Run, tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = install(NST_PYTHON=str(old))
    assert done.returncode == 1
    assert str(old) in done.stderr
    assert "NST_PYTHON" in done.stderr


def test_a_chosen_python_without_venv_is_not_replaced_by_another(
    install: Run, tmp_path: Path
) -> None:
    chosen = tmp_path / "python3"
    chosen.write_text('#!/bin/sh\ncase "$3" in *ensurepip*) exit 1;; esac\n')
    chosen.chmod(0o755)
    done = install("--version", NST_PYTHON=str(chosen))
    assert done.returncode == 1
    assert f"{chosen} lacks the module venv" in done.stderr


def test_the_script_may_be_given_to_a_plain_shell(home: Path) -> None:
    done = subprocess.run(
        ["sh", CHECKOUT / "install.sh", "--version"],
        env=environment(home), cwd=home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, __version__, "")


def test_an_installation_for_root_by_mistake_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    sudo = {"SUDO_UID": "1000", "SUDO_USER": "zoe"}
    # The plug-in would be in root's folders, wherever its engine is.
    for given in ([], ["--no-gimp"], ["--prefix", f"{home}/opt"]):
        with pytest.raises(NstError, match="for root, and not for zoe") as caught:
            install_engine(read_options([*given, "--dry-run"], home, sudo))
        assert caught.value.advice.startswith("Run it without sudo: it needs no rights.")
    alone = ["--prefix", f"{home}/opt", "--dry-run", "--no-gimp"]
    plan = install_engine(read_options(alone, home, sudo))
    assert [step.text for step in plan.rest] == ["Record what was installed"]
    named = install_engine(read_options([*alone, "--command-dir", f"{home}/bin"], home, sudo))
    assert any("Link nst" in step.text for step in named.rest)
    assert install_engine(read_options(["--dry-run", "--no-gimp"], home, {})).rest


def test_no_python_at_all_is_named_with_the_remedy(install: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "env"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    done = install(NST_PYTHON="", PATH=str(tools))
    assert done.returncode == 1
    assert "apt install python3" in done.stderr


def test_a_second_installer_is_refused_rather_than_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefix, "PATIENCE", 0.0)
    folder = tmp_path / "prefix"
    with prefix.locked(folder), pytest.raises(NstError) as caught, prefix.locked(folder):
        pass
    assert caught.value.code == DISK
    with prefix.locked(folder):
        assert prefix.is_ours(folder)


def test_an_installer_waits_for_what_a_killed_one_had_started(tmp_path: Path) -> None:
    folder = tmp_path / "prefix"
    before = contextlib.ExitStack()
    before.enter_context(prefix.locked(folder))
    threading.Timer(0.5, before.close).start()
    with prefix.locked(folder):
        assert prefix.is_ours(folder)


def test_a_folder_that_cannot_be_created_is_named(install: Run, home: Path) -> None:
    (home / "file").write_text("")
    done = install("--prefix", str(home / "file" / "nst"))
    assert done.returncode == 1
    assert str(home / "file" / "nst") in done.stderr
    assert "--prefix" in done.stderr


def test_the_repair_command_repeats_the_options(home: Path) -> None:
    given = ["--prefix", f"{home}/nst", "--device", "cpu", "--gimp-dir", f"{home}/gimp 3"]
    repair = shlex.split(read_options(given, home, {}).repair)
    assert repair == [str(CHECKOUT / "install.sh"), *given]
    assert shlex.split(read_options([], home, {}).repair) == [str(CHECKOUT / "install.sh")]
