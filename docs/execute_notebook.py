"""Runs docs/neural-style-transfer.ipynb from top to bottom, and keeps what it shows in it.

    python docs/execute_notebook.py

Needs the optional group `test`. Under 10 minutes on two cores; nothing is downloaded.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

NOTEBOOK = Path(__file__).with_name("neural-style-transfer.ipynb")
_PARAMETERS = "parameters"
_SECONDS_FOR_A_CELL = 600


def execute(*, quick: bool = False) -> nbformat.NotebookNode:
    """Runs all cells in a fresh kernel of this Python.

    Args:
        quick: whether with sizes at which nothing is to be seen, but everything runs.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    if quick:
        (cell,) = (c for c in notebook.cells if _PARAMETERS in c.metadata.get("tags", ()))
        cell.source = cell.source.replace("QUICK = False", "QUICK = True")
    NotebookClient(
        notebook,
        timeout=_SECONDS_FOR_A_CELL,
        # Files of this user alone, where the default is ports of this machine.
        config=Config({"KernelManager": {"transport": "ipc"}}),
        # The repository's own modules, whether or not they are installed.
        resources={"metadata": {"path": str(NOTEBOOK.parents[1])}},
    ).execute()
    return notebook


def main() -> None:
    notebook = execute()
    for cell in notebook.cells:
        # When it ran changes with every run, and says nothing.
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    sys.exit(main())
