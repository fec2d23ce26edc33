"""Every module of the engine, the installer and the plug-in's engine side can be imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.helpers.processes import REPOSITORY, environment

ROOTS = {
    "nst_contract": REPOSITORY,
    "nst_install": REPOSITORY,
    "nst_core": REPOSITORY,
    "nst_gimp/engine": REPOSITORY / "gimp_plugin",
    "nst_gimp/text": REPOSITORY / "gimp_plugin",
}
# Those of the other system, the programs, and what pictures of the installer's own need.
ELSEWHERE = ("platforms/posix", "systems/posix", "__main__")


@pytest.mark.parametrize("package", ROOTS)
def test_all_modules_can_be_imported(package: str) -> None:
    root = ROOTS[package]
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((root / package).rglob("*.py"))
        if not any(part in path.as_posix() for part in ELSEWHERE)
    ]
    assert modules
    script = (
        f"import sys; sys.path.insert(0, {str(root)!r})\nimport {', '.join(modules)}\nprint('all')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "all", done.stderr
