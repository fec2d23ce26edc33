"""The command ``nst`` of an environment, which runs no code but the engine's own."""

from __future__ import annotations

from pathlib import Path

from nst_contract.platforms import files
from nst_install.systems import system


def write(program: Path, python: Path) -> None:
    """Puts it in place of the script or program that pip made.

    Args:
        program: the path of the command.
        python: of the environment.
    """
    staged = program.with_name(f".{program.name}.new")
    staged.write_bytes(system.launcher(python))
    staged.chmod(0o755)
    files.replace(staged, program)
    # What pip makes on Windows, and a command prompt prefers to a script.
    files.remove(program.with_suffix(".exe"))
