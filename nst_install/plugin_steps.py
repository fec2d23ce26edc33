"""The part of an installation that GIMP sees: the plug-in in each of its user folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

from nst_contract import __version__
from nst_contract.platforms import installer
from nst_install import gimp_folders, plugin
from nst_install.options import CHECKOUT, Options
from nst_install.plan import InstallPlan, InstallStep
from nst_install.systems import system
from nst_install.venv import child_environment


def plan_plugins(plan: InstallPlan, options: Options, python: Path) -> None:
    """Plans where to put the plug-in. Changes nothing else.

    Args:
        plan: receives notes, steps and the plug-in's folders.
        options: from the command line.
        python: the Python of the engine's environment.
    """
    engine = {"version": __version__, "python": str(python), "repair": options.repair}
    for folder in _targets(plan, options):
        target = gimp_folders.plugin_folder(folder)
        if options.gimp == "all" and not plugin.may_replace(target):
            plan.notes.append(f"{target} does not belong to this project and is left alone.")
            continue
        plan.plugins.append(target)
        plan.rest.append(
            InstallStep(
                f"Put the plug-in into {target}",
                # The default argument binds this iteration's folder.
                lambda folder=folder: plugin.place(CHECKOUT, folder, engine),  # type: ignore[misc]
            )
        )


def _targets(plan: InstallPlan, options: Options) -> list[Path]:
    """Returns the GIMP user folders that get the plug-in."""
    if options.gimp == "none":
        return []
    if options.gimp != "all":
        return [Path(options.gimp)]
    folders = gimp_folders.gimp_folders(options.home, options.env)
    console = gimp_folders.gimp_console()
    if console:
        program, version = console
        own = system.gimp_base(program, options.home, options.env) / version
        if own not in folders:
            folders.append(own)
            text = f"Let GIMP {version} create its user folder {own}"
            plan.rest.append(InstallStep(text, lambda: _first_start(program, options)))
    if not folders:
        plan.notes.append(
            "No GIMP 3 was found. The engine works without it; once you have installed GIMP and "
            f"started it, run {installer.SCRIPT} again."
        )
    return folders


def _first_start(program: str, options: Options) -> None:
    """Starts GIMP once without a window.

    GIMP takes over an older version's settings when it creates its folder; in a folder created by
    somebody else, it would start from scratch. If it fails, the folder gets created all the same.
    """
    # With its data and fonts, so that what it caches about plug-ins is the same as usual.
    command = [program, "--no-interface", "--quit"]
    try:
        subprocess.run(  # noqa: S603 - the GIMP that was found
            command,
            env=child_environment(options.env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
