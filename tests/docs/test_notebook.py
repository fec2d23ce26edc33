"""docs/neural-style-transfer.ipynb: runs from top to bottom, and is saved with its outputs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.conftest import REPOSITORY

# Cells that show pictures, at least.
PICTURES = 10


@pytest.fixture(scope="module")
def docs() -> Any:
    """The script that runs the notebook."""
    path = REPOSITORY / "docs" / "execute_notebook.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(notebook: Any) -> int:
    return sum(
        "image/jpeg" in output.get("data", {})
        for cell in code_cells(notebook)
        for output in cell.outputs
    )


def test_it_runs_from_top_to_bottom_in_any_folder_and_leaves_nothing_there(
    docs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    notebook = docs.execute(quick=True, folder=tmp_path)  # raises what a cell raises
    assert not list(tmp_path.iterdir())
    assert [cell.execution_count for cell in code_cells(notebook)] == list(
        range(1, len(code_cells(notebook)) + 1)
    )
    assert pictures(notebook) >= PICTURES


def test_it_is_saved_with_the_outputs_of_a_whole_run(docs: Any) -> None:
    notebook = nbformat.read(docs.NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "QUICK = False" in cells[0].source
    assert pictures(notebook) >= PICTURES
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]


def test_it_names_no_place_of_the_machine_it_ran_on(docs: Any) -> None:
    text = docs.NOTEBOOK.read_text(encoding="utf-8")
    assert not [folder for folder in ("home", "root", "tmp", "Users") if f"/{folder}/" in text]
