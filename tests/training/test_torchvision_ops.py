"""nst_core.training.torchvision_ops: torchvision can be imported beside any torch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import torch

from tests.helpers.processes import REPOSITORY, environment


def run(code: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Python in a fresh process; packages in ``folder`` stand in for the installed ones."""
    path = f"import sys; sys.path.insert(0, {str(folder)!r})\n" if folder else ""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", path + code],
        cwd=REPOSITORY, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_torchvision_can_be_imported_once_its_operators_are_declared() -> None:
    result = run(
        "from nst_core.training import torchvision_ops\n"
        "torchvision_ops.declare(); torchvision_ops.declare()\n"
        "import torchvision.datasets, torchvision.transforms.v2\n"
    )
    assert result.returncode == 0, result.stderr


def test_a_compiled_part_that_loads_is_left_to_declare_its_operators(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").touch()
    # Any library that loads stands for torchvision's own.
    loads = next((Path(torch.__file__).parent / "lib").glob("libtorch_global_deps.*"))
    shutil.copy(loads, package / "_C.so")
    result = run(
        "from nst_core.training import torchvision_ops\nassert torchvision_ops.declare() is None",
        tmp_path,
    )
    assert result.returncode == 0, result.stderr
