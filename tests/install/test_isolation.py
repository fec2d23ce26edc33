"""Neither install.sh nor ``nst`` runs code that merely lies around: in the current folder, where
PYTHONPATH points, or beside install.sh.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nst_contract import __version__
from nst_install import launcher

from .conftest import CHECKOUT, environment

# Modules that the installer, Python's own start or the engine import.
NAMES = ("argparse", "json", "runpy", "site", "usercustomize", "nst_install", "nst_contract", "re")


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A folder in which somebody has put modules that must not be run."""
    folder = tmp_path / "Zoë's downloads"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text("import os\nos.write(1, b'run')\nos._exit(3)\n")
    return folder


def led_astray(home: Path, downloads: Path) -> dict[str, str]:
    return environment(home, PYTHONPATH=str(downloads), CDPATH=str(downloads.parent))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--dry-run", "--no-gimp"], ["--check"], ["--uninstall"]]
)
def test_install_sh_runs_no_code_of_the_current_folder_or_pythonpath(
    arguments: list[str], home: Path, downloads: Path
) -> None:
    done = subprocess.run(
        [CHECKOUT / "install.sh", *arguments],
        cwd=downloads,
        env=led_astray(home, downloads),
        capture_output=True,
        text=True,
    )
    assert "run" not in done.stdout.splitlines()
    assert done.returncode == (1 if arguments == ["--check"] else 0), done.stderr


def test_install_sh_runs_no_module_that_lies_beside_it(home: Path, downloads: Path) -> None:
    shutil.copy(CHECKOUT / "install.sh", downloads)
    for name in ("nst_install", "nst_contract"):
        (downloads / f"{name}.py").unlink()
        shutil.copytree(CHECKOUT / name, downloads / name)
    done = subprocess.run(
        ["./install.sh", "--version"],
        cwd=downloads,
        env=environment(home),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n"), done.stderr


def test_install_sh_finds_its_checkout_from_anywhere(home: Path, downloads: Path) -> None:
    # Were it to follow CDPATH, it would end up in the second of these folders.
    elsewhere = downloads / "elsewhere"
    for folder in (downloads / "here" / CHECKOUT.name, elsewhere / CHECKOUT.name):
        folder.mkdir(parents=True)
    checkout = downloads / "here" / CHECKOUT.name
    shutil.copy(CHECKOUT / "install.sh", checkout)
    for name in ("nst_install", "nst_contract"):
        shutil.copytree(CHECKOUT / name, checkout / name)
    # Another version may be installed where this Python's packages are.
    (checkout / "nst_contract" / "__init__.py").write_text('__version__ = "9.8.7"')
    done = subprocess.run(
        ["bash", f"{CHECKOUT.name}/install.sh", "--version"],
        cwd=downloads / "here",
        env=environment(home, CDPATH=str(elsewhere)),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "9.8.7\n"), done.stderr


def test_nst_runs_no_code_of_the_current_folder_or_pythonpath(
    home: Path, downloads: Path, tmp_path: Path
) -> None:
    program = tmp_path / "the engine's" / "nst"
    program.parent.mkdir()
    launcher.write(program, Path(sys.executable))
    linked = home / "nst"
    linked.symlink_to(program)
    done = subprocess.run(
        [linked, "--version"],
        cwd=downloads,
        env=led_astray(home, downloads),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, f"nst {__version__}\n"), done.stderr


def test_nst_hands_on_its_arguments_and_its_exit_code(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
    python.chmod(0o755)
    launcher.write(tmp_path / "nst", python)
    done = subprocess.run(
        [tmp_path / "nst", "a b", "", "$HOME", "*"], capture_output=True, text=True, env=os.environ,
        # As in a terminal, even where the tests themselves run in the background of a script.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert done.returncode == 7
    assert done.stdout.startswith("-I|-S|-c|")
    assert done.stdout.endswith("||a b||$HOME|*|")


@pytest.mark.parametrize("ignored", [False, True])
def test_nst_leaves_ctrl_c_as_it_was(ignored: bool, tmp_path: Path) -> None:
    # Ignored in the background of a script, where it is meant for something else.
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s|" "$5"\n')
    python.chmod(0o755)
    launcher.write(tmp_path / "nst", python)
    handler = signal.SIG_IGN if ignored else signal.SIG_DFL
    done = subprocess.run(
        [tmp_path / "nst"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, handler),
    )
    assert (done.returncode, done.stdout) == (0, "1|" if ignored else "|"), done.stderr
