"""nst_core.training.torchvision_ops: torchvision can be imported beside any torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nst_core.training import torchvision_ops
from tests.helpers.processes import REPOSITORY, environment


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=REPOSITORY, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_torchvision_can_be_imported_once_its_operators_are_declared() -> None:
    result = run(
        "from nst_core import torchvision_ops\n"
        "torchvision_ops.declare(); torchvision_ops.declare()\n"
        "import torchvision.datasets, torchvision.transforms.v2\n"
    )
    assert result.returncode == 0, result.stderr


def test_a_compiled_part_that_loads_is_left_to_declare_its_operators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torchvision_ops, "_compiled_part_loads", lambda: True)
    assert torchvision_ops.declare.__wrapped__() is None
