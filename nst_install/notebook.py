"""``install.sh --notebook``: the notebook that explains the method, in JupyterLab or just run.

The clone's notebook is left alone: a copy of it is opened, or run into another file. All that
Jupyter keeps lies beside that copy, so that uninstalling leaves nothing of it in the home folder.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from nst_contract.errors import INTERNAL, NstError
from nst_contract.platforms import installer, machine, processes
from nst_install import prefix, programs, replacement
from nst_install.console import say
from nst_install.install import install, venv_in
from nst_install.options import CHECKOUT, Options
from nst_install.venv import child_environment

SOURCE = CHECKOUT / "docs" / "neural-style-transfer.ipynb"
_EXECUTE = CHECKOUT / "docs" / "execute_notebook.py"
_EXECUTED = "executed.ipynb"
# Minutes on most machines; a slow one with other things to do gets its time.
_PATIENCE = 6 * programs.HOUR
# The checksum of the notebook that the reader's copy was made from.
_ORIGIN = "origin.sha256"

_LAB_OPTIONS = (
    "--log-level=WARN",
    # Ctrl+C ends it at once; otherwise it would ask, with nobody to hear the answer.
    "--ServerApp.answer_yes=True",
    # Nothing goes out to the network unasked, and no other program is looked for and started.
    "--LabApp.extension_manager=readonly",
    "--LanguageServerManager.autodetect=False",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
)


def run(options: Options) -> int:
    """Installs what the notebook needs, then opens or runs it. Returns the exit code.

    Raises:
        NstError: if anything fails.
    """
    if not SOURCE.exists() or not _EXECUTE.exists():
        raise NstError(
            INTERNAL,
            f"There is no notebook in {SOURCE.parent}.",
            f"Run {installer.SCRIPT} --notebook from a whole copy of the project.",
        )
    install(options, extras=["notebook"])
    folder = options.prefix / prefix.NOTEBOOK
    if options.dry_run:
        _say_what_would_be_done(options, folder)
        return 0
    folder.mkdir(exist_ok=True)
    action = execute if options.run_notebook else open_lab
    with replacement.at_work(options.prefix):
        return action(options, folder)


def execute(options: Options, folder: Path) -> int:
    """Runs the notebook from top to bottom into a copy. Returns the exit code.

    Raises:
        NstError: (internal) if a cell fails, with the end of what it said.
    """
    executed, log = folder / _EXECUTED, folder / "execute.log"
    executed.unlink(missing_ok=True)
    say("\nRunning the notebook from top to bottom: about 10 minutes on two cores ...")
    command = [*_python(options), str(_EXECUTE), "--to", str(executed)]
    environment = _environment(options, folder)
    said = programs.wait_for(command, environment, log, patience=_PATIENCE)
    if not executed.exists():
        raise NstError(
            INTERNAL,
            f"The notebook could not be run to its end:{programs.last_lines(said)}",
            f"Run {installer.CALL} --check to see what is wrong. All that was said is in {log}.",
        )
    say("The executed copy (open it in any Jupyter or editor of notebooks):")
    say(str(executed))
    return 0


def open_lab(options: Options, folder: Path) -> int:
    """Opens the reader's copy in JupyterLab, until that is ended. Returns the exit code.

    Raises:
        NstError: (internal) if JupyterLab fails.
    """
    copy = readers_copy(folder)
    say(f"\nJupyterLab opens {copy} in your browser.")
    say("Run > Run All Cells runs it. Ctrl+C in this terminal ends JupyterLab.")
    command = [*_python(options), "-m", "jupyterlab", *_LAB_OPTIONS]
    # Jupyter lets root run it only if told so; whoever runs install.sh as root has decided that.
    command += ["--allow-root"] if machine.is_administrator() else []
    lab = subprocess.Popen(  # noqa: S603
        [*command, str(copy)],
        cwd=folder,
        env=_environment(options, folder),
        stdin=subprocess.DEVNULL,
    )
    try:
        code = lab.wait()
    except KeyboardInterrupt:
        lab.terminate()
        lab.wait()
        code = 0
    if code != 0:
        raise NstError(
            INTERNAL,
            f"JupyterLab ended with exit code {code} (its message is above).",
            f"{installer.CALL} --notebook --run runs the notebook without it.",
        )
    say(f"Your copy of the notebook is {copy}.")
    return 0


def readers_copy(folder: Path) -> Path:
    """Returns the reader's copy of the notebook, made if it is missing or outdated.

    What the reader wrote into it is kept: by going on with the same copy, or under another name
    once the project's notebook is another one.
    """
    copy, origin = folder / SOURCE.name, folder / _ORIGIN
    checksum = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    if copy.exists():
        if origin.exists() and origin.read_text(encoding="utf-8") == checksum:
            return copy
        aside = _free_name(copy)
        copy.rename(aside)
        say(f"The notebook is a newer one now. Your copy of the older one is {aside}.")
    shutil.copyfile(SOURCE, copy)
    origin.write_text(checksum, encoding="utf-8")
    return copy


def _python(options: Options) -> list[str]:
    return [str(venv_in(options.prefix).python), *processes.PYTHON_OPTIONS]


def _environment(options: Options, folder: Path) -> dict[str, str]:
    """Returns the environment in which Jupyter keeps everything below ``folder``."""
    homes = {
        "JUPYTER_CONFIG_DIR": folder / "jupyter",
        "JUPYTER_DATA_DIR": folder / "jupyter",
        "JUPYTER_RUNTIME_DIR": folder / "jupyter" / "runtime",
        "IPYTHONDIR": folder / "ipython",
        "MPLCONFIGDIR": folder / "matplotlib",
    }
    # As nst does it.
    env = {**options.env, **machine.waiting_threads(options.env)}
    return child_environment(env, **{name: str(path) for name, path in homes.items()})


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return free


def _say_what_would_be_done(options: Options, folder: Path) -> None:
    if options.run_notebook:
        say(f"Would do: Run {SOURCE} into {folder / _EXECUTED}")
    else:
        say(f"Would do: Copy {SOURCE} to {folder / SOURCE.name}, unless it is there")
        say("Would do: Open the copy in JupyterLab")
