"""One real installation, from its interrupted start to its removal."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from nst_contract import __version__
from nst_install import link, plugin, prefix
from nst_install.options import read_options

from .conftest import CHECKOUT, environment, files_below, make_home, run_install


def checkout() -> tuple[list[Path], dict[str, int]]:
    return sorted(CHECKOUT.iterdir()), files_below(CHECKOUT / "nst_install")


class Installation:
    """A home with an installation that was killed half-way and then repeated."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.prefix = home / "Künstlerin's engine"
        self.gimp = home / "my gimp"
        self.options = ["--prefix", str(self.prefix), "--gimp-dir", str(self.gimp)]
        self.checkout_before = checkout()
        self._install_and_kill()
        self.interrupted = prefix.is_interrupted(self.prefix)
        self.checked_while_broken = self.install("--check")
        self.repaired = self.install()

    @property
    def program(self) -> Path:
        return self.prefix / "venv" / "bin" / "nst"

    def install(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_install(self.home, *self.options, *arguments)

    def _install_and_kill(self) -> None:
        with subprocess.Popen(
            [CHECKOUT / "install.sh", *self.options],
            env=environment(self.home),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                # torch is being unpacked: the environment is neither empty nor complete.
                if "Install torch==" in line:
                    break
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(make_home(tmp_path_factory.mktemp("life")))


def test_an_interrupted_installation_is_noticed_and_repaired(installed: Installation) -> None:
    assert installed.interrupted
    assert installed.checked_while_broken.returncode == 1
    assert "install.sh" in installed.checked_while_broken.stderr
    assert installed.repaired.returncode == 0, installed.repaired.stderr
    assert "interrupted" in installed.repaired.stdout
    assert not prefix.is_interrupted(installed.prefix)


def test_the_program_and_its_link_work(installed: Installation) -> None:
    linked = installed.home / ".local" / "bin" / "nst"
    assert link.is_ours(linked, installed.program)
    python = str(installed.prefix / "venv" / "bin" / "python")
    for command in ([str(linked)], [python, "-m", "nst_core"]):
        done = subprocess.run(
            [*command, "--version"], cwd=installed.home, capture_output=True, text=True
        )
        assert done.stdout.strip().endswith(__version__), done.stderr


def test_the_last_words_name_what_works_here(installed: Installation) -> None:
    said = installed.repaired.stdout.partition("Everything is installed.")[2]
    assert "In GIMP: Filters" in said
    assert f"Note: {installed.home / '.local' / 'bin'} is not on your PATH" in said
    (command,) = re.findall("On the command line: (.*) stylize --help", said)
    assert shlex.split(command) == [str(installed.program)]
    path = f"{installed.home / '.local' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    options = read_options(installed.options, installed.home, {"PATH": path})
    assert link.called_by(options, installed.program) == "nst"


def test_the_plugin_finds_its_engine(installed: Installation) -> None:
    folder = installed.gimp / "plug-ins" / "neural-style"
    engine = plugin.read_engine_file(folder)
    assert engine["version"] == __version__
    assert os.access(engine["python"], os.X_OK)
    assert str(CHECKOUT / "install.sh") in engine["repair"]


def test_the_checkout_stays_as_it_was(installed: Installation) -> None:
    assert checkout() == installed.checkout_before


def test_the_doctor_finds_no_problem_until_the_plugin_is_gone(installed: Installation) -> None:
    well = installed.install("--check")
    assert well.returncode == 0, well.stdout
    folder = installed.gimp / "plug-ins" / "neural-style"
    hidden = folder.rename(installed.home / "hidden")
    ill = installed.install("--check")
    hidden.rename(folder)
    assert ill.returncode == 1
    assert "PROBLEM" in ill.stdout
    assert str(CHECKOUT / "install.sh") in ill.stdout


def test_repeating_upgrades_without_downloading_torch_again(installed: Installation) -> None:
    log = installed.prefix / prefix.LOG
    again = installed.install()
    assert again.returncode == 0, again.stderr
    assert "To download: nothing" in again.stdout
    assert "Installing collected packages: gimp-neural-style" in log.read_text(encoding="utf-8")
    assert "Collecting torch" not in log.read_text(encoding="utf-8")


def test_uninstalling_leaves_nothing_but_the_users_own_files(installed: Installation) -> None:
    (installed.prefix / "my picture.png").write_text("mine")
    weights = installed.home / ".local" / "share" / "gimp-neural-style-weights"
    saved = installed.home / ".local" / "share" / "gimp-neural-style-user"
    logs = installed.home / ".local" / "state" / "gimp-neural-style" / "log"
    for folder in (weights, saved, logs):
        folder.mkdir(parents=True, exist_ok=True)
    done = installed.install("--uninstall")
    assert done.returncode == 0, done.stderr
    assert f"weights you downloaded stay in {weights}" in done.stdout
    assert f"settings you saved stay in {saved}" in done.stdout
    assert f"logs stay in {logs}" in done.stdout
    assert [path.name for path in installed.prefix.iterdir()] == ["my picture.png"]
    assert not installed.gimp.exists()
    assert not os.path.lexists(installed.home / ".local" / "bin" / "nst")
