"""The doctor finds what is wrong, says what helps, and no finding hides another."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_contract import __version__, findings
from nst_contract.errors import WEIGHTS, NstError
from nst_contract.platforms import installer
from nst_core.commands import doctor_checks
from nst_core.networks import embedded_weights
from nst_core.reporting import log_files
from nst_install import plugin
from nst_install.options import CHECKOUT
from nst_install.prefix import InstallRecord, write_record


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any GIMP, and an environment that no installer made."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "engine" / "venv"))
    return tmp_path


@pytest.fixture
def gimp(home: Path) -> Path:
    name = "Library/Application Support" if sys.platform == "darwin" else ".config"
    folder = home / name / "GIMP" / "3.0"
    folder.mkdir(parents=True)
    return folder


def engine(**changes: str) -> dict[str, str]:
    return {"version": __version__, "python": sys.executable, "repair": "./install.sh", **changes}


def report() -> tuple[str, bool]:
    """Returns what a person reads, and whether all is well."""
    found = doctor_checks.findings()
    return findings.in_words(found), all(finding.ok for finding in found)


def lines_after_problem(text: str) -> list[str]:
    """Returns the remedies: the line after each problem."""
    lines = text.splitlines()
    return [lines[at + 1] for at, line in enumerate(lines) if line.startswith("PROBLEM")]


def test_a_machine_without_gimp_is_well() -> None:
    text, well = report()
    assert well, text
    assert "no GIMP 3" in text
    assert text.endswith("All is well.\n")


@pytest.mark.parametrize(
    "fact", [__version__, "torch 2.", "checksum holds", "Device: ", "Free memory", "Log files"]
)
def test_the_report_tells_the_facts(fact: str) -> None:
    assert fact in report()[0]


def test_what_finds_faces_belongs_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "opencv-python-headless 4." in report()[0]
    version = importlib.metadata.version

    def without_opencv(name: str) -> str:
        if name.startswith("opencv"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_opencv)
    text, well = report()
    assert "missing: opencv-python-headless" in text
    assert not well


def test_a_gimp_folder_with_the_right_plugin_is_well(gimp: Path) -> None:
    plugin.place(CHECKOUT, gimp, engine())
    text, well = report()
    assert well, text
    assert str(gimp) in text


def test_a_gimp_folder_without_the_plugin_is_a_problem(gimp: Path) -> None:
    text, well = report()
    assert not well
    assert str(gimp) in text
    assert installer.SCRIPT in lines_after_problem(text)[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"version": "0.0.1"}, "0.0.1"), ({"python": "/gone/bin/python"}, "/gone/bin/python")],
)
def test_a_plugin_that_does_not_fit_the_engine_is_a_problem(
    gimp: Path, changes: dict[str, str], said: str
) -> None:
    plugin.place(CHECKOUT, gimp, engine(**changes))
    text, well = report()
    assert not well
    assert said in text


def test_a_plugin_that_gimp_cannot_run_is_a_problem(gimp: Path) -> None:
    (plugin.place(CHECKOUT, gimp, engine()) / "neural-style.py").chmod(0o644)
    assert "not executable" in report()[0]


def test_who_wanted_no_plugin_is_not_told_to_install_one(home: Path, gimp: Path) -> None:
    (home / "engine").mkdir()
    record = InstallRecord(
        __version__, "cpu", "none", [], "", str(CHECKOUT), "install.sh --no-gimp"
    )
    write_record(home / "engine", record)
    text, well = report()
    assert well, text
    assert str(gimp) not in text


@pytest.mark.usefixtures("gimp")
def test_the_remedy_is_the_very_command_of_the_installation(home: Path) -> None:
    (home / "engine").mkdir()
    repair = "/where it was/install.sh --prefix X"
    write_record(home / "engine", InstallRecord(__version__, "cpu", "all", [], "", "", repair))
    assert repair in lines_after_problem(report()[0])[0]


@pytest.mark.usefixtures("gimp")
def test_an_installer_that_was_deleted_has_to_be_fetched_again(home: Path) -> None:
    (home / "engine").mkdir()
    record = InstallRecord(__version__, "cpu", "all", [], "", "", "/gone/install.sh --device cpu")
    write_record(home / "engine", record)
    remedy = lines_after_problem(report()[0])[0]
    assert "Download Neural Style again" in remedy
    assert remedy.endswith("./install.sh --device cpu")


def test_damaged_weights_come_with_their_own_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise NstError(WEIGHTS, "The weights are damaged.", "Fetch them again.")

    monkeypatch.setattr(embedded_weights, "verify", damaged)
    text, well = report()
    assert not well
    assert lines_after_problem(text) == ["    Fetch them again."]


def test_a_check_that_breaks_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("libtorch.so is no library")

    monkeypatch.setattr(embedded_weights, "verify", broken)
    text, well = report()
    assert not well
    assert "libtorch.so is no library" in text
    assert "Free memory" in text


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def without_pyvips(name: str) -> str:
        if name == "pyvips":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_pyvips)
    text, well = report()
    assert not well
    assert "missing: pyvips" in text


@pytest.fixture
def clean_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.usefixtures("clean_logging")
def test_the_log_is_private_and_holds_what_is_logged(home: Path) -> None:
    path = log_files.start("worker")
    logging.getLogger("nst_core.commands.worker_process").info("began")
    assert path.is_relative_to(home)
    assert "began" in path.read_text(encoding="utf-8")
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("clean_logging")
def test_an_unwritable_log_stops_nothing(home: Path) -> None:
    log_files.folder().parent.mkdir(parents=True)
    log_files.folder().write_text("a file is in the way")
    log_files.start("worker")
    logging.getLogger("nst_core.commands.worker_process").info("began")
    assert home.exists()
