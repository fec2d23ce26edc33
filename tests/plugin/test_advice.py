"""What the plug-in says of failures, and where it logs them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from nst_gimp.engine import advice, install_info, log_file
from nst_gimp.engine.doctor import Examination
from nst_gimp.engine.install_info import InstallInfo

from nst_contract import errors
from nst_contract.errors import NstError


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    info = InstallInfo("0", "/engine/bin/python", "/src/install.sh --repair")
    monkeypatch.setattr(install_info, "read", lambda: info)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errors.MEMORY, "Choose the preset Draft or a smaller Size under Advanced"),
        (errors.DEVICE, "Choose the device cpu under Advanced"),
        (errors.DISK, "Make room on the disk that holds"),
        (errors.WEIGHTS, "Run this command in a terminal: /src/install.sh --repair"),
        (errors.BAD_REQUEST, "Run this command in a terminal: /src/install.sh --repair"),
        (errors.DIVERGED, "Choose less style strength"),
    ],
)
def test_the_engines_failures_get_advice_that_can_be_followed_in_gimp(
    code: str, remedy: str
) -> None:
    told = advice.for_gimp(NstError(code, "It failed.", "Give --some-option."))
    assert (told.code, told.message) == (code, "It failed.")
    assert told.advice.startswith(remedy)
    assert "--some-option" not in told.advice


def test_other_failures_keep_their_own_advice() -> None:
    error = NstError(errors.BAD_INPUT, "No style is chosen.", "Give a style layer.")
    assert advice.for_gimp(error) is error


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers, root.level = handlers, level


@pytest.mark.usefixtures("_logging_as_it_was")
def test_the_log_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log" / "plug-in.log"
    monkeypatch.setattr(install_info, "log_file", lambda: path)
    log_file.start()
    for _ in range(5):
        logging.getLogger("nst_gimp").info("x" * 900_000)
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["plug-in.log", "plug-in.log.1", "plug-in.log.2"]
    assert all(file.stat().st_size < 1_000_000 for file in path.parent.iterdir())


@pytest.mark.usefixtures("_logging_as_it_was")
def test_a_log_that_cannot_be_written_keeps_nobody_from_painting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").write_text("a file in the folder's place")
    monkeypatch.setattr(install_info, "log_file", lambda: tmp_path / "log" / "plug-in.log")
    log_file.start()
    logging.getLogger("nst_gimp").info("anything")


def test_an_examination_that_cannot_start_says_why_and_what_helps() -> None:
    """The engine's Python of this test is not there."""
    examination = Examination("GIMP 3.0.4")
    report = examination.wait()
    examination.stop()
    assert not examination.is_well
    assert "GIMP 3.0.4" in report
    assert "/engine/bin/python" in report
