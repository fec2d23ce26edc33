"""Records which lines of the plug-in run inside GIMP, if NST_COVERAGE names a folder.

GIMP's own Python knows nothing of our environment. Its profile therefore tells it, by a file of
variables for plug-ins, to import `sitecustomize` from the folder; that starts the coverage.py
which lies beside it, linked from the environment of the tests, in its pure Python form. See
README.md for what to do with the data.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from pathlib import Path

_SITECUSTOMIZE = """\
import coverage

coverage.Coverage(config_file={config!r}, data_suffix=True, auto_data=True).start()
"""

_CONFIG = """\
[run]
core = sysmon
data_file = {folder}/.coverage
include = */neural-style/*
disable_warnings = no-data-collected

[paths]
contract =
    {repository}/nst_contract
    */neural-style/nst_contract
plug_in =
    {repository}/gimp_plugin
    */neural-style
"""


def folder() -> Path | None:
    """Return the folder for the data, or None if nothing is to be recorded."""
    name = os.environ.get("NST_COVERAGE")
    return Path(name).absolute() if name else None


def prepare(repository: Path) -> list[Path]:
    """Fill the folder; return what GIMP must be able to see. For the Python of the tests only."""
    data = folder()
    if data is None:
        return []
    package = importlib.util.find_spec("coverage")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("NST_COVERAGE is set, but coverage is missing: pip install it")
    data.mkdir(parents=True, exist_ok=True)
    config = data / "coveragerc"
    config.write_text(_CONFIG.format(folder=data, repository=repository), encoding="utf-8")
    (data / "sitecustomize.py").write_text(
        _SITECUSTOMIZE.format(config=str(config)), encoding="utf-8"
    )
    with contextlib.suppress(FileExistsError):
        (data / "coverage").symlink_to(Path(package.origin).parent)
    return [data]


def write_environment(profile: Path) -> None:
    """Make the plug-ins of a GIMP profile record, if they are to."""
    data = folder()
    if data is not None:
        variables = profile / "environ"
        variables.mkdir(exist_ok=True)
        (variables / "coverage.env").write_text(f"PYTHONPATH={data}\n", encoding="utf-8")
