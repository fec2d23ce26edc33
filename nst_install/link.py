"""The part of an installation that a shell sees: the command ``nst`` in a folder of its PATH."""

from __future__ import annotations

import os
from pathlib import Path

from nst_install import places
from nst_install.console import say
from nst_install.options import Options
from nst_install.plan import InstallPlan, InstallStep
from nst_install.systems import system


def plan_link(plan: InstallPlan, options: Options, program: Path) -> Path | None:
    """Plans the link. Changes nothing else.

    Args:
        plan: receives notes and a step.
        options: from the command line.
        program: the engine's nst.

    Returns:
        Where the link will be, or None if there is no folder for it, or something else in it.
    """
    folder = options.command_folder
    if folder is None:
        plan.notes.append(f"The command line is {program}; --command-dir DIR puts nst into DIR.")
        return None
    link = system.command_in(folder)
    if not _is_free(link, program):
        plan.notes.append(
            f"{link} is something else and is left alone. This engine's command is {program}."
        )
        return None
    plan.rest.append(InstallStep(f"Link nst into {link.parent}", lambda: make(link, program)))
    if not _is_on_path(folder, options):
        plan.notes.append(f"{link.parent} is not on your PATH: add it to run nst by its name.")
    return link


def called_by(options: Options, program: Path) -> str:
    """Returns what to type in order to run the engine's nst."""
    folder = options.command_folder
    if folder and is_ours(system.command_in(folder), program) and _is_on_path(folder, options):
        return "nst"
    return str(program)


def _is_on_path(folder: Path, options: Options) -> bool:
    entries = options.env.get("PATH", "").split(os.pathsep)
    named = (Path(entry.strip('"')) for entry in entries)
    return any(entry.is_absolute() and places.is_same(entry, folder) for entry in named)


def is_ours(link: Path, program: Path) -> bool:
    """Tells whether the link points to the engine's nst."""
    return system.points_to(link, program)


def _is_free(link: Path, program: Path) -> bool:
    # A broken link is of no use to anybody.
    return not os.path.lexists(link) or is_ours(link, program) or not link.exists()


def make(link: Path, program: Path) -> None:
    """Makes the link, or says why there will be none: the engine works without it."""
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        system.point(link, program)
    except OSError as error:
        why = error.strerror or error
        say(f"      Note: {link} cannot be made ({why}). The command is {program}.")
