"""Runs docs/neural-style-transfer.ipynb from top to bottom, and keeps what it shows.

    python docs/execute_notebook.py              # in the notebook itself
    python docs/execute_notebook.py --to FILE    # in a copy; the notebook stays as it is

Needs the optional group `cells`. Under 10 minutes on two cores; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

NOTEBOOK = Path(__file__).with_name("neural-style-transfer.ipynb")
REPOSITORY = NOTEBOOK.parents[1]
_PARAMETERS = "parameters"
# For machines that have other things to do as well.
_SECONDS_TO_START = 300
_SECONDS_FOR_A_CELL = 3600


def execute(*, quick: bool = False, folder: Path = REPOSITORY) -> nbformat.NotebookNode:
    """Runs all cells in a fresh kernel of this Python.

    Args:
        quick: whether with sizes at which nothing is to be seen, but everything runs.
        folder: where the kernel works. In the repository it imports the modules there, whether
            or not they are installed.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    if quick:
        (cell,) = (c for c in notebook.cells if _PARAMETERS in c.metadata.get("tags", ()))
        cell.source = cell.source.replace("QUICK = False", "QUICK = True")
    with tempfile.TemporaryDirectory() as sockets:
        # Files of this user alone, where the default is ports of this machine. By an absolute
        # name, since the kernel works in another folder than this process.
        channels = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        NotebookClient(
            notebook,
            timeout=_SECONDS_FOR_A_CELL,
            startup_timeout=_SECONDS_TO_START,
            config=Config({"KernelManager": channels}),
            resources={"metadata": {"path": str(folder)}},
        ).execute()
    for cell in notebook.cells:
        # When it ran changes with every run, and says nothing.
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="write a copy with the outputs, and run beside it"
    )
    target = parser.parse_args().to
    if target is None:
        nbformat.write(execute(), NOTEBOOK)
    else:
        nbformat.write(execute(folder=target.absolute().parent), target)


if __name__ == "__main__":
    main()
