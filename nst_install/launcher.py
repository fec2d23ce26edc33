"""The command ``nst`` of an environment, which runs no code but the engine's own."""

from __future__ import annotations

import shlex
from pathlib import Path

# pip's own script would let PYTHONPATH and the like lead it to other people's modules.
_SCRIPT = """#!/bin/sh
# -I: no code from the current folder, PYTHONPATH or the user's own packages.
exec {python} -I -m nst_core "$@"
"""


def write(program: Path, python: Path) -> None:
    """Puts it in place of the script that pip made.

    Args:
        program: the path of the command.
        python: of the environment.
    """
    staged = program.with_name(f".{program.name}.new")
    staged.write_text(_SCRIPT.format(python=shlex.quote(str(python))), encoding="utf-8")
    staged.chmod(0o755)
    staged.replace(program)
