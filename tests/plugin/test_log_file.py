"""nst_gimp.engine.log_file: where the plug-in logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from nst_gimp.engine import install_info, log_file


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


@pytest.mark.usefixtures("_logging_as_it_was")
def test_names_of_layers_are_logged_escaped_and_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log" / "plug-in.log"
    monkeypatch.setattr(install_info, "log_file", lambda: path)
    log_file.start()
    logging.getLogger("nst_gimp").info("painting %s", "a\x1b[31m\nlayer\udcff")
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert line.endswith(r"painting a\x1b[31m\nlayer\udcff")
