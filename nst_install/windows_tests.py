"""``install.sh --test-windows``: the tests of tests/windows, in a Windows Python under Wine.

All of it stays in the cache folder. tests/windows/harness/README.md says what it proves.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from nst_install import own_folders
from nst_install.console import say, say_loudly
from nst_install.options import CHECKOUT, Options

_HARNESS = CHECKOUT / "tests" / "windows" / "harness"
# Its exit code if this machine lacks something.
_NOT_HERE = 77
_TESTS_NEED = ("pytest>=8.3,<10", "cffi", "setuptools>=77")
_DEPENDENCY = re.compile(r'^    "([^"]+)",', re.MULTILINE)


def run(options: Options) -> int:
    """Builds what is needed and runs the tests. Returns pytest's exit code, or 77 with the reason
    if they cannot be run here: a registry that does not answer says nothing of this project.
    """
    cache = own_folders.cache_folder(options.home, options.env) / "windows"
    if options.dry_run:
        say(f"Would do: Make a Windows Python with Wine in {cache / 'python'}")
        say(f"Would do: Put the engine's packages for Windows into {cache / 'venv'}")
        say("Would do: Run the tests of tests/windows in it")
        return 0
    bash = shutil.which("bash")
    if bash is None or not _HARNESS.is_dir():
        say_loudly(f"NOT TESTED for Windows: {_HARNESS} cannot be used.")
        return _NOT_HERE
    cache.mkdir(parents=True, exist_ok=True)
    command = [bash, str(_HARNESS / "windows-python.sh"), str(cache / "python")]
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603
    if code == _NOT_HERE:
        say_loudly("NOT TESTED for Windows: this machine lacks what the last lines name.")
        return _NOT_HERE
    if code != 0:
        return _not_made(f"the Windows Python could not be made (exit code {code})", cache)
    env = {**options.env, "WINPY_DIR": str(cache / "python"), "WINPY_UTF8": "0"}
    try:
        venv = _environment(cache, env)
    except subprocess.CalledProcessError as error:
        return _not_made(f"its packages could not be had (exit code {error.returncode})", cache)
    env = {**env, "WINPY_VENV": str(venv), "PYTHONDONTWRITEBYTECODE": "1"}
    # As what is tested where no argument names anything.
    paths = ["-o", "testpaths=tests/windows"]
    tests = ["-m", "pytest", "-p", "no:cacheprovider", *paths, *options.pytest_arguments]
    return subprocess.run(  # noqa: S603
        [str(_HARNESS / "winpy"), *tests], cwd=CHECKOUT, env=env, check=False
    ).returncode


def _not_made(why: str, cache: Path) -> int:
    say_loudly(
        f"NOT TESTED for Windows: {why}. The lines above say more. Remove {cache} to begin anew."
    )
    return _NOT_HERE


def _environment(cache: Path, env: dict[str, str]) -> Path:
    """Makes the environment with the engine's packages, unless it is there as it should be."""
    venv, done = cache / "venv", cache / "venv" / "packages.txt"
    wanted = "\n".join((*_dependencies(), *_TESTS_NEED))
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return venv
    say("Installing the engine's packages for Windows (about 400 MB to download) ...")
    shutil.rmtree(venv, ignore_errors=True)
    make = [str(_HARNESS / "winpy"), "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(make, env=env, stdin=subprocess.DEVNULL, check=True)  # noqa: S603
    python = env.get("PYTHON311") or shutil.which("python3.11") or "python3"
    fill = [python, str(_HARNESS / "windows_wheels.py"), str(venv / "Lib" / "site-packages")]
    subprocess.run([*fill, *wanted.split("\n")], env=dict(os.environ), check=True)  # noqa: S603
    done.write_text(wanted, encoding="utf-8")
    return venv


def _dependencies() -> list[str]:
    """Returns what the engine requires, as pyproject.toml says it."""
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.partition("dependencies = [\n")[2].partition("\n]")[0]
    return _DEPENDENCY.findall(f"{listed}\n")
