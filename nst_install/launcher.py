"""The command ``nst`` of an environment, which runs no code but the engine's own."""

from __future__ import annotations

import shlex
from pathlib import Path

# pip's own script would let PYTHONPATH and the like lead it to other people's modules. While Python
# starts, a Ctrl+C would end in a traceback; so it is ignored until site is imported, which takes
# longest and comes second (-S). Where it was ignored from the start, as in the background of a
# script, the shell cannot trap it, and it stays so.
_SCRIPT = """#!/bin/sh
ignored=1
trap 'ignored=' INT
kill -INT $$
trap '' INT
# -I: no code from the current folder, PYTHONPATH or the user's own packages.
exec {python} -I -S -c '
import sys
if not sys.argv.pop(1):
    import _signal as signal  # what the module signal is made of, without its imports
    signal.signal(signal.SIGINT, signal.SIG_DFL)
import site
site.main()
sys.argv[0] = "nst"
from nst_core.__main__ import main
sys.exit(main())
' "$ignored" "$@"
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
